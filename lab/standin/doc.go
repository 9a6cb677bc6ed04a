// Package standin is a STAND-IN for Grafana, and one for Loki ([Loki]). It is not Grafana: no real one can be
// had where the tests and the demo run. Its HTTP API is built from exchanges with a
// real Grafana 9.4 (recordings/) and, where none was recorded, from Grafana's source
// and documentation; each such place says so.
//
// What it stores it stores as the real one did: a snapshot is kept as it was given
// and nothing is asked for it. Queries go to data sources. The demo's is a real
// Prometheus, whose answers become data frames in the recorded form. It draws
// nothing: it has no pages.
package standin
