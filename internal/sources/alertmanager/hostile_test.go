package alertmanager

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"

	"collector/internal/sources"
	"collector/internal/sources/sourcetest"
	"collector/internal/timeline"
)

// hostile are texts that anybody may post to Alertmanager.
func hostile() map[string]string {
	return map[string]string{
		"markup":        "<script>alert(1)</script> [click](javascript:alert(1)) ![x](http://x.example/y.png) | a | b |\n# title\n```\n",
		"directions":    "\u202eevil\u202c \u2066x\u2069 \u200fy\u200e",
		"controls":      "a\x00b\x1b[31mc\r\nd\u2028e\u2029f",
		"broken":        "\xff\xfe\xc3\x28",
		"a MiB":         strings.Repeat("x", 1<<20),
		"a MiB of dots": strings.Repeat(". ", 1<<19),
		"wide":          strings.Repeat("𝕏", 100_000),
		"a secret":      "run mysql -uroot -phunter2secret then SELECT * FROM users WHERE name='hunter2literal' -- hunter2comment",
		"an address":    "ask Carol <carol.hunter2@corp> or carol.hunter2@corp.example",
	}
}

// TestHostileTexts: whatever stands in a silence or an alert, what is kept is short,
// plain and private.
func TestHostileTexts(t *testing.T) {
	quote := func(text string) string {
		out, err := json.Marshal(text)
		if err != nil {
			t.Fatal(err)
		}
		return string(out)
	}
	for name, text := range hostile() {
		t.Run(name, func(t *testing.T) {
			server := imitated()
			server.silences = fmt.Sprintf(`[{"id":%[1]s,"status":{"state":"active"},"createdBy":%[1]s,"comment":%[1]s,"matchers":[{"name":%[1]s,"value":%[1]s,"isRegex":true}],"startsAt":%[2]q,"endsAt":%[3]q,"updatedAt":%[2]q}]`,
				quote(text), stamp(5), stamp(30))
			server.alerts = fmt.Sprintf(`[{"fingerprint":%[1]s,"labels":{"alertname":%[1]s,"instance":%[1]s,"x":%[1]s},"startsAt":%[2]q,"status":{"state":"suppressed","silencedBy":[%[1]s],"inhibitedBy":[%[1]s],"mutedBy":[%[1]s]}}]`,
				quote(text), stamp(10))
			s := sourceOf(t, sourcetest.Serve(t, server), "")
			s.Client = mustClient(t, s)
			expectBearable(t, found(t, s, ask(hour, at(3600))))
		})
	}
}

