package deployline

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"
)

// fuzzGrammars are the ways in which foreign lines are read.
var fuzzGrammars = [...]Grammar{
	{Format: FormatJSON, Timezone: "Europe/Berlin", Fields: map[string]string{FieldService: "app.name"}, Events: map[string]string{"": Changed}},
	{Format: FormatJSON, Timezone: "UTC"},
	{Format: FormatLogfmt, Timezone: "Europe/Berlin"},
	{Format: FormatRegexp, Timezone: "UTC", Pattern: `^(?P<time>\S+) (?P<event>\w+) (?P<service>\S+?)(?:@(?P<version>\S+))? (?:by (?P<author>.*?): )?(?P<message>.*(?P<what>\w+)?)$`},
}

// FuzzLine: whatever a line is, it is read without a panic; what is read can be
// masked, and the masked line, also after a round trip through a record, says
// the same about time and event.
func FuzzLine(f *testing.F) {
	for i := range fuzzGrammars {
		f.Add(uint8(i), `{"event":"deploy_started","service":"shop","time":"2024-07-12T09:10:00Z","version":"2"}`)
		f.Add(uint8(i), `time=2024-07-12T09:10:00Z service=shop event=change author="a b <a@b.c>" message="password=x \"y" -pz`)
		f.Add(uint8(i), "2024-07-12T09:10:00Z change shop@1 by dave: UPDATE t SET a='x' -- y")
		f.Add(uint8(i), `{"time":1720775400,"app":{"name":"s"},"a.b":1,"a":{"b":[{"c":"d@e"}]},"token":7e3,"author":["x",null]}`)
		f.Add(uint8(i), "{\"time\":\"2024-10-27 02:30:00\",\"app.name\":\"\xff\u2028\"}")
		f.Add(uint8(i), `{"time":"2024-07-12T09:10:00Z","service":"`+strings.Repeat("s", 2000)+`","event":"change","m":"`+strings.Repeat("é", 3000)+`"}`)
	}
	roles := roles(f)
	f.Fuzz(func(t *testing.T, which uint8, text string) {
		r, err := fuzzGrammars[int(which)%len(fuzzGrammars)].Reader()
		if err != nil {
			t.Fatal(err)
		}
		text, _, _ = strings.Cut(strings.ToValidUTF8(text, "\uFFFD"), "\n")
		l := Line{File: "deploy.log", Text: text}
		m := NewMasker(r, roles)
		if excerpt := m.Bad(text); !utf8.ValidString(excerpt) || len(excerpt) > maxBad {
			t.Errorf("excerpt %q", excerpt)
		}
		want, err := r.Read(l)
		if err != nil {
			return
		}
		m.Learn(want)
		m.Ready()
		masked, err := m.Line(l)
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
		var back Line
		if err := json.Unmarshal(stored, &back); err != nil {
			t.Fatal(err)
		}
		got, err := r.Read(back)
		if err != nil {
			t.Fatalf("%q became %s: %v", text, stored, err)
		}
		if got.Event != want.Event || !got.Stamp.At.Equal(want.Stamp.At) || !got.Stamp.Latest.Equal(want.Stamp.Latest) {
			t.Errorf("%q became %s: %+v, was %+v", text, stored, got, want)
		}
		bare := strings.HasPrefix(want.author, "[") || want.author == "true" || want.author == "false" // JSON that is no name
		if want.author != "" && got.author == want.author && !bare && !strings.Contains("the release engineer", want.author) {
			t.Errorf("author %q is not masked", want.author)
		}
		ep := Assemble([]Entry{got}, nil)
		if err := ep.Event("deploylog", "deploylog-0").Validate(); err != nil {
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
