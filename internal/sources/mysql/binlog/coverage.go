package binlog

import (
	"fmt"
	"time"

	"collector/internal/sources"
	"collector/internal/timeline"
)

// watch is what was read of a server's log.
type watch struct {
	question
	coverage
	id string
}

// read is which part of the window was read.
func (w watch) read(window timeline.Window) timeline.Window {
	local := func(us int64) time.Time { return time.UnixMicro(us - w.Clock.OffsetUS).UTC() }
	covered := window
	if from := local(w.FromUS); from.After(covered.From) {
		covered.From = from
	}
	if w.Ended != endWindow && w.Ended != endLog {
		if last := local(w.LastUS); last.Before(covered.To) {
			covered.To = last
		}
	}
	if w.LastUS == 0 || covered.To.Before(covered.From) {
		covered.To = covered.From
	}
	if covered.From.After(window.To) {
		covered = timeline.Window{From: window.To, To: window.To}
	}
	return covered
}

func (w watch) gaps(window timeline.Window) (gaps []timeline.Gap) {
	add := func(from, to time.Time, format string, args ...any) {
		if from.Before(to) {
			gaps = append(gaps, timeline.Gap{Source: sourceKind, Target: w.Server, From: from, To: to, Reason: fmt.Sprintf(format, args...), Evidence: []string{w.id}})
		}
	}
	covered := w.read(window)
	if w.LastUS != 0 {
		add(window.From, covered.From, "the binary log does not reach back that far: its older files were purged, or there was none")
	} else {
		covered.To = window.From
	}
	switch w.Ended {
	case endBudget:
		add(covered.To, window.To, "the binary log was not read any further: the budget of %s was used up (binlog_budget)", sources.Size(w.Budget))
	case endTime:
		add(covered.To, window.To, "the binary log was not read any further: the time for this draft was over")
	case endError:
		add(covered.To, window.To, "the binary log could not be read any further: %s", w.Reason)
	}
	if w.Unreadable > 0 {
		add(window.From, window.To, "%d events of the binary log could not be taken apart", w.Unreadable)
	}
	if w.Untold > 0 {
		add(window.From, window.To, "%d more schema changes or very large transactions are in the binary log; only the first ones are told", w.Untold)
	}
	return gaps
}

// checks says what was looked for and not found in what was read.
func (w watch) checks(window timeline.Window, events []timeline.Event) []timeline.Check {
	covered := w.read(window)
	if !covered.From.Before(covered.To) {
		return nil
	}
	found := map[timeline.Kind]bool{}
	for _, e := range events {
		if e.Target == w.Server {
			found[e.Kind] = true
		}
	}
	large := fmt.Sprintf("transactions of %s and more", sources.Size(w.Threshold))
	what := ""
	switch changes, transactions := found[timeline.MySQLSchemaChange], found[timeline.MySQLLongTransaction]; {
	case changes && transactions:
		return nil
	case changes:
		what = large
	case transactions:
		what = "schema changes"
	default:
		what = "schema changes and " + large
	}
	files := "1 file"
	if n := len(w.Files); n != 1 {
		files = fmt.Sprintf("%d files", n)
	}
	return []timeline.Check{{Source: sourceKind, Target: w.Server, Evidence: []string{w.id},
		LookedFor: fmt.Sprintf("%s in the binary log (%s, %s read)", what, files, mebibytes(w.Bytes))}}
}
