// Package incident turns the notifications of Alertmanager into incidents.
//
// The [Book] keeps what was told, durably and once, in a SQLite file beside the
// recording. What incidents there are follows from it: [Derive] is a pure function
// of the alerts, of what operators decided, of the configuration and of the time.
// Only the IDs that were given, and the decisions, are kept beside the alerts, so
// that no death of the process leaves an incident half opened or half closed.
// docs/incidents.md has the rules on one page.
package incident
