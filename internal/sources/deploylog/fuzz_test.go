package deploylog

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"collector/internal/timeline"
)

// fuzzGrammars are the ways in which foreign lines are read.
var fuzzGrammars = [...]grammar{
	{Format: formatJSON, Timezone: "Europe/Berlin", Fields: map[string]string{fieldService: "app.name"}, Events: map[string]string{"": changed}},
	{Format: formatJSON, Timezone: "UTC"},
	{Format: formatLogfmt, Timezone: "Europe/Berlin"},
	{Format: formatRegexp, Timezone: "UTC", Pattern: `^(?P<time>\S+) (?P<event>\w+) (?P<service>\S+?)(?:@(?P<version>\S+))? (?:by (?P<author>.*?): )?(?P<message>.*(?P<what>\w+)?)$`},
}

// FuzzLine: whatever a line is, it is read without a panic; what is read can be
// masked, and the masked line, also after a round trip through a record, says
// the same about time and event.
func FuzzLine(f *testing.F) {
	for i := range fuzzGrammars {
		f.Add(uint8(i), deployText)
		f.Add(uint8(i), `time=2024-07-12T09:10:00Z service=shop event=change author="a b <a@b.c>" message="password=x \"y" -pz`)
		f.Add(uint8(i), "2024-07-12T09:10:00Z change shop@1 by dave: UPDATE t SET a='x' -- y")
		f.Add(uint8(i), `{"time":1720775400,"app":{"name":"s"},"a.b":1,"a":{"b":[{"c":"d@e"}]},"token":7e3,"author":["x",null]}`)
		f.Add(uint8(i), "{\"time\":\"2024-10-27 02:30:00\",\"app.name\":\"\xff\u2028\"}")
		f.Add(uint8(i), `{"time":"2024-07-12T09:10:00Z","service":"`+strings.Repeat("s", 2000)+`","event":"change","m":"`+strings.Repeat("é", 3000)+`"}`)
	}
	roles := request(f, window).Roles
	f.Fuzz(func(t *testing.T, which uint8, text string) {
		r, err := fuzzGrammars[int(which)%len(fuzzGrammars)].reader()
		if err != nil {
			t.Fatal(err)
		}
		text, _, _ = strings.Cut(strings.ToValidUTF8(text, "\uFFFD"), "\n")
		l := line{File: "deploy.log", Text: text}
		m := newMasker(r, roles)
		if excerpt := m.bad(text); !utf8.ValidString(excerpt) || len(excerpt) > maxBad {
			t.Errorf("excerpt %q", excerpt)
		}
		want, err := r.read(l)
		if err != nil {
			return
		}
		m.learn(want)
		m.ready()
		masked, err := m.line(l)
		if err != nil {
			t.Fatalf("masking %q: %v", text, err)
		}
		stored, err := json.Marshal(masked)
		if err != nil {
			t.Fatal(err)
		}
		if len(stored) > 200<<10 {
			t.Errorf("a record of the line has %d bytes", len(stored))
		}
		var back line
		if err := json.Unmarshal(stored, &back); err != nil {
			t.Fatal(err)
		}
		got, err := r.read(back)
		if err != nil {
			t.Fatalf("%q became %s: %v", text, stored, err)
		}
		if got.event != want.event || !got.stamp.At.Equal(want.stamp.At) || !got.stamp.Latest.Equal(want.stamp.Latest) {
			t.Errorf("%q became %s: %+v, was %+v", text, stored, got, want)
		}
		bare := strings.HasPrefix(want.author, "[") || want.author == "true" || want.author == "false" // JSON that is no name
		if want.author != "" && got.author == want.author && !bare && !strings.Contains("the release engineer", want.author) {
			t.Errorf("author %q is not masked", want.author)
		}
		ep := assemble([]entry{got}, nil)
		if err := ep.event("deploylog-0").Validate(); err != nil {
			t.Error(err)
		}
	})
}

// FuzzClock: times never panic, and are within their error.
func FuzzClock(f *testing.F) {
	for _, value := range []string{"2024-10-27 02:30:00", "1720775400.123", "7e9", "2024-07-12T09:10:00,5+14:00", "2024-03-31 02:30:00"} {
		f.Add("", value)
		f.Add("%d.%m.%Y %H:%M:%S", value)
		f.Add("unix_ns", value)
	}
	f.Fuzz(func(t *testing.T, layout, value string) {
		c, err := newClock(layout, "Europe/Berlin")
		if err != nil {
			return
		}
		s, err := c.parse(value, window.From)
		if err != nil {
			return
		}
		if err := s.Validate(); err != nil || s.Latest.Before(s.Earliest) {
			t.Errorf("%q by %q: %+v: %v", value, layout, s, err)
		}
	})
}

// FuzzFiles: any two files are read to the end, and their records interpreted.
func FuzzFiles(f *testing.F) {
	f.Add([]byte(deployText), []byte(gzipText(f, deployText)))
	f.Add([]byte(utf16Text(deployText, false)), []byte("\x28\xb5\x2f\xfd\x04"))
	f.Add([]byte("BZh91AY&SY"), []byte("\x00\x00\xff\n{\"time\":1}\n"))
	f.Fuzz(func(t *testing.T, a, b []byte) {
		s, _ := newSource(t, File{}, map[string]string{"a.log": string(a), "b.log": string(b)})
		f := ask(t, s, window)
		if timeline.Build(window, timeline.Scope{}, f).Window != window {
			t.Error("window")
		}
	})
}

// FuzzInterpret: foreign records are an error or findings, never a panic.
func FuzzInterpret(f *testing.F) {
	s, _ := newSource(f, File{}, map[string]string{"deploy.log": deployText + "oops\n"})
	records, err := s.Gather(f.Context(), request(f, window))
	if err != nil {
		f.Fatal(err)
	}
	for _, e := range records {
		f.Add(e.Body)
	}
	f.Add(`{"question":{"kind":"episode","lookaround":"1h","lines":{"format":"regexp","pattern":"("}},"answer":{"lines":[{}]}}`)
	f.Add(`{"question":{"kind":"files"},"answer":{"files":[{"bad_spans":[{}],"lines":1}]}}`)
	f.Fuzz(func(t *testing.T, body string) {
		e := timeline.Evidence{Source: kind, Body: body}.Seal()
		found, err := Interpret(window, []timeline.Evidence{e})
		if err != nil {
			return
		}
		for _, event := range found.Events {
			if event.Summary == "" || len(event.Evidence) != 1 {
				t.Errorf("%+v", event)
			}
		}
	})
}
