// Package history is the witness of earlier drafts: what they hold by which incidents
// can be alike (alerts, statements, blockers, tables, kinds of trouble on a server,
// changes). It reads the drafts that lie beside the one that is being made and whose
// windows ended before its window began; the features of each are the evidence, so that
// what a document says was seen before can be derived again where the earlier drafts are
// not. Whether two drafts are alike is for internal/timeline to say.
package history
