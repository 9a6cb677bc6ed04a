package alertmanager

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"collector/internal/sources"
	"collector/internal/sources/logfile"
	"collector/internal/sources/sourcetest"
	"collector/internal/timeline"
)

// recordedLines are the lines that a real Alertmanager 0.33.1 wrote.
func recordedLines(t testing.TB) []string {
	t.Helper()
	text, err := os.ReadFile("testdata/events-0.33.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	return strings.SplitAfter(strings.TrimSuffix(string(text), "\n"), "\n")
}

// written is a directory with files, and a source that reads events.jsonl* of it while
// the server answers nothing.
func written(t *testing.T, files map[string]string) *Source {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return sourceOf(t, sourcetest.Serve(t, http.NotFoundHandler()), filepath.Join(dir, "events.jsonl*"))
}

func past() time.Time { return recordedWindow.To.Add(time.Hour) }

// told is what a file tells, in order of time.
func told(f timeline.Findings) (got []string) {
	for _, e := range timeline.Build(recordedWindow, timeline.Scope{}, f).Events {
		got = append(got, e.Start.At.Format("15:04:05 ")+string(e.Kind)+" "+e.Target+" "+e.Summary)
	}
	return got
}

// TestRecordedEvents: what a real file tells, without the API.
func TestRecordedEvents(t *testing.T) {
	f := found(t, written(t, map[string]string{"events.jsonl": strings.Join(recordedLines(t), "")}), ask(recordedWindow, past()))
	got := strings.Join(told(f), "\n")
	for _, want := range []string{
		"21:21:36 log  Alertmanager 0.33.1 started on vm",
		`21:21:42 silence db2 silence of alertname="ReplicaLag", instance=~"db2:.*": longer`,
		"21:21:43 log  nobody was told of alert CheckoutErrors: inhibited by alert PrimaryDown (db1)",
		"21:21:43 log db2 nobody was told of alert ReplicaLag (db2): silenced by 85bef8c3 (longer)",
		"21:21:43 log db1 receiver on-call was told by webhook of 1 alert firing: PrimaryDown (db1)",
		`21:21:51 silence  silence of alertname="ReplicaLag": all replicas`,
		"21:21:55 log db2 receiver on-call was told by webhook of 1 alert firing: ReplicaLag (db2)",
		"21:21:59 log db1 receiver on-call was told by webhook of 1 alert resolved: PrimaryDown (db1)",
		"21:22:02 log  Alertmanager was shut down on vm",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	for _, e := range f.Events {
		if first := "the first notification"; e.Attributes["reason"] == "first notification" && e.Attributes["after_start"] == "" {
			t.Errorf("%s has no delay: %v", first, e.Attributes)
		}
		if e.Kind == timeline.Silence && strings.HasPrefix(e.Key, "85be") {
			// It was replaced at 21:21:51, which the event recorder does not tell.
			if e.End == nil && e.Attributes["until"] == "" || !strings.Contains(fmt.Sprint(e.Attributes), "2026-11-21T21:41:46") {
				t.Errorf("got %+v", e)
			}
		}
	}
	if len(f.Gaps) != 2 { // no answer, and the file begins in the window
		t.Errorf("got %+v", f.Gaps)
	}
	if len(f.Remarks) != 1 || !strings.Contains(f.Remarks[0].Text, "that failed") {
		t.Errorf("got %+v", f.Remarks)
	}
}

// TestFiles: whatever files there are, the same is told, or a gap says what is missing.
func TestFiles(t *testing.T) {
	lines := recordedLines(t)
	whole := strings.Join(lines, "")
	packed := func(text string) string {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		_, _ = z.Write([]byte(text))
		_ = z.Close()
		return b.String()
	}
	want := strings.Join(told(found(t, written(t, map[string]string{"events.jsonl": whole}), ask(recordedWindow, past()))), "\n")
	startless := func(line string) string { return strings.Replace(line, "startsAt", "began", 1) }
	backwards := ""
	for _, line := range lines {
		backwards = strings.TrimSuffix(line, "\n") + "\n" + backwards
	}
	for name, tt := range map[string]struct {
		files map[string]string
		gap   string // beside the two of every file
		less  bool   // it tells less
	}{
		"rotated":              {map[string]string{"events.jsonl.1": strings.Join(lines[:12], ""), "events.jsonl": strings.Join(lines[12:], "")}, "", false},
		"packed":               {map[string]string{"events.jsonl.1.gz": packed(strings.Join(lines[:12], "")), "events.jsonl": strings.Join(lines[12:], "")}, "", false},
		"twice":                {map[string]string{"events.jsonl.1": whole, "events.jsonl": whole}, "", false},
		"backwards":            {map[string]string{"events.jsonl": backwards}, "", false},
		"still being written":  {map[string]string{"events.jsonl": whole + "\n" + lines[3][:100]}, "", false},
		"a damaged line":       {map[string]string{"events.jsonl": whole + "\nrubbish\n"}, "1 line of ", false},
		"an empty line":        {map[string]string{"events.jsonl": "\n" + whole + "\n\n"}, "", false},
		"another type":         {map[string]string{"events.jsonl": whole + "\n" + strings.Replace(lines[23], "alertmanagerShutdownEvent", "notificationFailed", 1)}, "does not know: notificationFailed", false},
		"another form":         {map[string]string{"events.jsonl": whole + "\n" + `{"@timestamp":"2026-11-21T21:22:03Z","data":{"notification":[]}}` + "\n"}, "notification in another form", false},
		"no start":             {map[string]string{"events.jsonl": whole + "\n" + startless(lines[11])}, "silenceUpdated in another form", false},
		"only who muted":       {map[string]string{"events.jsonl": strings.Join(lines[:15], "") + startless(lines[15]) + strings.Join(lines[16:], "")}, "", false},
		"a huge line":          {map[string]string{"events.jsonl": whole + "\n" + strings.Replace(lines[2], "ReplicaLag", strings.Repeat("x", logfile.MaxLine), 1)}, "longer than 1 MiB", false},
		"damaged and packed":   {map[string]string{"events.jsonl.1.gz": packed(whole)[:200], "events.jsonl": whole}, "damaged or still being written", false},
		"nothing":              {map[string]string{"events.jsonl": ""}, "has no line", true},
		"another time":         {map[string]string{"events.jsonl": strings.ReplaceAll(whole, "2026-11-21", "2027-11-21")}, "after the window", true},
		"a file and a program": {map[string]string{"events.jsonl": whole, "events.jsonl.bak": "\x7fELF"}, "is a program", false},
	} {
		t.Run(name, func(t *testing.T) {
			f := found(t, written(t, tt.files), ask(recordedWindow, past()))
			if got := strings.Join(told(f), "\n"); !tt.less && got != want {
				t.Errorf("it tells\n%s\nwant\n%s", got, want)
			} else if tt.less && got != "" {
				t.Errorf("it tells\n%s", got)
			}
			var gaps []string
			for _, g := range f.Gaps {
				gaps = append(gaps, g.Reason)
			}
			if all := strings.Join(gaps, "\n"); !strings.Contains(all, tt.gap) || tt.gap == "" && len(gaps) != 2 {
				t.Errorf("the gaps are\n%s", all)
			}
		})
	}
}

// TestBigFile: of a file that is too big to be read whole only the window's part is.
func TestBigFile(t *testing.T) {
	var b strings.Builder
	filler := `{"@timestamp":"%s","instance":"vm","data":{"alertCreated":{"alert":{"fingerprint":"1","name":"` + strings.Repeat("x", 400) + `"}}}}` + "\n"
	for n := range 4000 {
		fmt.Fprintf(&b, filler, recordedWindow.From.Add(time.Duration(n-4000)*time.Minute).Format(time.RFC3339Nano))
	}
	b.WriteString(strings.Join(recordedLines(t), "") + "\n")
	for n := range 4000 {
		fmt.Fprintf(&b, filler, recordedWindow.To.Add(time.Duration(n+1)*time.Minute).Format(time.RFC3339Nano))
	}
	s := written(t, map[string]string{"events.jsonl": b.String()})
	s.whole, s.near = 1<<16, 1<<14
	records, err := s.Gather(t.Context(), ask(recordedWindow, past()))
	if err != nil {
		t.Fatal(err)
	}
	f, err := Interpret(recordedWindow, records)
	if err != nil {
		t.Fatal(err)
	}
	if got := len(told(f)); got < 8 {
		t.Errorf("it tells %d events", got)
	}
	if len(f.Gaps) != 1 { // no answer
		t.Errorf("got %+v", f.Gaps)
	}
	for _, r := range records {
		var q question
		var a eventsAnswer
		if failed, err := sources.Read(r, &q, &a); err != nil {
			t.Fatal(err)
		} else if failed == "" && (len(a.Files) != 1 || a.Files[0].BytesRead > int64(b.Len())/2) {
			t.Errorf("of %d bytes: %+v", b.Len(), a.Files)
		}
	}
}

// TestDenied: what the event recorder tells of a silence that the API has no word of is
// believed only where the API would not know.
func TestDenied(t *testing.T) {
	const created = `{"@timestamp":"2026-11-21T08:55:00Z","instance":"vm","data":{"silenceCreated":{"silence":{"id":"s","matchers":[{"type":"TYPE_EQUAL","name":"alertname","pattern":"Lag"}],` +
		`"startsAt":"2026-11-21T08:55:00Z","endsAt":"2026-11-21T09:30:00Z","updatedAt":"2026-11-21T08:55:00Z","createdBy":"alice"}}}}` + "\n"
	for name, tt := range map[string]struct {
		status string
		now    time.Time
		want   string
	}{
		"it was expired by hand":  {imitated().status, at(3600), ""},
		"Alertmanager was reborn": {strings.Replace(imitated().status, "2026-11-20T09", "2026-11-21T10", 1), at(3600), "09:30:00 [08:55:00, 09:30:05]"},
		"it was forgotten":        {imitated().status, at(3600).Add(1000 * time.Hour), "09:30:00 [08:55:00, 09:30:05]"},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "events.jsonl")
			if err := os.WriteFile(file, []byte(created), 0o600); err != nil {
				t.Fatal(err)
			}
			server := imitated()
			server.status, server.silences, server.alerts = tt.status, "[]", "[]"
			f := found(t, sourceOf(t, sourcetest.Serve(t, server), file), ask(hour, tt.now))
			got := ""
			for _, e := range f.Events {
				got += instant(e.End)
			}
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// TestMutedStretches: how long nobody was told, by the lines that say so.
func TestMutedStretches(t *testing.T) {
	line := func(minutes float64) string {
		return fmt.Sprintf(`{"@timestamp":%q,"instance":"vm","data":{"inhibitionMutedAlert":{"inhibitRules":[{"name":"primary"}],"mutedAlert":{"labels":{"labels":[{"key":"alertname","value":"Errors"}]},"fingerprint":"1"},"inhibitingFingerprints":["2"]}}}`+"\n", stamp(minutes))
	}
	for name, tt := range map[string]struct {
		minutes []float64
		want    string
	}{
		"once":           {[]float64{10}, "09:10:00 [09:09:55, 09:10:05] 09:10:00 [09:10:00, 10:00:00]"},
		"every 5":        {[]float64{10, 15, 20}, "09:10:00 [09:09:55, 09:10:05] 09:20:00 [09:20:00, 09:25:00]"},
		"until the end":  {[]float64{50, 55, 60, 65}, "09:50:00 [09:49:55, 09:50:05] open"},
		"twice":          {[]float64{10, 15, 40, 45}, "09:10:00 [09:09:55, 09:10:05] 09:15:00 [09:15:00, 09:20:00], 09:40:00 [09:39:55, 09:40:05] 09:45:00 [09:45:00, 09:50:00]"},
		"before it only": {[]float64{-9, -4}, "08:51:00 [08:50:55, 08:51:05] 08:56:00 [08:56:00, 09:01:00]"},
	} {
		t.Run(name, func(t *testing.T) {
			text := ""
			for _, m := range tt.minutes {
				text += line(m)
			}
			var got []string
			for _, e := range found(t, written(t, map[string]string{"events.jsonl": text}), ask(hour, at(90*60))).Events {
				got = append(got, instant(&e.Start)+" "+instant(e.End))
				if e.Summary != "nobody was told of alert Errors: inhibited by alert 0000000000000002" || e.Attributes["inhibit_rules"] != "primary" {
					t.Errorf("got %+v", e)
				}
			}
			if text := strings.Join(got, ", "); text != tt.want {
				t.Errorf("got %s, want %s", text, tt.want)
			}
		})
	}
}
