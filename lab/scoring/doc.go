// Package scoring compares a draft with the truth of a staged incident: what
// was found, what was missed, what is false, how far the start times are off,
// whether every citation resolves, and whether a canary got through. It reads
// the files of a draft as any other program would, by their published form.
package scoring
