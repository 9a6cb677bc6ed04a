// Package prometheus asks a Prometheus, or something that speaks its query API
// (Mimir, Thanos), what it saw in a window: which alerts fired, which targets could
// not be scraped, which metrics left their baseline, and what the damage was.
//
// One file holds one question, both halves of it: how it is asked ([Source.Gather])
// and what its record means ([Interpret]). The packs of built-in signals stand in
// pack_*.go, the detector that compares a signal with its baseline in detector.go
// and in docs/detector.md.
//
// # Times
//
// A range query repeats an old sample for five minutes when no new one came, and
// so hides when Prometheus itself was away; and it leaves out samples between two
// steps. Alerts and scrapes are therefore asked for the number of their samples
// since the last step, count_over_time(ALERTS{…}[step]), which does neither: an
// episode begins and ends within one step, and a stretch without any sample of
// any target is a gap in the observation, not an end.
package prometheus
