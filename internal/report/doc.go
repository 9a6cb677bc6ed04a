// Package report turns a finished [timeline.Timeline] into a draft: a document
// in Markdown and HTML, timeline.json, the evidence, charts and their sums.
//
// The law of the package: a generated statement without a citation does not
// exist. Every sentence and every table row goes through [cites.say] or
// [cites.row], which fail on a missing or unknown record, and a template cannot
// print facts in any other way.
//
// # Generated blocks
//
// What collector wrote stands between two marker lines,
//
//	<!-- collector:begin id=summary sha256=0f3a… -->
//	<!-- collector:end id=summary -->
//
// and everything else belongs to people, as does a block that a person changed:
// its text no longer has the sum that its begin marker names. Update refreshes
// the blocks that nobody changed and keeps every other byte; new facts for a
// changed block are put below it, in a block id=summary.update-1.
//
// Questions that only people can answer are comments outside of the blocks:
// <!-- Ask: Who noticed first? -->
package report
