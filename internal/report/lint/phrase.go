package lint

import (
	"strings"
	"sync"
)

// A phrase is a pattern of words: "engineer|dba carelessly|blindly dropped". Words
// between bars are alternatives, %name is a class of words, a question mark makes
// an element optional, ".." is a gap of up to gapWords words. Elements follow each
// other with nothing but blanks between them; a gap may hold a comma.
type phrase struct {
	elements []element
	said     string // what the finding says
}

type element struct {
	words    map[string]bool
	optional bool
	gap      bool
}

// gapWords is how many words ".." stands for at most.
const gapWords = 8

// lexicon finds phrases in words, by their first words. It is read when it is first
// needed: the daemon holds this package too, and never lints.
type lexicon struct {
	first func() map[string][]*phrase
}

// classes are sets of words by name, without the percent sign.
type classes map[string][]string

// newLexicon reads groups of phrases: what a finding says → patterns, one a line.
func newLexicon(c classes, groups ...group) lexicon {
	return lexicon{sync.OnceValue(func() map[string][]*phrase { return readPhrases(c, groups) })}
}

func readPhrases(c classes, groups []group) map[string][]*phrase {
	first := map[string][]*phrase{}
	for _, g := range groups {
		for line := range strings.SplitSeq(g.patterns, "\n") {
			fields := strings.Fields(line)
			if len(fields) == 0 {
				continue
			}
			p := &phrase{said: g.said}
			for _, f := range fields {
				p.elements = append(p.elements, readElement(f, c))
			}
			for w := range p.elements[0].words {
				first[w] = append(first[w], p)
			}
		}
	}
	return first
}

// group is phrases of which a finding says the same.
type group struct{ said, patterns string }

func readElement(f string, c classes) element {
	if f == ".." {
		return element{gap: true, optional: true}
	}
	f, optional := strings.CutSuffix(f, "?")
	e := element{words: map[string]bool{}, optional: optional}
	for w := range strings.SplitSeq(f, "|") {
		if name, ok := strings.CutPrefix(w, "%"); ok {
			for _, m := range c[name] {
				e.words[m] = true
			}
			continue
		}
		e.words[w] = true
	}
	return e
}

// at finds the phrase that begins at word i: the one behind its last word, and
// what to say.
func (l lexicon) at(words []word, i int) (end int, said string, ok bool) {
	for _, w := range []string{words[i].s, words[i].as} {
		for _, p := range l.first()[w] {
			if n := match(p.elements[1:], words, i+1, words[i].sentence); n > end {
				end, said, ok = n, p.said, true
			}
		}
	}
	return end, said, ok
}

// match is the word behind the elements, or -1.
func match(es []element, words []word, i, sentence int) int {
	if len(es) == 0 {
		return i
	}
	e := es[0]
	if e.gap {
		for n := 0; n <= gapWords; n++ {
			if end := match(es[1:], words, i+n, sentence); end >= 0 {
				return end
			}
			if i+n >= len(words) || words[i+n].sentence != sentence {
				return -1
			}
		}
		return -1
	}
	if e.optional {
		if end := match(es[1:], words, i, sentence); end >= 0 {
			return end
		}
	}
	if i >= len(words) || words[i].sentence != sentence || words[i].broken || words[i].comma || !words[i].is(e.words) {
		return -1
	}
	return match(es[1:], words, i+1, sentence)
}
