package report

import (
	"fmt"
	"slices"
	"strings"

	"collector/internal/timeline"
)

// TitleFacts is section 1: what the document covers, and which document fits.
func (d *document) TitleFacts() []Statement {
	w := d.tl.Window
	facts := []Statement{{
		fmt.Sprintf("This document covers %s; %s.", d.clock.window(w), d.scope()), []string{d.request},
	}}
	if d.draft.Unmasked {
		facts = append(facts, d.unmasked())
	}
	return append(facts, d.Fits()...)
}

const unmaskedWarning = "**Not for passing on: it names accounts, client hosts and authors as they are** (drafted with `--unmask`), in its text and in its evidence."

func (d *document) unmasked() Statement { return Statement{unmaskedWarning, []string{d.request}} }

// warned puts the warning of a document that names people above one whose template, a
// user's own, does not print it.
func (d *document) warned(body string, c cites) (string, error) {
	if !d.draft.Unmasked || strings.Contains(body, unmaskedWarning) {
		return body, nil
	}
	warning, err := c.say(d.unmasked())
	if err != nil {
		return "", err
	}
	return block("unmasked", warning) + "\n" + body, nil
}

// NoCharts stands in place of the charts when there is none.
func (d *document) NoCharts() []Statement {
	if len(d.charts) == 0 {
		return append([]Statement{{"There is no chart: no metric with recorded values left its normal band.", []string{d.request}}}, d.absence(topicSignals)...)
	}
	signals := d.ofKind(timeline.Signal)
	rest := slices.DeleteFunc(signals, func(e timeline.Event) bool {
		return slices.ContainsFunc(d.charts, func(c chart) bool {
			return c.event.ID == e.ID || c.series.Target == e.Target && c.series.Name == e.Attributes["signal"]
		})
	})
	return more(rest, "abnormal metric", "the timeline has them")
}

// About says how the draft was made: the records by source.
func (d *document) About() []Statement {
	counts := map[string][]string{}
	var sources []string
	for _, e := range d.tl.Evidence {
		if e.Source == RequestSource {
			continue
		}
		if _, ok := counts[e.Source]; !ok {
			sources = append(sources, e.Source)
		}
		counts[e.Source] = append(counts[e.Source], e.ID)
	}
	slices.Sort(sources)
	out := []Statement{}
	for _, s := range sources {
		out = append(out, Statement{plural(len(counts[s]), "record") + " of " + escape(s, maxName) + ".", counts[s]})
	}
	for _, r := range d.tl.Remarks {
		if !r.Ending {
			out = append(out, Statement{capital(escape(r.Text, maxText)) + ".", r.Evidence})
		}
	}
	version := ""
	if d.draft.Version != "" {
		version = " " + escape(d.draft.Version, maxName)
	}
	return append(out, Statement{"Written by collector" + version + " with the template " + escape(d.template, maxName) + "; its request is a record like any other.", []string{d.request}})
}

// ending says why the window ends where it does.
func (d *document) ending() []Statement {
	var out []Statement
	for _, r := range d.tl.Remarks {
		if r.Ending {
			out = append(out, Statement{capital(escape(r.Text, 2*maxText)) + ".", r.Evidence})
		}
	}
	return out
}
