// Package stage sets up what an incident happens on: a primary and a replica
// of one flavour, an exporter for each, Prometheus with alert rules,
// Alertmanager, an application that reads and writes the shop's tables and
// counts what fails, a deploy log, and collector, which records both servers.
package stage
