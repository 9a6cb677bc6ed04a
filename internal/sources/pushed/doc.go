// Package pushed is the witness of the changes that programs pushed to collector: a
// pipeline, Argo CD, a Kubernetes job, as plain JSON or as CDEvents.
//
// What they told is kept in the journal (internal/store), and read here as lines of a
// deploy log in JSON: a start and its end are one event, and a deploy that a deploy log
// told of too is the same fact (deployline, timeline.Build).
//
// It asks nobody over the network: it is given a function that reads the journal.
package pushed
