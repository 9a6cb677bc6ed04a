package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"collector/lab/incidents"
	"collector/lab/scoring"
	"collector/lab/stage"
)

// play is one incident on one flavour, on a stage of its own: nothing of an
// earlier incident can be in its baseline.
type play struct {
	incident incidents.Incident
	flavour  string
	program  string // collector's binary
	dir      string // an empty directory for all that outlives the servers
	out      string // where the draft goes
	say      func(format string, args ...any)
}

// run stages the incident, drafts it and scores the draft.
func (p play) run(ctx context.Context) (result scoring.Result, err error) {
	s, err := stage.Start(ctx, stage.Options{
		Flavour: p.flavour, Dir: p.dir, Program: p.program, Say: p.say,
		SecondReplica: p.incident.SecondReplica, Lines: p.incident.Lines,
	})
	if err != nil {
		return result, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	story, err := p.incident.Run(ctx, s)
	if keepErr := p.keepStory(story); err != nil || keepErr != nil {
		return result, errors.Join(err, keepErr)
	}
	begin := time.Now()
	p.say("drafting %s to %s", story.From.UTC().Format(time.TimeOnly), story.To.UTC().Format(time.TimeOnly))
	draft, err := s.Draft(ctx, story.From, story.To, p.incident.Title, p.out)
	if err != nil {
		return result, err
	}
	seconds := time.Since(begin).Seconds()
	result, err = scoring.Score(p.incident, p.flavour, story, draft)
	if err != nil {
		return result, err
	}
	result.Seconds = seconds
	if err := result.SearchCanaries(ctx, s); err != nil {
		return result, err
	}
	result.Judge(p.incident.Quiet)
	if err := s.Verify(ctx, draft); err != nil {
		result.Failures = append(result.Failures, err.Error())
	}
	return result, nil
}

// keepStory writes the truth beside the draft, for whoever looks into a score.
func (p play) keepStory(story incidents.Story) error {
	data, err := json.MarshalIndent(story, "", "  ")
	if err != nil {
		return fmt.Errorf("keeping the truth: %w", err)
	}
	if err := os.WriteFile(filepath.Join(p.dir, "truth.json"), append(data, '\n'), 0o644); err != nil {
		return fmt.Errorf("keeping the truth: %w", err)
	}
	return nil
}

// sayer prints lines with the time since the start and a name.
func sayer(name string) func(format string, args ...any) {
	begin := time.Now()
	return func(format string, args ...any) {
		fmt.Fprintf(os.Stderr, "%4.0f s  %s%s\n", time.Since(begin).Seconds(), name, fmt.Sprintf(format, args...))
	}
}
