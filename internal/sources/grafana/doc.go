// Package grafana keeps what the dashboards showed and reads what people marked there.
//
// A snapshot of Grafana stores what it is given and queries nothing, so this package
// does what the browser would: it reads the dashboard, resolves its variables for the
// incident, runs every panel's queries over the window and embeds the answers. What
// it stores is read back and checked, panel by panel. Grafana's annotations over the
// window become events. docs/grafana.md says what is done, with which permissions,
// and what is not.
//
// grafana-api-golang-client reads dashboards, library panels, data sources,
// annotations and the health; it has no query API, no values of variables, and of
// snapshots only a creation without a key of one's own. Those are plain HTTP here.
package grafana
