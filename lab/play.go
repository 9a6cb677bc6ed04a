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
	board    []byte // a dashboard, of which the draft has a snapshot; nil for none
	dir      string // an empty directory for all that outlives the servers
	out      string // where the draft goes
	say      func(format string, args ...any)
}

// run stages the incident, drafts it and scores the draft.
func (p play) run(ctx context.Context) (result scoring.Result, err error) {
	s, err := stage.Start(ctx, stage.Options{
		Flavour: p.flavour, Dir: p.dir, Program: p.program, Say: p.say,
		SecondReplica: p.incident.SecondReplica, Witnesses: p.incident.Witnesses, Lines: p.incident.Lines, Dashboard: p.board,
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
	if p.board != nil {
		if err := errors.Join(result.JudgeSnapshot(ctx, p.board), p.keepSnapshot(s)); err != nil {
			return result, err
		}
	}
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

// snapshotFile is the snapshot beside the draft: a body that a real Grafana takes.
const snapshotFile = "grafana-snapshot.json"

// keepSnapshot writes what collector gave to the stand-in, which ends with the
// stage, so that it can be given to a real Grafana.
func (p play) keepSnapshot(s *stage.Stage) error {
	posted := s.Grafana.Posted()
	if len(posted) == 0 {
		return nil // the judge has said so
	}
	body := posted[len(posted)-1]
	delete(body, "key") // another Grafana makes its own
	delete(body, "deleteKey")
	data, err := json.Marshal(body)
	if err == nil {
		err = os.WriteFile(filepath.Join(p.out, snapshotFile), append(data, '\n'), 0o644)
	}
	if err != nil {
		return fmt.Errorf("keeping the snapshot: %w", err)
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
