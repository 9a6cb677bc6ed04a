package loki

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"collector/internal/sources"
	"collector/internal/sources/deployline"
	"collector/internal/timeline"
)

// Limits of what is kept of lines that are no deploys, and of one line.
const (
	maxBadShown   = 5
	maxOtherWords = 10
	maxDeployLine = 1 << 20
	maxWord       = 60
)

// readAnswer is the answer to readAsked.
type readAnswer struct {
	Read       coverage   `json:"read"`
	Entries    int        `json:"entries"`               // lines that tell of a deploy
	Other      int        `json:"other_lines,omitempty"` // readable, with another event
	OtherWords []string   `json:"other_events,omitempty"`
	Bad        int        `json:"bad_lines,omitempty"`
	BadShown   []badLine  `json:"bad,omitempty"`
	BadFrom    *time.Time `json:"bad_from,omitempty"` // the times of the first and the last bad line
	BadTo      *time.Time `json:"bad_to,omitempty"`
	More       int        `json:"untold_episodes,omitempty"` // the draft tells of deployline.MaxEpisodes at most
}

// badLine is a line that could not be understood.
type badLine struct {
	At     time.Time `json:"at"`
	Reason string    `json:"reason"`
	Text   string    `json:"text"` // an excerpt, masked
}

// deployLines takes the lines of a query of kind deploy.
type deployLines struct {
	reader  deployline.Reader
	masker  streamMasker
	streams []string
	kept    []deployline.Line
	answer  readAnswer
}

func (d *deployLines) stream(labels map[string]string) int {
	s, in := d.masker.mask(labels)
	if !in {
		return elsewhere
	}
	d.streams = append(d.streams, s.selector())
	return len(d.streams) - 1
}

func (d *deployLines) line(number int, e entry) {
	if number == elsewhere || strings.TrimSpace(e.line) == "" {
		return
	}
	at := time.Unix(0, e.ns).UTC()
	l := lineOf(e)
	l.File = d.streams[number]
	read, err := understand(d.reader, &l, at)
	switch {
	case errors.Is(err, deployline.ErrOther):
		d.answer.Other++
		if len(d.answer.OtherWords) < maxOtherWords && read.Word != "" && !slices.Contains(d.answer.OtherWords, read.Word) {
			d.answer.OtherWords = append(d.answer.OtherWords, read.Word)
		}
	case err != nil:
		d.bad(at, err, l.Text)
	default:
		d.answer.Entries++
		d.kept = append(d.kept, l)
	}
}

func lineOf(e entry) deployline.Line {
	return deployline.Line{Offset: e.ns, Text: strings.TrimSpace(e.line)}
}

// understand reads a line; one that says no time of its own has Loki's.
func understand(r deployline.Reader, l *deployline.Line, at time.Time) (deployline.Entry, error) {
	if len(l.Text) > maxDeployLine {
		return deployline.Entry{}, fmt.Errorf("longer than %d bytes", maxDeployLine)
	}
	e, err := r.Read(*l)
	if errors.Is(err, deployline.ErrNoTime) {
		when := timeline.Around(at.Truncate(time.Millisecond), clockDoubt)
		l.At = &when
		e, err = r.Read(*l)
	}
	return e, err
}

func (d *deployLines) bad(at time.Time, reason error, text string) {
	d.answer.Bad++
	if d.answer.BadFrom == nil {
		d.answer.BadFrom = &at
	}
	d.answer.BadTo = &at
	if len(d.answer.BadShown) < maxBadShown {
		d.answer.BadShown = append(d.answer.BadShown, badLine{at, reason.Error(), text[:min(len(text), deployline.MaxText)]})
	}
}

// groups masks all lines and puts them together to episodes.
func (d *deployLines) groups(roles sources.Roles) []*deployline.Group {
	m := deployline.NewMasker(d.reader, roles)
	for _, l := range d.kept {
		if e, err := d.reader.Read(l); err == nil {
			m.Learn(e)
		}
	}
	m.Ready()
	var entries []deployline.Entry
	for _, l := range d.kept {
		masked, err := m.Line(l)
		if err == nil {
			var e deployline.Entry
			if e, err = d.reader.Read(masked); err == nil {
				entries = append(entries, e)
				continue
			}
		}
		d.bad(time.Unix(0, l.Offset).UTC(), errors.New("it could not be masked"), "")
	}
	for i, b := range d.answer.BadShown {
		d.answer.BadShown[i].Text = m.Bad(b.Text)
	}
	for i, word := range d.answer.OtherWords {
		d.answer.OtherWords[i] = deployline.Cut(m.Bad(word), maxWord)
	}
	deployline.Order(entries)
	return deployline.Pair(entries)
}

// deploys reads a query of kind deploy.
func (g *gathering) deploys(ctx context.Context, reader deployline.Reader) ([]timeline.Evidence, error) {
	around := time.Duration(g.config.Lookaround)
	d := &deployLines{reader: reader, masker: newStreamMasker(g.source, g.req, g.config.Name)}
	r := newReading(g.source.client, g.logql, g.window.From.Add(-around), g.window.To.Add(around), g.source.limits, d)
	failed := r.run(ctx)
	q := g.question(readAsked)
	q.From, q.To = &r.covers.From, &r.covers.To
	grammar := g.config.grammar()
	q.Lines = &grammar
	if failed != nil && !r.covers.Until.After(g.window.From) {
		return g.withFailure(nil, q, r, failed)
	}
	all := d.groups(g.req.Roles)
	chosen, more := deployline.Choose(all, g.window, around)
	var out []timeline.Evidence
	for _, group := range chosen {
		e, err := g.deploy(group)
		if err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	if more != nil {
		d.answer.More = len(all) - len(chosen)
	}
	d.answer.Read = r.covers
	e, err := sources.Answer(g.ask(q, timeline.Window{From: r.covers.From, To: r.covers.To}), d.answer, g.req.Now())
	if err != nil {
		return nil, err
	}
	g.req.Notify(fmt.Sprintf("%s: %d lines, %d deploys", g.config.Name, r.covers.Lines, len(chosen)))
	return g.withFailure(append(out, e), q, r, failed)
}

// deploy is the record of one deploy, rollback or change.
func (g *gathering) deploy(group *deployline.Group) (timeline.Evidence, error) {
	ep := deployline.Assemble(group.Lines, group.Next)
	q := g.question(deployAsked)
	grammar := g.config.grammar()
	q.Lines = &grammar
	observed := timeline.Window{From: ep.Start.Earliest, To: ep.Start.Latest}
	if ep.End != nil {
		observed.To = ep.End.Latest
	}
	return sources.Answer(g.ask(q, observed), group.Record(), g.req.Now())
}
