package loki

import (
	"context"
	"fmt"
	"time"

	"collector/internal/sources"
	"collector/internal/sources/deployline"
	"collector/internal/timeline"
)

// The kinds of questions.
const (
	linesAsked  = "lines"  // the lines of a query of kind log, as episodes
	readAsked   = "read"   // what was read of a query of kind deploy
	deployAsked = "deploy" // the lines of one deploy, rollback or change
)

// clockDoubt is how far a line's time may be from ours, see doc.go.
const clockDoubt = time.Second

// question stands in every record. A deploy's names no window, so that its ID stays the
// same from draft to draft.
type question struct {
	Kind  string `json:"kind"`
	Loki  string `json:"loki"`
	Query string `json:"query"` // its configured name
	LogQL string `json:"logql"`
	Doubt string `json:"clock_doubt"` // of Loki's times

	From  *time.Time `json:"from,omitempty"`  // the range that was asked for
	To    *time.Time `json:"to,omitempty"`    //
	Until *time.Time `json:"until,omitempty"` // of a question that failed: the lines before it were read
	Part  int        `json:"part,omitempty"`  // of Parts, from 1
	Parts int        `json:"parts,omitempty"`

	Pause      string              `json:"pause,omitempty"`      // between two episodes
	Lookaround string              `json:"lookaround,omitempty"` // for the other end of a deploy
	Lines      *deployline.Grammar `json:"lines,omitempty"`      // how the lines of deploys are read
}

// linesAnswer is the answer to linesAsked.
type linesAnswer struct {
	Read coverage `json:"read"`
	// Known is the time up to which it is known whether a line came: the range's end, or
	// when it was asked.
	Known time.Time `json:"known_until"`
	folds
}

// gathering is the work on one query.
type gathering struct {
	source *Source
	req    sources.Request
	config QueryConfig
	window timeline.Window
	logql  string
}

func (g *gathering) question(kind string) question {
	q := question{Kind: kind, Loki: g.source.cfg.Name, Query: g.config.Name, LogQL: g.logql, Doubt: clockDoubt.String()}
	switch kind {
	case linesAsked:
		q.Pause = pause.String()
	default:
		q.Lookaround = time.Duration(g.config.Lookaround).String()
	}
	return q
}

func (g *gathering) ask(q question, observed timeline.Window) sources.Ask {
	return sources.Ask{Source: Kind, Target: g.source.cfg.Name, Query: g.logql, Question: q, Observed: observed}
}

// logs reads a query of kind log.
func (g *gathering) logs(ctx context.Context) ([]timeline.Evidence, error) {
	f := newFold(g.window, newStreamMasker(g.source, g.req, g.config.Name))
	r := newReading(g.source.client, g.logql, g.window.From.Add(-pause), g.window.To.Add(pause), g.source.limits, f)
	failed := r.run(ctx)
	q := g.question(linesAsked)
	q.From, q.To = &r.covers.From, &r.covers.To
	var out []timeline.Evidence
	if failed == nil || r.covers.Until.After(g.window.From) {
		answer := linesAnswer{Read: r.covers, Known: earliest(r.covers.Until, g.req.Now().UTC()), folds: f.finish()}
		var err error
		if out, err = g.parts(q, answer); err != nil {
			return nil, err
		}
		g.req.Notify(fmt.Sprintf("%s: %d lines, %d patterns", g.config.Name, r.covers.Lines, len(f.known)))
	}
	return g.withFailure(out, q, r, failed)
}

// parts puts the episodes into records of bearable size, one at least.
func (g *gathering) parts(q question, answer linesAnswer) ([]timeline.Evidence, error) {
	lists, err := sources.Parts(answer.Episodes)
	if err != nil {
		return nil, err
	}
	var out []timeline.Evidence
	for i, list := range lists {
		if len(lists) > 1 {
			q.Part, q.Parts = i+1, len(lists)
		}
		answer.Episodes = list
		e, err := sources.Answer(g.ask(q, timeline.Window{From: answer.Read.From, To: answer.Read.To}), answer, g.req.Now())
		if err != nil {
			return nil, err
		}
		out = append(out, e)
		answer.Untold, answer.UntoldLines = 0, 0 // that is said once
		answer.Read.Outside, answer.Read.Unreadable, answer.Read.Crowded = 0, 0, 0
	}
	return out, nil
}

// withFailure adds the record of a question that was not answered in full.
func (g *gathering) withFailure(out []timeline.Evidence, q question, r *reading, failed error) ([]timeline.Evidence, error) {
	if failed == nil {
		return out, nil
	}
	g.req.Log.Warn("loki did not answer", "query", g.config.Name, "err", failed)
	if r.covers.Until.After(g.window.From) {
		until := r.covers.Until
		q.Until = &until
	}
	e, err := sources.Failure(g.ask(q, timeline.Window{From: r.covers.From, To: r.covers.To}), failed, g.req.Now())
	if err != nil {
		return nil, err
	}
	return append(out, e), nil
}

func earliest(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
