// Package drafts reads of the drafts on disk what a look across many of them needs:
// where they are, which window each covers, and the features by which incidents can be
// alike. It reads timeline.json as a stream, one draft at a time, and neither evidence
// nor documents; what internal/report reads of one draft is all of it.
package drafts
