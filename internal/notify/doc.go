// Package notify tells other systems about the steps of an incident: one HTTP POST
// per step and webhook, whose body a template makes. It works in the background, in
// the order of the steps, with retries, and never holds up a draft.
//
// A step is delivered at least once: who was asked and whose answer was lost is
// asked again.
package notify
