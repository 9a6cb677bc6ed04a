package deploylog

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"collector/internal/sources/deployline"
	"collector/internal/timeline"
)

// conclude adds the log's gaps and checks.
func (l *logSeen) conclude(w timeline.Window, f *timeline.Findings) {
	slices.SortStableFunc(l.gaps, func(a, b timeline.Gap) int {
		return cmp.Or(a.From.Compare(b.From), strings.Compare(a.Reason, b.Reason))
	})
	f.Gaps = append(f.Gaps, l.gaps...)
	readable := 0
	slices.SortStableFunc(l.files, func(a, b fileReport) int { return strings.Compare(a.Path, b.Path) })
	for _, file := range l.files {
		gap, ok := l.unreadable(w, file)
		if ok {
			f.Gaps = append(f.Gaps, gap)
		}
		if file.First != nil || (file.Lines == 0 && file.Error == "") {
			readable++
		}
	}
	if readable == 0 {
		return // the gaps say why
	}
	begin, known := l.begin()
	if known && !begin.Before(w.To) {
		f.Gaps = append(f.Gaps, timeline.Gap{
			Source: kind, Target: l.name, From: w.From, To: w.To, Evidence: l.asked,
			Reason: fmt.Sprintf("the oldest line of %s is of %s, after the window: older files are gone, or file.paths does not match them", l.name, timeline.FormatTime(begin)),
		})
		return
	}
	if check, ok := l.absence(w, begin, known); ok {
		f.Checks = append(f.Checks, check)
	}
}

// begin is when the log begins, when all of its beginning was read.
func (l *logSeen) begin() (time.Time, bool) {
	var first time.Time
	for _, file := range l.files {
		if file.First == nil {
			continue
		}
		if file.From > 0 {
			return time.Time{}, false
		}
		if first.IsZero() || file.First.Before(first) {
			first = *file.First
		}
	}
	return first, !first.IsZero()
}

// unreadable is the gap that bad lines of a file leave in the window: a bad line
// may have told of a deploy, between the good lines around it.
func (l *logSeen) unreadable(w timeline.Window, file fileReport) (timeline.Gap, bool) {
	gap := timeline.Gap{Source: kind, Target: l.name, From: w.From, To: w.To, Evidence: []string{l.cited[file.Path]}}
	if file.First == nil && file.Lines > 0 && file.Error == "" {
		gap.Reason = fmt.Sprintf("none of the %s of %s could be read as %s%s: correct file.format, or make file.paths narrower",
			count(file.Lines, "line"), file.Path, l.format, example(file, "its pattern does not match"))
		return gap, true
	}
	lines := 0
	from, to := w.To, w.From
	for _, span := range file.BadSpans {
		first, last := w.From, w.To
		if span.From != nil {
			first = *span.From
		}
		if span.To != nil {
			last = *span.To
		}
		if !w.Overlaps(first, last) {
			continue
		}
		lines += span.Lines
		from, to = earliest(from, first), latestOf(to, last)
	}
	if lines == 0 {
		return gap, false
	}
	gap.From, gap.To = latestOf(from, w.From), earliest(to, w.To)
	gap.Reason = fmt.Sprintf("%s of %s could not be read as %s%s", count(lines, "line"), file.Path, l.format, example(file, ""))
	return gap, true
}

func earliest(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func latestOf(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// example cites the first bad line.
func example(file fileReport, otherwise string) string {
	if len(file.BadShown) > 0 {
		return fmt.Sprintf(" (at byte %d: %s)", file.BadShown[0].Offset, file.BadShown[0].Reason)
	}
	if otherwise != "" {
		return " (" + otherwise + ")"
	}
	return ""
}

// maxNamed is how many earlier deploys a check names.
const maxNamed = 3

// absence says what was looked for and not found: any deploy, or one of the
// services that were deployed shortly before.
func (l *logSeen) absence(w timeline.Window, begin time.Time, known bool) (timeline.Check, bool) {
	slices.SortStableFunc(l.before, func(a, b earlier) int { return b.Latest().Compare(a.Latest()) })
	check := timeline.Check{Source: kind, Target: l.name, Evidence: slices.Clone(l.asked)}
	var details []string
	what := "deploys, rollbacks and changes"
	switch {
	case len(l.events) > 0 && len(l.before) == 0:
		return check, false
	case len(l.events) > 0:
		var services []string
		for _, e := range l.before[:min(len(l.before), maxNamed)] {
			services = append(services, deployline.Sentence(e.Service, deployline.MaxName))
		}
		if more := len(l.before) - maxNamed; more > 0 {
			services = append(services, count(more, "other service"))
		}
		what += " of " + strings.Join(services, ", ")
	case !known && len(l.before) == 0 && l.empty():
		details = append(details, "it has no lines")
	case known && begin.After(w.From):
		details = append(details, "its first line is of "+timeline.FormatTime(begin))
	}
	if len(l.before) > 0 {
		var last []string
		for _, e := range l.before[:min(len(l.before), maxNamed)] {
			last = append(last, e.Past())
			check.Evidence = append(check.Evidence, e.id)
		}
		details = append(details, "last before the window: "+strings.Join(last, ", "))
	}
	slices.Sort(check.Evidence)
	check.LookedFor = what + " in " + l.name
	if len(details) > 0 {
		check.LookedFor += " (" + strings.Join(details, "; ") + ")"
	}
	return check, true
}

func (l *logSeen) empty() bool {
	return !slices.ContainsFunc(l.files, func(f fileReport) bool { return f.Lines > 0 || f.From > 0 })
}
