// Package facts holds the forms of what the recorder notices and does not sample:
// each file is one kind of [store.Fact], its body written by the recorder and read
// by package episodes. Bodies are JSON and redacted before they get here.
package facts
