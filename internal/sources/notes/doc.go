// Package notes is the witness of what people wrote down: with collector note, POST
// /api/v1/notes, or on the page of an incident. A note is reported, not measured; it may
// dispute an event or a piece of evidence, which stays as it is.
//
// Notes are kept in the journal (internal/store). The package asks nobody over the
// network: it is given a function that reads the journal.
package notes
