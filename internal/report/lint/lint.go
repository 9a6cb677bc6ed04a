package lint

import (
	"cmp"
	"slices"
	"time"

	"collector/internal/timeline"
)

// Severity says how a finding is to be taken.
type Severity string

// The severities. Both make `collector lint` fail.
const (
	Error   Severity = "error"   // the document says what it must not say
	Warning Severity = "warning" // the document is not finished, or says more than it shows
)

// Finding is one report of one rule. Lines and columns count from 1, columns in
// characters; the end is the place behind the last character.
type Finding struct {
	File      string   `json:"file"`
	Line      int      `json:"line"`
	Column    int      `json:"column"`
	EndLine   int      `json:"end_line"`
	EndColumn int      `json:"end_column"`
	Rule      string   `json:"rule"`
	Severity  Severity `json:"severity"`
	Message   string   `json:"message"`
	Fix       string   `json:"fix"`

	start, end int // the bytes meant
}

// Facts are what is known of the draft that a document stands in.
type Facts struct {
	Timeline  timeline.Timeline // as timeline.json tells it
	Records   map[string]bool   // the IDs of the records that lie beside the document
	Location  *time.Location    // the zone of the times in the document; nil is UTC
	Generated string            // the document as its evidence gives it now; "" if that is not known
	Document  string            // the name of the file that Generated is about
}

// MaxSize is how many bytes of a document are read; longer ones are refused by
// the command and cut here.
const MaxSize = 16 << 20

// Document is what is to be judged.
type Document struct {
	Name  string // as it shall stand in the findings
	Text  string
	Facts *Facts // nil without a draft
}

// Check judges a document by every rule that is not disabled. Findings come in
// the order of the text.
func Check(doc Document, disabled map[string]bool) []Finding {
	text := doc.Text
	if len(text) > MaxSize {
		text = text[:MaxSize]
	}
	p := parse(text)
	p.facts = doc.Facts
	p.recognise()
	var all []Finding
	for _, r := range rules() {
		if disabled[r.ID] || r.check == nil {
			continue
		}
		r.check(p, func(start, end int, message string) {
			all = append(all, Finding{Rule: r.ID, Severity: r.Severity, Message: message, Fix: r.Fix, start: start, end: end})
		})
	}
	allowed, faults := p.allowances()
	if !disabled[allowRule] {
		all = append(all, faults...)
	}
	all = slices.DeleteFunc(p.distinct(all), func(f Finding) bool { return f.Rule != allowRule && allowed.covers(f) })
	for i := range all {
		p.place(&all[i])
		all[i].File = doc.Name
	}
	slices.SortStableFunc(all, func(a, b Finding) int { return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(a.Rule, b.Rule)) })
	return all
}

// place gives a finding its lines and columns.
func (p *page) place(f *Finding) {
	f.start = min(max(f.start, 0), len(p.src))
	f.end = min(max(f.end, f.start), len(p.src))
	f.Line, f.Column = p.position(f.start)
	f.EndLine, f.EndColumn = p.position(f.end)
}

// precedence lists rules that say more about a sentence than those behind them:
// of these only the first is reported for one sentence.
var precedence = []string{"root-cause-person", "blame", "action-owner", "person-named", "account-named"}

// distinct removes what an earlier rule of precedence says better.
func (p *page) distinct(all []Finding) []Finding {
	rank := func(f Finding) int { return slices.Index(precedence, f.Rule) }
	best := map[[2]int]int{}
	for _, f := range all {
		if r := rank(f); r >= 0 {
			if key := p.sentenceAround(f.start); best[key] == 0 || r+1 < best[key] {
				best[key] = r + 1
			}
		}
	}
	return slices.DeleteFunc(all, func(f Finding) bool {
		r := rank(f)
		return r >= 0 && best[p.sentenceAround(f.start)] < r+1
	})
}
