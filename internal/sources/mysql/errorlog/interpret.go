package errorlog

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"collector/internal/sources"
	"collector/internal/timeline"
)

// Interpret makes findings of the records that Gather made, of any number of
// servers. A record that it does not know is an error.
func Interpret(window timeline.Window, records []timeline.Evidence) (timeline.Findings, error) {
	window = window.UTC()
	records = slices.Clone(records)
	slices.SortStableFunc(records, func(a, b timeline.Evidence) int {
		return cmp.Or(cmp.Compare(a.Target, b.Target), cmp.Compare(a.ID, b.ID))
	})
	f := timeline.Findings{Evidence: records}
	var logs []told
	for _, e := range records {
		var q question
		failed, err := sources.Read(e, &q, nil)
		if err != nil {
			return timeline.Findings{}, err
		}
		switch {
		case failed != "":
			f.Gaps = append(f.Gaps, timeline.Gap{Source: sourceKind, Target: q.Server, From: window.From, To: window.To, Reason: failed, Evidence: []string{e.ID}})
		case q.Kind == kindRead:
			var r reading
			if _, err := sources.Read(e, &q, &r); err != nil {
				return timeline.Findings{}, err
			}
			logs = append(logs, told{q, r, e.ID})
		case q.Kind == kindMessage:
			var x found
			if _, err := sources.Read(e, &q, &x); err != nil {
				return timeline.Findings{}, err
			}
			if event := x.event(q, e.ID); event.Touches(window) {
				f.Events = append(f.Events, event)
			}
		default:
			return timeline.Findings{}, fmt.Errorf("evidence %s: unknown kind of record %q", e.ID, q.Kind)
		}
	}
	for _, l := range logs {
		l.tell(&f, window)
	}
	slices.SortStableFunc(f.Events, func(a, b timeline.Event) int {
		return cmp.Or(a.Start.At.Compare(b.Start.At), cmp.Compare(a.Target, b.Target), cmp.Compare(a.Summary, b.Summary))
	})
	return f, nil
}

// told is what was read of one log.
type told struct {
	question
	reading
	id string
}

// tell adds the gaps, and the check when nothing grave was found.
func (l told) tell(f *timeline.Findings, w timeline.Window) {
	for _, m := range l.Missing {
		if from, to := later(m.From, w.From), earlier(m.To, w.To); from.Before(to) {
			f.Gaps = append(f.Gaps, timeline.Gap{Source: sourceKind, Target: l.Server, From: from, To: to, Reason: m.Reason, Evidence: []string{l.id}})
		}
	}
	if l.First == nil {
		return // an empty log proves nothing
	}
	for _, e := range f.Events {
		if e.Target == l.Server && e.Attributes["level"] != levelNote {
			return
		}
	}
	f.Checks = append(f.Checks, timeline.Check{Source: sourceKind, Target: l.Server, Evidence: []string{l.id},
		LookedFor: fmt.Sprintf("errors and warnings in the server's error log (%s read, %d of them of no interest)", counted(l.Lines, "message"), l.LeftOut)})
}

// event makes the event of a message.
func (x found) event(q question, id string) timeline.Event {
	end := x.Last
	e := timeline.Event{
		Kind: timeline.MySQLErrorLog, Grade: timeline.Logged, Source: sourceKind, Target: q.Server,
		Start: x.First, End: &end, Summary: x.summary(q.Server), Evidence: []string{id},
		Attributes: map[string]string{"level": x.graded(), "lines": strconv.Itoa(x.Lines)},
	}
	set := func(name, value string) {
		if value != "" {
			e.Attributes[name] = value
		}
	}
	for name, value := range x.Details {
		set(name, value)
	}
	set("category", x.Category)
	set("server_level", x.Level)
	set("code", x.Code)
	set("subsystem", x.Subsystem)
	set("message", x.Message)
	set("account", strings.Join(x.Accounts, ", "))
	set("client", strings.Join(x.Hosts, ", "))
	if x.Local {
		set("time_zone", q.Zone)
	}
	set("clock", q.Clock)
	return e
}

// summary is one plain sentence.
func (x found) summary(server string) string {
	c := named(x.Category)
	switch {
	case x.Category == restCategory:
		return fmt.Sprintf("%s logged %s of %d other kinds", server, counted(x.Lines, "more message"), x.Others)
	case c == nil && x.Level == levelError:
		return fmt.Sprintf("%s logged an error%s: %s", server, x.times(), x.Message)
	case c == nil:
		return fmt.Sprintf("%s logged a warning%s: %s", server, x.times(), x.Message)
	}
	text := server + " " + c.says
	switch c.part {
	case starts:
		text = fmt.Sprintf("%s began to start, and no line says that it became ready", server)
		if x.Complete {
			text = fmt.Sprintf("%s started and was ready for connections%s", server, x.after())
		}
	case stops:
		if len(x.Accounts) > 0 {
			text += " by " + x.Accounts[0]
		}
		if x.Complete {
			text += ", and ended" + x.after()
		} else {
			text += ", and no line says that it ended in good order"
		}
	default:
		if about := x.about(); about != "" {
			text += " (" + about + ")"
		}
		if x.Message != "" {
			text += ": " + x.Message
		}
	}
	return text
}

// after words how long a start or a stop took, where the clock is fine enough to tell.
func (x found) after() string {
	took := x.Last.At.Sub(x.First.At)
	if took < time.Second {
		return ""
	}
	return " after " + took.Round(100*time.Millisecond).String()
}

// about lists the details and the number of a category's message.
func (x found) about() string {
	var parts []string
	for _, d := range [...]struct{ name, format string }{
		{"signal", "signal %s"}, {"error", "error %s"}, {"table", "%s"}, {"event", "%s"}, {"reason", "%s"}, {"took", "%s ms"},
	} {
		if value := x.Details[d.name]; value != "" {
			parts = append(parts, fmt.Sprintf(d.format, value))
		}
	}
	if len(x.Accounts) > 0 {
		parts = append(parts, strings.Join(x.Accounts, ", "))
	}
	if len(x.Hosts) > 0 {
		parts = append(parts, "from "+strings.Join(x.Hosts, ", "))
	}
	if c := named(x.Category); c != nil && c.part == plain && x.Lines > 1 && x.Category != "crash" {
		parts = append(parts, counted(x.Lines, "message"))
	}
	return strings.Join(parts, ", ")
}

func (x found) times() string {
	if x.Lines == 1 {
		return ""
	}
	return fmt.Sprintf(" %d times", x.Lines)
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
