// Package edittest edits the documents of a draft at random, as people and their
// editors do, and says what of that an update lost. It is for the tests of
// `collector draft --update`.
package edittest
