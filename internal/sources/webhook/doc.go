// Package webhook is the witness of what Alertmanager told: the alerts of received
// notifications, as the book of incidents keeps them. Where no Prometheus answers, a
// draft still has the alerts that fired, when, and when they were resolved.
//
// It asks nobody over the network: whoever keeps the notifications gives it a function
// that reads them. An alert that Prometheus's own series show too is one event with two
// witnesses (timeline.Build).
package webhook
