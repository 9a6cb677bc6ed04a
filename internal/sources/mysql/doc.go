// Package mysql records MySQL 8.0 to 9.x and MariaDB 10.6 to 11.x servers, and
// answers drafts from the recording.
//
// A [Recorder] asks one server over one connection, one query at a time, and
// hands a [store.Tick] to its writer at every tick of the interval, whatever
// happened: without a row nobody looked. Each query stands in a file of its own
// (heartbeat.go, sessions.go, transactions.go, replicas.go, status.go) and is
// chosen by flavour and integer version, never by trial. Statements lose their
// literals and comments in package sqltext before they leave this package.
//
// [New] makes the source that a draft asks; what the recording shows is the
// business of package episodes. [Check] tries a server as the recorder would.
package mysql
