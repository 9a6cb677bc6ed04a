package drafts

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"collector/internal/timeline"
)

// window is an hour of a day of July 2024.
func window(day int) timeline.Window {
	from := time.Date(2024, 7, day, 9, 0, 0, 0, time.UTC)
	return timeline.Window{From: from, To: from.Add(time.Hour)}
}

// storyOf is a timeline.json with an alert of each name, as collector writes it.
func storyOf(t testing.TB, w timeline.Window, alerts ...string) string {
	t.Helper()
	tl := timeline.Timeline{Window: w, Title: "an incident"}
	for _, name := range alerts {
		at := timeline.Exactly(w.From)
		tl.Events = append(tl.Events, timeline.Event{
			Kind: timeline.Alert, Start: at, End: &at, Summary: "alert", Attributes: map[string]string{"alertname": name}, Evidence: []string{"prometheus-00000001"},
		})
	}
	tl.Evidence = []timeline.Evidence{timeline.Evidence{Source: "prometheus", Body: "{}"}.Seal()}
	text, err := json.Marshal(tl)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// put writes a draft's files below a directory.
func put(t testing.TB, dir string, files map[string]string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o750); err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestListAndDocuments(t *testing.T) {
	out := t.TempDir()
	one := storyOf(t, window(1))
	put(t, filepath.Join(out, "b"), map[string]string{"timeline.json": one, "briefing.md": "", "postmortem.md": "", "notes.txt": ""})
	put(t, filepath.Join(out, "a"), map[string]string{"timeline.json": one})
	put(t, filepath.Join(out, ".collector-draft-1"), map[string]string{"timeline.json": one})
	put(t, filepath.Join(out, "b.before-update"), map[string]string{"timeline.json": one})
	put(t, filepath.Join(out, "people"), map[string]string{"README.md": ""})
	if err := os.Symlink(filepath.Join(out, "a"), filepath.Join(out, "link")); err != nil {
		t.Fatal(err)
	}
	got, err := List(out)
	if want := []string{filepath.Join(out, "a"), filepath.Join(out, "b")}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%v %v, want %v", got, err, want)
	}
	if got, err := List(filepath.Join(out, "a")); err != nil || len(got) != 1 {
		t.Errorf("a draft itself: %v %v", got, err)
	}
	if got, err := List(filepath.Join(out, "nowhere")); err != nil || len(got) != 0 {
		t.Errorf("nowhere: %v %v", got, err)
	}
	if _, err := List(filepath.Join(out, "a", "timeline.json")); err == nil {
		t.Error("a file is a directory of drafts")
	}
	if got, err := Documents(filepath.Join(out, "b")); err != nil || !slices.Equal(got, []string{"postmortem.md", "briefing.md"}) {
		t.Errorf("documents %v %v", got, err)
	}
}

