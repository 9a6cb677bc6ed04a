// Package sourcetest is the conformance suite that every source passes.
//
// [Run] checks the law of evidence on a source's own ordinary answers: records
// whose sums verify, findings that cite existing records, an interpretation that
// is the same tomorrow and from disk, an idle window that is stated to be idle.
// Then it makes the outside system misbehave: it hangs, it breaks, its answers
// are huge or garbage; the source must return in time, say what it could not see,
// and give no secret away. The parts that need HTTP run for sources that give an
// [HTTP] description.
package sourcetest
