// Package sources says what a source is: one outside system that can be asked
// what it saw in a window.
//
// A source works in two halves, so that a draft can be derived again from its
// bundle without any server. [Source.Gather] asks and returns evidence, nothing
// else. An [Interpreter], a pure function, turns that evidence, and nothing
// else, into events, checks, gaps, impact figures and series. Everything that an
// interpretation needs (thresholds, units, steps) therefore stands in the
// question of a record, beside the answer; a failed question is a record too.
package sources
