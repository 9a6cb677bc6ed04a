// Package episodes turns the recorded samples of a server into episodes: what a
// DBA would say that happened, with the samples that show it.
//
// [Gather] reads the four streams of one server once, side by side in time
// order, and follows every condition with a small state machine. Each episode
// that touches the window becomes one evidence record: a short excerpt of the
// samples around its edges and its peak. One more record, the coverage, says how
// well the server was watched, so that what was not found can be stated, and
// what was not seen is a gap. [Interpret] reads nothing but those records.
//
// The rules stand in one file per kind: down.go, restart.go, role_change.go,
// topology_change.go, replication_stopped.go, replication_lag.go,
// long_statement.go, long_transaction.go, connections_exhausted.go.
//
// All times of samples are of the collector's clock. A reading of a tick was
// made between the tick's time and its time plus what its queries took.
package episodes
