package incidents

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"collector/lab/stage"
)

const (
	calm         = 3 * time.Second // without a failed request is recovered
	recoverLimit = 30 * time.Second
	alertLimit   = 30 * time.Second
	baselines    = 3 // at most, until one is undisturbed
)

// Script is what an incident's steps are told with: it waits, writes the deploy
// log, and notes the truth.
type Script struct {
	stage *stage.Stage
	broke time.Time
	died  moment    // the primary
	over  time.Time // harm that is neither a failed request nor an alert

	mu    sync.Mutex
	truth []Truth
}

// Run plays an incident: baseline, steps, recovery, and the quiet after it.
func (i Incident) Run(ctx context.Context, s *stage.Stage) (Story, error) {
	t := &Script{stage: s}
	if err := t.baseline(ctx, i.Name); err != nil {
		return Story{}, err
	}
	t.broke = time.Now()
	if err := i.Steps(ctx, s, t); err != nil {
		return Story{}, fmt.Errorf("staging %s: %w", i.Name, err)
	}
	recovered, err := t.recovery(ctx)
	if err != nil {
		return Story{}, fmt.Errorf("staging %s: %w", i.Name, err)
	}
	s.Say("recovered; %s of quiet", Tail)
	if err := t.Wait(ctx, Tail); err != nil {
		return Story{}, err
	}
	from := t.broke.Add(-Lead)
	t.noteAlerts(from)
	t.noteScrapes(from)
	story := Story{From: from, To: time.Now(), Break: t.broke, Recovered: recovered, Truth: t.truth}
	calmUntil := t.broke
	if i.Quiet {
		calmUntil = story.To
	}
	if slow := s.App.Slow(from) - s.App.Slow(calmUntil); slow > 0 {
		story.Disturbed = fmt.Sprintf("the machine was too busy: %d requests took more than 1 s under normal load", slow)
	}
	return story, i.staged(story)
}

// baseline is normal load, again and again until it was undisturbed.
func (t *Script) baseline(ctx context.Context, name string) error {
	for range baselines {
		t.stage.Say("%s: %s of normal load", name, Baseline)
		begin := time.Now()
		if err := t.Wait(ctx, Baseline); err != nil {
			return err
		}
		if _, _, failed := t.stage.App.Failures(time.Time{}); failed > 0 {
			return fmt.Errorf("%s: %d requests failed before anything was broken", name, failed)
		}
		slow := t.stage.App.Slow(begin)
		if slow == 0 {
			return nil
		}
		t.stage.Say("disturbed: %d requests took more than 1 s", slow)
	}
	return nil
}

// staged checks that what had to happen did happen.
func (i Incident) staged(story Story) error {
	if i.Requires == "" {
		return nil
	}
	for _, truth := range story.Truth {
		if truth.Attributes["alertname"] == i.Requires {
			return nil
		}
	}
	return fmt.Errorf("staging %s: the alert %s never fired", i.Name, i.Requires)
}

// Wait lets time pass.
func (t *Script) Wait(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// AwaitAlert waits until an alert fires, as the people on call do.
func (t *Script) AwaitAlert(ctx context.Context, name string) error {
	ctx, cancel := context.WithTimeout(ctx, alertLimit)
	defer cancel()
	for {
		for _, f := range t.stage.Firings() {
			if f.Name == name {
				t.stage.Say("alert %s fires", name)
				return nil
			}
		}
		if err := t.Wait(ctx, 100*time.Millisecond); err != nil {
			return fmt.Errorf("the alert %s did not fire: %w", name, err)
		}
	}
}

// Log writes a line of the deploy log and says it.
func (t *Script) Log(e stage.Entry) (time.Time, error) {
	t.stage.Say("%s %s %s %s", e.Event, e.Service, e.Version, e.Message)
	return t.stage.Log(e)
}

// Note adds to the truth.
func (t *Script) Note(truth Truth) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.truth = append(t.truth, truth)
}

// noteEffect does something and adds what it brought about to the truth: it came true
// somewhere between the begin and the end of the doing.
func (t *Script) noteEffect(effect Truth, do func() error) error {
	done, err := during(do)
	if err != nil {
		return err
	}
	t.Note(done.of(effect))
	return nil
}

// moment is when something came true.
type moment struct {
	at   time.Time
	fuzz time.Duration // how far off at may be
}

// of is the truth of what came true then.
func (m moment) of(effect Truth) Truth {
	effect.Start, effect.Fuzz = m.at, m.fuzz
	return effect
}

// during is the moment of what something brings about that is done now.
func during(do func() error) (moment, error) {
	begin := time.Now()
	err := do()
	half := time.Since(begin) / 2
	return moment{begin.Add(half), half}, err
}

// NoteFailures notes when the application's error rate left zero and came back.
func (t *Script) NoteFailures() error {
	first, last, count := t.stage.App.Failures(t.broke)
	if count == 0 {
		return errors.New("no request of the application failed")
	}
	t.Note(Truth{
		Kind: "signal", Target: stage.AppInstance, Attributes: map[string]string{"signal": stage.SignalErrors},
		Start: first, End: last,
	})
	return nil
}

// recovery waits until no request has failed for a while and every alert is
// resolved, and returns when the last request failed or the last alert ended.
func (t *Script) recovery(ctx context.Context) (time.Time, error) {
	ctx, cancel := context.WithTimeout(ctx, recoverLimit)
	defer cancel()
	for {
		_, last, _ := t.stage.App.Failures(t.broke)
		firing := false
		for _, f := range t.stage.Firings() {
			firing = firing || f.End.IsZero()
			last = later(last, f.End)
		}
		if !firing && time.Since(later(later(last, t.over), t.broke)) > calm {
			return later(later(last, t.over), t.broke), nil
		}
		if err := t.Wait(ctx, 100*time.Millisecond); err != nil {
			return time.Time{}, fmt.Errorf("the shop did not recover: %w", err)
		}
	}
}

// noteAlerts notes every alert that fired within the window, one truth per
// alert and instance: further stretches of the same alert are flaps of one
// episode.
func (t *Script) noteAlerts(from time.Time) {
	seen := map[string]int{}
	for _, f := range t.stage.Firings() {
		if !f.End.IsZero() && f.End.Before(from) {
			continue
		}
		key := f.Name + " " + f.Instance
		if at, again := seen[key]; again {
			t.truth[at].End = f.End
			continue
		}
		seen[key] = len(t.truth)
		t.Note(Truth{
			Kind: "alert", Target: stage.Target(f.Instance), Start: f.Start, Fuzz: f.Fuzz, End: f.End,
			Attributes: map[string]string{"alertname": f.Name, "severity": f.Severity},
		})
	}
}

// noteScrapes notes what Prometheus could not scrape, which no step does.
func (t *Script) noteScrapes(from time.Time) {
	for _, f := range t.stage.FailedScrapes() {
		if f.End.IsZero() || !f.End.Before(from) {
			t.Note(Truth{Kind: "scrape_down", Target: stage.Target(f.Instance), Start: f.Start, Fuzz: f.Fuzz, End: f.End, Optional: true})
		}
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
