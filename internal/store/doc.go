// Package store is the embedded flight recorder: streams of samples of every
// recorded server, in one SQLite file.
//
// There is one writer ([Open], in `collector serve`) and any number of readers
// ([OpenReadOnly], in `collector draft`), also while the writer writes. A tick
// is durable against the death of the process when [Store.Append] returns. It
// lies in a small tail first; every minute or so the tail of a server is
// compacted into one compressed block per stream, and old blocks are merged
// into larger ones. docs/store.md describes the file and the blocks.
//
// Iterators read blocks and tail together, in time order, in one snapshot, and
// hold one block at a time. What they yield is reused: the rows and maps of a
// yielded value are valid until the loop's next step, the strings for ever.
package store
