package report

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"collector/internal/timeline"
)

// what is an event in words, with its target: "db1: replication SQL thread
// stopped …", "threads_running on db1 rose …", "alert DiskFull on db1 fired".
func what(e timeline.Event) string {
	if e.Target == "" || names(e.Summary, e.Target) {
		return escape(e.Summary, maxText)
	}
	target := escape(e.Target, maxName)
	if name := subject(e); name != "" {
		if rest, ok := strings.CutPrefix(e.Summary, name+" "); ok {
			return escape(name, maxName) + " on " + target + " " + escape(rest, maxText)
		}
	}
	return target + ": " + escape(e.Summary, maxText)
}

// subject is what the sentence of a metric or an alert begins with.
func subject(e timeline.Event) string {
	switch {
	case e.Kind == timeline.Signal:
		return e.Attributes["signal"]
	case e.Kind == timeline.Alert && e.Attributes["alertname"] != "":
		return "alert " + e.Attributes["alertname"]
	}
	return ""
}

// labelled is an event behind a label: "First harm, on db1: a transaction …".
func labelled(label string, e timeline.Event) string {
	text := what(e)
	target := escape(e.Target, maxName)
	if rest, ok := strings.CutPrefix(text, target+": "); ok && target != "" {
		return label + ", on " + target + ": " + rest
	}
	return label + ": " + text
}

// opening is what at the beginning of a sentence.
func opening(e timeline.Event) string {
	text := what(e)
	name := escape(e.Target, maxName)
	if e.Kind == timeline.Signal || strings.HasPrefix(text, name+": ") || strings.HasPrefix(text, name+" ") {
		return text // a name keeps its case
	}
	return capital(text)
}

// capital makes the first letter a capital.
func capital(text string) string {
	if text == "" {
		return ""
	}
	r, size := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(r)) + text[size:]
}

// names reports whether a text names a target as a word of its own.
func names(text, target string) bool {
	for word := range strings.FieldsSeq(plain(text, maxText)) {
		if strings.Trim(word, ",;:()") == target {
			return true
		}
	}
	return false
}

// deed names a deploy or rollback without telling how it went, unless it failed:
// "deploy of shop 1.4.2 to production". Any other event is told in full.
func deed(e timeline.Event) string {
	service, version := e.Attributes["service"], e.Attributes["version"]
	if service == "" || e.Kind != timeline.Deploy && e.Kind != timeline.Rollback {
		return what(e)
	}
	text := string(e.Kind) + " of " + service
	before, place := " ", " to "
	if e.Kind == timeline.Rollback {
		before, place = " to ", " in "
	}
	if version != "" {
		text += before + version
	}
	if where := e.Attributes["environment"]; where != "" {
		text += place + where
	}
	if e.Attributes["outcome"] == "failed" {
		text += " (failed)"
	}
	return escape(text, maxText)
}

// ending is the end of an event in words.
func ending(e timeline.Event) string {
	on := ""
	if e.Target != "" {
		on = " on " + escape(e.Target, maxName)
	}
	switch name := escape(subject(e), maxName); {
	case e.Kind == timeline.Signal && name != "":
		return name + on + " was back in its normal band"
	case e.Kind == timeline.Alert && name != "":
		return name + on + " resolved"
	case e.Kind == timeline.Deploy && e.Attributes["outcome"] == "finished":
		return deed(e) + " finished"
	}
	return "end of: " + what(e)
}

// lasted says how long an event went on: "for 26 min 7 s", or that it was still
// going on when the window closed; "" for an instant.
func (d *document) lasted(e timeline.Event) string {
	from := "for "
	if e.Start.At.Before(d.tl.Window.From) {
		from = "from before the window, "
	}
	switch atLeast := from + "at least " + span(d.tl.Window.To.Sub(e.Start.At)); {
	case d.unsettled(e):
		return atLeast + ", not settled when the window closed"
	case e.End == nil:
		return atLeast + ", still going on when the window closed"
	case momentary(e):
		return ""
	}
	return from + apart(e.Start, *e.End)
}

// until is lasted for where the event's own words stand beside it: a length that
// they tell is not told again, but the end is, with its error.
func (d *document) until(e timeline.Event) string {
	if tellsLength(e) {
		end := d.clock.cell(*e.End, d.clock.zone)
		if strings.Contains(end, " to ") {
			return "ended " + end
		}
		return "until " + end
	}
	return d.lasted(e)
}

// momentary reports whether an event was over within the second it began.
func momentary(e timeline.Event) bool {
	return e.End != nil && e.End.At.Sub(e.Start.At) < 500*time.Millisecond
}

// course is an event's times as a sentence: "It began at 09:14:03 CEST (…) and lasted 26 min."
func (d *document) course(e timeline.Event) string {
	begin := "It began " + d.clock.when(e.Start)
	if e.Start.Latest.Before(d.tl.Window.From) {
		begin = "It was there when the window opened"
	}
	switch {
	case e.End == nil:
		return begin + " and still went on when the window closed."
	case momentary(e):
		return "It happened " + d.clock.when(e.Start) + "."
	case tellsLength(e):
		return begin + " and ended " + d.clock.when(*e.End) + "."
	}
	return begin + " and lasted " + apart(e.Start, *e.End) + "."
}
