// Package notify tells other systems about the steps of an incident: one HTTP POST
// per step and webhook, whose body a template makes. What is to be told waits in an
// [Outbox], on disk, until it is delivered or given up. It works in the background,
// each webhook for itself, in the order of an incident's steps, with retries, and
// never holds up a draft.
//
// A step is delivered at least once: who was asked and whose answer was lost is
// asked again, with the same key.
package notify
