// Package actions reads the actions that people wrote into the documents of drafts:
// Markdown tables with a column for the action and one for its owner, its date or its
// status, and lists of checkboxes below a heading about actions. Documents are people's,
// so that nothing is taken for granted: columns may come in any order and under several
// names, cells may hold markup, and what cannot be read is kept as it was written.
// docs/actions.md has the rules.
package actions
