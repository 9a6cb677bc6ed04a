package sourcetest

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"collector/internal/sources"
	"collector/internal/timeline"
)

func (s Suite) identity(t *testing.T) {
	src := s.New(t)
	if src.Kind() == "" || src.Name() == "" || strings.ContainsAny(src.Kind(), "/ -") {
		t.Errorf("kind %q, name %q: a kind is one word, and evidence IDs begin with it", src.Kind(), src.Name())
	}
}

func (s Suite) answers(t *testing.T) {
	src := s.New(t)
	g := s.gather(t.Context(), t, src, s.Window)
	if g.err != nil {
		t.Fatal(g.err)
	}
	sound(t, src, g.records)
	f := s.interpret(t, s.Window, g.records)
	if len(f.Events) == 0 && f.History == nil {
		t.Error("no event in the window in which there is something to tell")
	}
	cited(t, f, g.records)
	if len(f.Evidence) != len(g.records) {
		t.Errorf("findings hold %d of %d records", len(f.Evidence), len(g.records))
	}
}

func (s Suite) idle(t *testing.T) {
	if s.Idle.From.IsZero() {
		return
	}
	src := s.New(t)
	g := s.gather(t.Context(), t, src, s.Idle)
	if g.err != nil {
		t.Fatal(g.err)
	}
	sound(t, src, g.records)
	f := s.interpret(t, s.Idle, g.records)
	cited(t, f, g.records)
	for _, e := range f.Events {
		t.Errorf("event in an idle window: %s", e.Summary)
	}
	if len(f.Checks) == 0 {
		t.Error("nothing says that the idle window was looked at")
	}
}

func (s Suite) interpretation(t *testing.T) {
	src := s.New(t)
	records := s.gather(t.Context(), t, src, s.Window).records
	want := canonical(t, s.interpret(t, s.Window, records))
	s.noSecret(t, "the findings", want)
	same(t, "a second time", want, canonical(t, s.interpret(t, s.Window, records)))
	same(t, "after a round trip through JSON", want, canonical(t, s.interpret(t, s.Window, reread(t, records))))
	same(t, "with the records in another order", want, canonical(t, s.interpret(t, s.Window, reversed(records))))

	if f, err := s.Interpret(s.Window, nil); err != nil || len(f.Events) > 0 {
		t.Errorf("no records: %d events, error %v", len(f.Events), err)
	}
	foreign, err := sources.Answer(sources.Ask{Source: src.Kind(), Target: "x", Query: "x",
		Question: map[string]string{"kind": "no such kind"}, Observed: s.Window}, struct{}{}, s.Now())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Interpret(s.Window, []timeline.Evidence{foreign}); err == nil {
		t.Error("a record of an unknown kind is not an error")
	}
	garbage := timeline.Evidence{Source: src.Kind(), Body: "{"}.Seal()
	if _, err := s.Interpret(s.Window, []timeline.Evidence{garbage}); err == nil {
		t.Error("a record that is not JSON is not an error")
	}
}

func (s Suite) concurrent(t *testing.T) {
	src := s.New(t)
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			if g := s.gather(t.Context(), t, src, s.Window); g.err != nil {
				t.Error(g.err)
			}
		})
	}
	wg.Wait()
}

func (s Suite) cancelled(t *testing.T) {
	src := s.New(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	g := s.gather(ctx, t, src, s.Window)
	if g.took > slack {
		t.Errorf("took %s with a context that was cancelled before", g.took)
	}
	sound(t, src, g.records)
	s.interpret(t, s.Window, g.records)
}

func (s Suite) check(t *testing.T) { s.diagnose(t.Context(), t, s.New(t)) }

func (s Suite) diagnose(ctx context.Context, t *testing.T, src sources.Source) []sources.Diagnosis {
	t.Helper()
	lines := src.Check(ctx)
	if len(lines) == 0 {
		t.Error("Check says nothing")
	}
	for _, d := range lines {
		s.noSecret(t, "a diagnosis", append(d.Fix, d.Source, d.Text)...)
		if d.Source != src.Kind()+"/"+src.Name() || d.Text == "" {
			t.Errorf("diagnosis %+v: the source is %s/%s", d, src.Kind(), src.Name())
		}
	}
	return lines
}

// failing checks a source over a system that does not answer properly: it says
// what it could not see, in time, and invents nothing.
func (s Suite) failing(t *testing.T, src sources.Source) {
	t.Helper()
	g := s.gather(t.Context(), t, src, s.Window)
	if g.err != nil {
		return // the caller makes the record
	}
	sound(t, src, g.records)
	f := s.interpret(t, s.Window, g.records)
	cited(t, f, g.records)
	s.noSecret(t, "the findings", canonical(t, f))
	if len(f.Gaps) == 0 {
		t.Error("the system failed and no gap says so")
	}
	for _, e := range f.Events {
		t.Errorf("event from a system that failed: %s", e.Summary)
	}
	for _, c := range f.Checks {
		t.Errorf("a system that failed was taken for an idle one: looked for %s: none", c.LookedFor)
	}
}

func (s Suite) hangingParts(t *testing.T) {
	hanging := s.Hanging
	if hanging == nil {
		return
	}
	t.Run("hanging/deadline", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		s.late(ctx, t, hanging(t))
	})
	t.Run("hanging/cancel", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		time.AfterFunc(200*time.Millisecond, cancel)
		s.late(ctx, t, hanging(t))
	})
	t.Run("hanging/check", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		began := time.Now()
		failed := false
		for _, d := range s.diagnose(ctx, t, hanging(t)) {
			failed = failed || d.Level == sources.Failed
		}
		if took := time.Since(began); took > slack {
			t.Errorf("Check took %s with a deadline of 300ms", took)
		}
		if !failed {
			t.Error("Check finds nothing wrong with a system that hangs")
		}
	})
}

func (s Suite) late(ctx context.Context, t *testing.T, src sources.Source) {
	t.Helper()
	g := s.gather(ctx, t, src, s.Window)
	if g.took > slack {
		t.Errorf("took %s after a limit of 300ms", g.took)
	}
	if g.err != nil {
		return
	}
	sound(t, src, g.records)
	if f := s.interpret(t, s.Window, g.records); len(f.Gaps) == 0 {
		t.Error("the system hung and no gap says so")
	}
}

func (s Suite) interpret(t *testing.T, w timeline.Window, records []timeline.Evidence) timeline.Findings {
	t.Helper()
	f, err := s.Interpret(w, records)
	if err != nil {
		t.Fatal(err)
	}
	return f
}
