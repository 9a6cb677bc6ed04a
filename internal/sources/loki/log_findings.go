package loki

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"collector/internal/timeline"
)

// lines makes the events of a query of kind log.
func (a *asked) lines(q question, raw json.RawMessage, id string) error {
	var answer linesAnswer
	if err := json.Unmarshal(raw, &answer); err != nil {
		return fmt.Errorf("answer: %w", err)
	}
	quiet, err := time.ParseDuration(q.Pause)
	if err != nil {
		return fmt.Errorf("pause: %w", err)
	}
	doubt, err := time.ParseDuration(q.Doubt)
	if err != nil {
		return fmt.Errorf("clock_doubt: %w", err)
	}
	a.left(answer.Read, id)
	for i, ep := range answer.Episodes {
		if ep == nil || ep.First.IsZero() || ep.Last.Before(ep.First) || ep.Pattern == "" {
			return fmt.Errorf("episode %d has no pattern or no times", i+1)
		}
		a.logs = append(a.logs, a.event(ep, answer, quiet, doubt, id))
	}
	if answer.UntoldLines > 0 {
		a.remarks = append(a.remarks, timeline.Remark{
			Source: Kind, Target: a.Loki, Evidence: []string{id},
			Text: fmt.Sprintf("of %s the %d patterns with the most lines are told; %s of others are not", a.Query, maxEpisodes, count(answer.UntoldLines, "further line")),
		})
	}
	return nil
}

// event is one episode.
func (a *asked) event(ep *episode, answer linesAnswer, quiet, doubt time.Duration, id string) timeline.Event {
	e := timeline.Event{
		Kind: timeline.Log, Grade: timeline.Logged, Source: Kind, Target: ep.Target,
		Start: around(ep.First, doubt), Summary: a.summary(ep), Evidence: []string{id},
		Key:        a.Query + " " + ep.selector() + " " + ep.Pattern,
		Attributes: map[string]string{"query": a.Query, "pattern": ep.Pattern, "lines": strconv.Itoa(ep.Lines)},
	}
	e.End = ep.end(answer.Known, quiet, doubt)
	if ep.Lines > 1 {
		e.Attributes["peak_per_minute"] = strconv.Itoa(ep.Peak)
		e.Attributes["peak_at"] = timeline.FormatTime(ep.PeakAt)
	}
	if e.End == nil {
		e.Attributes["last_line"] = timeline.FormatTime(ep.Last)
	}
	if !ep.First.Add(-quiet).After(answer.Read.From) {
		e.Attributes["start_seen"] = "no, it may have begun before the lines that were read"
	}
	if ep.Level != "" {
		e.Attributes["level"] = ep.Level
	}
	for name, value := range ep.Labels {
		e.Attributes["label_"+name] = value
	}
	return e
}

// pauses is how many of an episode's usual pauses without a line are taken for its end.
const pauses = 10

// end is the time of the last line, or nil if the episode went on when the window
// closed. Where quiet has not passed since, a further line may come until then: what
// came in short pauses and then no more has ended, some time between the two.
func (ep *episode) end(known time.Time, quiet, doubt time.Duration) *timeline.Instant {
	if ep.GoesOn {
		return nil
	}
	end := around(ep.Last, doubt)
	silence := known.Sub(ep.Last)
	if silence >= quiet || ep.Lines == 1 {
		return &end
	}
	if silence <= pauses*ep.Last.Sub(ep.First)/time.Duration(max(ep.Lines-1, 1)) {
		return nil
	}
	if known = known.UTC().Truncate(time.Millisecond); known.After(end.Latest) {
		end.Latest = known
	}
	return &end
}

// around is a time of Loki's with its doubt, in milliseconds as all documents.
func around(at time.Time, doubt time.Duration) timeline.Instant {
	return timeline.Around(at.UTC().Truncate(time.Millisecond), doubt)
}

// summary is one plain sentence: "checkout_errors: 96 lines, at most 40 in a minute:
// payment failed for order <n>".
func (a *asked) summary(ep *episode) string {
	text := a.Query + ": " + count(ep.Lines, "line")
	if ep.Lines > 1 && ep.Peak < ep.Lines {
		text += fmt.Sprintf(", at most %d in a minute", ep.Peak)
	}
	return strings.TrimRight(oneLine(text+": "+ep.Pattern, 400), ". ")
}
