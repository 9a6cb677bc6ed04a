package loki

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"collector/internal/sources/deployline"
)

// deploy makes the event of a deploy, rollback or change, or remembers the last before
// the window.
func (a *asked) deploy(q question, raw json.RawMessage, id string) error {
	var lines deployline.Lines
	if err := json.Unmarshal(raw, &lines); err != nil {
		return fmt.Errorf("answer: %w", err)
	}
	if q.Lines == nil {
		return errors.New("the question does not say how the lines are read")
	}
	reader, err := q.Lines.Reader()
	if err != nil {
		return err
	}
	ep, err := reader.Episode(lines)
	if err != nil {
		return err
	}
	lookaround, err := time.ParseDuration(q.Lookaround)
	if err != nil {
		return fmt.Errorf("lookaround: %w", err)
	}
	switch {
	case ep.Overlaps(a.window, lookaround):
		a.deploys = append(a.deploys, ep.Event(Kind, id))
	case ep.Start.At.Before(a.window.From):
		a.before = append(a.before, earlier{ep, id})
	}
	return nil
}

// covered says what could not be understood of what was read.
func (a *asked) covered(raw json.RawMessage, id string) error {
	var answer readAnswer
	if err := json.Unmarshal(raw, &answer); err != nil {
		return fmt.Errorf("answer: %w", err)
	}
	a.left(answer.Read, id)
	if answer.More > 0 {
		a.gap(a.window.From, a.window.To, fmt.Sprintf("%s: more than %d in the window, %d are not told: name a shorter one", a.about(), deployline.MaxEpisodes, answer.More), id)
	}
	if answer.Bad == 0 || answer.BadFrom == nil || answer.BadTo == nil {
		return nil
	}
	example := ""
	if len(answer.BadShown) > 0 {
		example = " (" + answer.BadShown[0].Reason + ")"
	}
	if answer.Entries+answer.Other == 0 {
		a.failed = true
		a.gap(a.window.From, a.window.To, fmt.Sprintf("%s: none of %s can be read%s: correct format, time_layout or fields, or make the query narrower", a.about(), count(answer.Bad, "line"), example), id)
		return nil
	}
	a.gap(*answer.BadFrom, answer.BadTo.Add(time.Millisecond), fmt.Sprintf("%s: %s could not be read%s", a.about(), count(answer.Bad, "line"), example), id)
	return nil
}
