// Package lint reads a postmortem and says where it blames, guesses, contradicts
// the evidence or is not finished. It is a pure function: the text of a document,
// and the facts of the draft that it stands in if there is one, give findings.
//
// The document is parsed as Markdown. Rules see passages: paragraphs, headings,
// list items, table cells, each as plain text with the way back to the bytes of
// the file. Code, comments, quoted blocks and front matter are no passages.
// What collector wrote and nobody changed is not judged, only its citations are.
//
// Each rule is described in docs/lint.md, with an example that it reports and one
// that it does not; a test runs both.
package lint
