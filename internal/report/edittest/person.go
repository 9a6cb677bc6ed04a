package edittest

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// mostEdits is how many edits in a row a document gets at most.
const mostEdits = 6

// Person edits documents. Persons of equal seeds edit alike.
type Person struct {
	seed   uint64
	random *rand.Rand
	words  int
}

// NewPerson is the person of a seed.
func NewPerson(seed uint64) *Person {
	return &Person{seed: seed, random: rand.New(rand.NewPCG(seed, 2026))} //nolint:gosec // reproducible
}

// word is one that nobody else writes. It is made of what markers are made of, so that
// it may become a part of one.
func (p *Person) word() string {
	p.words++
	return fmt.Sprintf("human%dx%dh", p.seed, p.words)
}

// Chance says yes once in n times.
func (p *Person) Chance(n int) bool { return p.random.IntN(n) == 0 }

// Edit makes one to mostEdits edits of a document.
func (p *Person) Edit(doc string) string {
	edits := []func(*Person, string) string{
		(*Person).insert, (*Person).insert, (*Person).insert, (*Person).insertLine, (*Person).insertLine,
		(*Person).insertIntoMarker, (*Person).deleteBytes, (*Person).deleteLines, (*Person).deleteMarker, (*Person).damageMarker,
		(*Person).doubleMarker, (*Person).moveSection, (*Person).moveLine, (*Person).renameHeading, (*Person).copyBlock,
		(*Person).replaceWord, (*Person).carriageReturns, (*Person).oneCarriageReturn, (*Person).noLastNewline, (*Person).byteOrderMark,
		(*Person).deleteList, (*Person).tidy,
	}
	for range 1 + p.random.IntN(mostEdits) {
		doc = edits[p.random.IntN(len(edits))](p, doc)
	}
	switch p.random.IntN(40) {
	case 0:
		return ""
	case 1:
		return doc[:p.random.IntN(len(doc)+1)] // the disk was full
	}
	return doc
}

// around is what people write next to a word, or paste without wanting it.
var around = []string{"", "", "", "\n", "\n\n", " ", "\n\n## ", "\n- ", "| ", " |", "<!-- ", " -->", "```\n", "\xff\xe9", "é", "\u202e", "<script>", "[", "](x)", "\t", "\x1b", "**", "$&"}

func (p *Person) phrase() string { return pick(p, around) + p.word() + pick(p, around) }

// insert writes a word anywhere, also within another word or a character.
func (p *Person) insert(doc string) string { return p.insertAt(doc, p.random.IntN(len(doc)+1)) }

func (p *Person) insertAt(doc string, at int) string { return doc[:at] + p.phrase() + doc[at:] }

// insertLine writes a line of its own.
func (p *Person) insertLine(doc string) string {
	lines := strings.SplitAfter(doc, "\n")
	at := p.random.IntN(len(lines))
	lines[at] = p.phrase() + "\n" + lines[at]
	return strings.Join(lines, "")
}

func (p *Person) insertIntoMarker(doc string) string {
	return p.atMarker(doc, func(line string) string {
		at := p.random.IntN(len(line) + 1)
		return line[:at] + p.word() + line[at:]
	})
}

func (p *Person) deleteBytes(doc string) string {
	at := p.random.IntN(len(doc) + 1)
	return doc[:at] + doc[min(len(doc), at+p.random.IntN(300)):]
}

func (p *Person) deleteLines(doc string) string {
	lines := strings.SplitAfter(doc, "\n")
	at := p.random.IntN(len(lines))
	return strings.Join(append(lines[:at:at], lines[min(len(lines), at+1+p.random.IntN(12)):]...), "")
}

// replaceWord replaces one word of collector's everywhere.
func (p *Person) replaceWord(doc string) string {
	old := pick(p, []string{"replication", "fired", "Affected", "evidence/", "db1", "sha256", "collector:", "The "})
	return strings.ReplaceAll(doc, old, pick(p, []string{p.word(), strings.ToUpper(old), ""}))
}

// tidy is what an editor does on saving: no blanks at the ends of lines.
func (p *Person) tidy(doc string) string {
	lines := strings.Split(doc, "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, " \t")
	}
	return strings.Join(lines, "\n")
}

func (p *Person) carriageReturns(doc string) string {
	return strings.ReplaceAll(strings.ReplaceAll(doc, "\r\n", "\n"), "\n", "\r\n")
}

func (p *Person) oneCarriageReturn(doc string) string {
	lines := strings.SplitAfter(doc, "\n")
	at := p.random.IntN(len(lines))
	lines[at] = strings.Replace(lines[at], "\n", "\r\n", 1)
	return strings.Join(lines, "")
}

func (p *Person) noLastNewline(doc string) string { return strings.TrimRight(doc, "\r\n") }

func (p *Person) byteOrderMark(doc string) string { return mark + strings.TrimPrefix(doc, mark) }

func pick[T any](p *Person, of []T) T { return of[p.random.IntN(len(of))] }
