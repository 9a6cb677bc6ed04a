package loki

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"collector/internal/timeline"
)

// TestDocumentedAnswers reads the answers that Loki's documentation shows. They are built
// from docs/sources/reference/loki-http-api.md of grafana/loki, not recorded: no Loki can
// be had where the tests run.
func TestDocumentedAnswers(t *testing.T) {
	for name, c := range map[string]struct {
		lines string
		err   error
	}{
		"streams":     {"2019-09-23T19:21:37.240578Z foo|2019-09-23T19:21:32.548155Z bar", nil},
		"categorized": {"2024-07-12T09:10:00Z payment failed (error)", nil},
		"metadata":    {"2019-09-23T19:21:37.240578Z foo (warning)", nil},
		"empty":       {"", nil},
		"matrix":      {"", errMetric},
		"vector":      {"", errMetric},
	} {
		t.Run(name, func(t *testing.T) {
			body, err := os.ReadFile(filepath.Join("testdata", "documented_"+name+".json"))
			if err != nil {
				t.Fatal(err)
			}
			p, err := decode(body)
			if !errors.Is(err, c.err) {
				t.Fatal(err)
			}
			var lines []string
			for _, e := range p.entries {
				line := time.Unix(0, e.ns).UTC().Format(time.RFC3339Nano) + " " + e.line
				if e.level != "" {
					line += " (" + e.level + ")"
				}
				lines = append(lines, line)
			}
			if got := strings.Join(lines, "|"); got != c.lines || p.unreadable > 0 {
				t.Errorf("got  %s\nwant %s", got, c.lines)
			}
		})
	}
}

// FuzzDecode: any answer is an error or entries that refer to its streams.
func FuzzDecode(f *testing.F) {
	documented, err := filepath.Glob("testdata/documented_*.json")
	if err != nil || len(documented) == 0 {
		f.Fatal(err, documented)
	}
	for _, name := range documented {
		body, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(body)
	}
	f.Add([]byte(streams(`["1","a",{"structuredMetadata":{"level":7},"parsed":[]}]`, `["9223372036854775808",""]`, "null")))
	f.Add([]byte(`{"status":"success","data":{"resultType":"streams","result":[null,{"stream":null,"values":null}]}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		p, err := decode(body)
		if err != nil {
			return
		}
		if p.entered != len(p.entries)+p.unreadable {
			t.Errorf("%d entered, %d read, %d not", p.entered, len(p.entries), p.unreadable)
		}
		for _, e := range p.entries {
			if e.ns <= 0 || e.stream >= len(p.streams) || levelOf(e.level) != e.level {
				t.Errorf("%+v", e)
			}
		}
	})
}

// FuzzInterpret: foreign records are an error or findings, never a panic.
func FuzzInterpret(f *testing.F) {
	for _, body := range []string{
		`{"question":{"kind":"lines","loki":"main","query":"q","logql":"{}","clock_doubt":"1s","pause":"5m"},"answer":{"read":{"outside":1},"known_until":"2024-07-12T10:00:00Z","episodes":[{"target":"a","labels":{"a":"b"},"pattern":"p","first":"2024-07-12T09:10:00Z","last":"2024-07-12T09:11:00Z","lines":2,"peak":1}],"untold_lines":3}}`,
		`{"question":{"kind":"lines","pause":"5m","clock_doubt":"1s"},"answer":{"episodes":[null]}}`,
		`{"question":{"kind":"read"},"answer":{"bad_lines":1,"bad_from":"2024-07-12T09:10:00Z","bad_to":"2024-07-12T09:11:00Z"}}`,
		`{"question":{"kind":"deploy","lookaround":"6h","lines":{"format":"json","timezone":"UTC"}},"answer":{"lines":[{"file":"{}","offset":1,"at":{"at":"2024-07-12T09:10:00Z","earliest":"2024-07-12T09:09:59Z","latest":"2024-07-12T09:10:01Z"},"text":"{\"service\":\"a\",\"event\":\"change\"}"}]}}`,
		`{"question":{"kind":"lines","until":"2024-07-12T09:10:00Z"},"error":"no"}`,
	} {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		e := timeline.Evidence{Source: Kind, Body: body}.Seal()
		found, err := Interpret(window, []timeline.Evidence{e})
		if err != nil {
			return
		}
		for _, event := range found.Events {
			if event.Summary == "" || len(event.Evidence) != 1 {
				t.Errorf("%+v", event)
			}
		}
		if _, err := json.Marshal(found.Gaps); err != nil {
			t.Error(err)
		}
	})
}