func TestRead(t *testing.T) {
	events := `"events":[{"kind":"alert","target":"x","attributes":{"alertname":"A"}},{"kind":"signal","target":"x","attributes":{}}]`
	const schema, win = `"schema":"collector/timeline/v1"`, `"window":{"from":"2024-07-01T09:00:00.000Z","to":"2024-07-01T10:00:00.000Z"}`
	for _, tt := range []struct {
		name, text string
		features   int
		fails      string
	}{
		{"as collector writes it", storyOf(t, window(1), "A", "B", "A"), 2, ""},
		{"in another order", `{"evidence":[{"id":{"x":[1,2]}}],` + events + `,"extra":null,` + win + `,` + schema + `}`, 1, ""},
		{"broken behind the events", `{` + schema + `,` + win + `,` + events + `,"evidence":[{{{`, 1, ""},
		{"of another schema", `{"schema":"collector/timeline/v9",` + win + `,` + events + `}`, 0, "schema"},
		{"without a schema", `{` + win + `,` + events + `}`, 0, "schema"},
		{"without events", `{` + schema + `,` + win + `}`, 0, "no events"},
		{"without a window", `{` + schema + `,` + events + `}`, 0, "no window"},
		{"an empty window", `{` + schema + `,"window":{"from":"2024-07-01T09:00:00Z","to":"2024-07-01T09:00:00Z"},` + events + `}`, 0, "window is empty"},
		{"cut off", storyOf(t, window(1), "A")[:300], 0, "unexpected EOF"},
		{"a list", `[1]`, 0, "stands where"},
		{"attributes that are no texts", `{` + schema + `,` + win + `,"events":[{"attributes":{"a":1}}]}`, 0, "events"},
		{"nothing", ``, 0, "EOF"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "draft")
			put(t, dir, map[string]string{"timeline.json": tt.text, "postmortem.md": ""})
			d, err := Read(dir)
			if tt.fails != "" {
				if err == nil || !strings.Contains(err.Error(), tt.fails) || !strings.Contains(err.Error(), "timeline.json") {
					t.Errorf("%v, want an error that names the file and says %q", err, tt.fails)
				}
				return
			}
			if err != nil || len(d.Features) != tt.features || d.Window != window(1) || d.Document != "postmortem.md" || d.Name() != "draft" {
				t.Errorf("%+v %v", d, err)
			}
			if w, err := ReadWindow(dir); err != nil || w != window(1) {
				t.Errorf("the window alone: %v %v", w, err)
			}
		})
	}
	if _, err := Read(t.TempDir()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no draft: %v", err)
	}
}

func TestPatterns(t *testing.T) {
	out := t.TempDir()
	put(t, filepath.Join(out, "d1"), map[string]string{"timeline.json": storyOf(t, window(1), "Old", "Often")})
	put(t, filepath.Join(out, "d2"), map[string]string{"timeline.json": storyOf(t, window(2), "Old", "Often", "New")})
	put(t, filepath.Join(out, "d3"), map[string]string{"timeline.json": storyOf(t, window(3), "Often", "New", "Once")})
	put(t, filepath.Join(out, "d3-again"), map[string]string{"timeline.json": storyOf(t, window(3), "Once", "Often")})
	put(t, filepath.Join(out, "damaged"), map[string]string{"timeline.json": "{"})
	dirs, err := List(out)
	if err != nil {
		t.Fatal(err)
	}
	all, failed, err := ReadAll(t.Context(), dirs)
	if err != nil || len(all) != 4 || len(failed) != 1 || filepath.Base(failed[0].Dir) != "damaged" {
		t.Fatalf("%d drafts, %+v, %v", len(all), failed, err)
	}
	var got []string
	for _, p := range Patterns(all) {
		line := p.Name + ":"
		for _, i := range p.Drafts {
			line += " " + all[i].Name()
		}
		got = append(got, line)
	}
	// Once is in two drafts of one and the same hour; of equals the latest comes first.
	want := []string{"Often: d3 d3-again d2 d1", "New: d3 d2", "Old: d2 d1"}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// FuzzDecode: any timeline.json gives a draft with a window and bounded features, or an error.
func FuzzDecode(f *testing.F) {
	f.Add(storyOf(f, window(1), "A", "B"))
	for _, name := range []string{"../report/testdata/rich/timeline.json", "../report/testdata/poor/timeline.json"} {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	f.Add(`{"schema":"collector/timeline/v1","window":{"from":"2024-07-01T09:00:00Z","to":"2024-07-02T09:00:00Z"},"events":[{"kind":"mysql.lock_wait","target":"db1","attributes":{"blocker_statement":"\u0000\ud800","objects":",,a,"}}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		d, err := decodeStory(strings.NewReader(text))
		if err != nil {
			return
		}
		if !d.Window.From.Before(d.Window.To) || len(d.Features) > maxFeatures {
			t.Errorf("%+v", d)
		}
		for _, feature := range d.Features {
			if len(feature.Name) > 120 || feature.Name == "" || !slices.Contains(timeline.FeatureKinds(), feature.Kind) {
				t.Errorf("feature %+v", feature)
			}
		}
		if w, err := decodeWindow(strings.NewReader(text)); err != nil || w.Window != d.Window {
			t.Errorf("the window alone is %v, %v", w.Window, err)
		}
	})
}