// mustClient reads answers of any size, as outside of tests.
func mustClient(t *testing.T, s *Source) *Client {
	t.Helper()
	c, err := New(s.cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func expectBearable(t *testing.T, f timeline.Findings) {
	t.Helper()
	if len(f.Events) == 0 {
		t.Error("nothing is told")
	}
	for _, e := range f.Events {
		text := e.Summary + fmt.Sprint(e.Attributes)
		if len(text) > 16<<10 || len(e.Summary) > 4<<10 || strings.HasSuffix(e.Summary, ".") {
			t.Errorf("%d bytes: %.300s", len(text), text)
		}
		for _, r := range text {
			if unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp) {
				t.Errorf("%U stands in %.300q", r, text)
				break
			}
		}
		if strings.Contains(text, "hunter2") {
			t.Errorf("it is told: %s", text)
		}
	}
	for _, r := range f.Evidence {
		if len(r.Body) > 256<<10 || strings.Contains(r.Body, "hunter2") {
			t.Errorf("a record of %d bytes: %.500s", len(r.Body), r.Body)
		}
	}
}

// TestRoles: who made a silence is named by the role, in any form.
func TestRoles(t *testing.T) {
	roles, err := sources.NewRoles([]sources.RoleRule{{Match: "^alice", Role: "the DBA on call"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, by := range []string{"alice", "alice@example.com", "Alice Smith <alice@example.com>"} {
		m := masker{roles}
		got := m.silence(silence{CreatedBy: by, Comment: "alice does it; malice does not. Ask alice@example.com"})
		if got.CreatedBy != "the DBA on call" || got.Comment != "the DBA on call does it; malice does not. Ask the DBA on call" {
			t.Errorf("%s: %+v", by, got)
		}
	}
	var nobody masker
	if a, b := nobody.person("bob@example.com"), nobody.person("Bob <bob@example.com>"); a != b || !strings.HasPrefix(a, "account-") {
		t.Errorf("%s, %s", a, b)
	}
}

// FuzzAnswers: whatever an Alertmanager answers and its event recorder writes, Gather and
// Interpret make valid, bearable events of it, or gaps.
func FuzzAnswers(f *testing.F) {
	for _, version := range []string{"0.25", "0.33"} {
		silences, err := os.ReadFile("testdata/silences-" + version + ".json")
		if err != nil {
			f.Fatal(err)
		}
		alerts, err := os.ReadFile("testdata/suppressed-" + version + ".json")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(silences), string(alerts), strings.Join(recordedLines(f), ""))
	}
	f.Add(`[{"id":"a","startsAt":"0000-01-01T00:00:00Z","endsAt":"9999-12-31T23:59:59Z","updatedAt":"0001-01-01T00:00:00Z","status":{"state":"x"},"matchers":null}]`,
		`[{"fingerprint":"a","startsAt":"9999-12-31T23:59:59Z","status":{"state":"x","mutedBy":["a",""]}}]`, `{"@timestamp":"2026-11-21T21:21:50Z","data":{"silenceMutedAlert":{}}}`)
	for _, line := range recordedLines(f) {
		f.Add("[]", "null", line)
	}
	f.Fuzz(func(t *testing.T, silences, alerts, lines string) {
		records := fuzzedRecords(t, silences, alerts, lines)
		found, err := Interpret(recordedWindow, records)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range found.Events {
			if err := e.Validate(); err != nil {
				t.Error(err)
			}
			if strings.ContainsAny(e.Summary, "\n\r\x00") || strings.HasSuffix(e.Summary, ".") || len(e.Summary) > 8<<10 {
				t.Errorf("summary %q", e.Summary)
			}
		}
		if _, err := json.Marshal(timeline.Build(recordedWindow, timeline.Scope{}, found)); err != nil {
			t.Error(err)
		}
	})
}

// fuzzedRecords are the records of answers and lines, without a server: one would take
// most of a fuzzer's time.
func fuzzedRecords(t *testing.T, silences, alerts, lines string) (records []timeline.Evidence) {
	t.Helper()
	s := &Source{Client: &Client{cfg: Config{Name: "main", EventsFile: "events.jsonl"}}}
	g := &gathering{source: s, req: ask(recordedWindow, recordedWindow.To), admit: admission{targets: shopTargets(), clusterLabels: []string{"cluster"}},
		from: recordedWindow.From.Add(-around), to: recordedWindow.To.Add(around)}
	var kept []silence
	if err := eachSilence(strings.NewReader(silences), func(one gettableSilence) {
		s, in := one.silence(), false
		if s.Target, in = g.overlapping(s, clock{}); in {
			kept = append(kept, g.masked(s))
		}
	}); err != nil {
		kept = nil
	}
	var held []suppressed
	if err := eachOf(strings.NewReader(alerts), func(a suppressibleAlert) bool {
		if !a.StartsAt.IsZero() {
			held = append(held, g.suppressedAlert(a, nil))
		}
		return true
	}); err != nil {
		held = nil
	}
	read := g.newLines(map[string]alertRef{})
	for line := range strings.Lines(lines) {
		if at, err := timeOf([]byte(line)); err == nil && !at.Before(g.from) && !at.After(g.to) {
			_ = read.take([]byte(line))
		}
	}
	add := func(q question, answer any) {
		record, err := sources.Answer(sources.Ask{Source: Kind, Target: "main", Query: q.Kind, Question: q, Observed: recordedWindow}, answer, recordedWindow.To)
		if err != nil {
			t.Fatal(err)
		}
		records = append(records, record)
	}
	add(g.question(kindSilences), silencesAnswer{Asked: recordedWindow.To, Started: time.Unix(0, 0).UTC(), Silences: kept})
	add(g.question(kindSuppressed), suppressedAnswer{Asked: recordedWindow.To, Suppressed: held})
	add(g.question(kindEvents), eventsAnswer{Entries: read.entries, Files: []fileReport{{Path: "events.jsonl"}}})
	return records
}

// FuzzLine: no line makes the reader fall over, and a time is a line's own.
func FuzzLine(f *testing.F) {
	for _, line := range recordedLines(f) {
		f.Add([]byte(line))
	}
	f.Add([]byte(`{"instance":"vm","@timestamp": "2026-11-21T21:21:36.970051519Z"}`))
	f.Add([]byte(`{"@timestamp"`))
	f.Fuzz(func(t *testing.T, text []byte) {
		at, err := timeOf(text)
		if err == nil && at.IsZero() {
			t.Error("no time, and no error")
		}
		if r, kind, _, err := readLine(text); err == nil && (r.Time.IsZero() || kind == "" && len(r.Data) != 1) {
			t.Errorf("%+v %q", r, kind)
		}
	})
}

// TestCheckOfFiles: `collector check` says what a draft would read.
func TestCheckOfFiles(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "events.jsonl")
	for _, tt := range []struct {
		name, text, want string
		level            sources.Level
	}{
		{"missing", "", "no file matches it: correct events_file", sources.Degraded},
		{"empty", "\n", "has no line of Alertmanager's event recorder", sources.Degraded},
		{"real", strings.Join(recordedLines(t), ""), "tells who was told when, last at 2026-11-21T21:22:02Z", sources.OK},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.text != "" {
				if err := os.WriteFile(file, []byte(tt.text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			lines := sourceOf(t, sourcetest.Serve(t, imitated()), file).Check(t.Context())
			if len(lines) != 2 || lines[0].Text != "version 0.33.1, alerts firing: 3, silences in force: 0 of 2 kept" || lines[1].Level != tt.level || !strings.Contains(lines[1].Text, tt.want) {
				t.Errorf("got %+v", lines)
			}
		})
	}
}
