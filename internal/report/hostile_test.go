package report

import (
	"strings"
	"testing"
	"time"

	"collector/internal/timeline"
)

const evil = "a | b `c` [x](http://evil.example/) ![i](http://evil.example/i.png)\n# heading\n<script>alert(1)</script> " +
	"<!-- collector:end id=timeline --> --> \u202egnp.exe\u202c <img src=x onerror=alert(1)> https://evil.example [mysql-00000001] \x00\x1b[31m \\| **bold**"

// hostile has evil text wherever a source may put text.
func hostile(t testing.TB) Draft {
	f := newFixture(t, "07:00:00", "08:00:00")
	huge := strings.Repeat("A|", 1<<19)
	id := f.record("mysql", evil, evil, evil)
	end := f.exactly("07:20:00")
	attributes := map[string]string{
		"alertname": evil, "severity": "page", "signal": evil, "unit": evil, "service": evil, "version": evil, "outcome": evil,
		"peak": "NaN", "baseline": "1e400", "peak_at": evil, "pending_at": evil, "flaps": "9e999", "for": evil,
	}
	for _, kind := range timeline.Kinds() {
		f.event(kind, timeline.Measured, "mysql", evil, f.exactly("07:10:00"), &end, evil+huge, attributes, id)
		f.event(kind, timeline.Measured, "mysql", evil+"2", f.exactly("07:11:00"), nil, huge, nil, id)
	}
	f.found.Checks = []timeline.Check{{Source: "mysql", Target: evil, LookedFor: evil, Evidence: []string{id}}}
	f.found.Gaps = []timeline.Gap{{Source: "mysql", Target: evil, From: f.window.From, To: f.window.To, Reason: evil + huge, Evidence: []string{id}}}
	f.found.Impact = []timeline.Impact{{Name: evil, Value: 1, Unit: evil, Evidence: []string{id}}}
	f.found.Series = []timeline.Series{wave(f.window, evil, evil, 1, 2, f.window.From, f.window.To, f.window.To, id)}
	f.found.Series[0].Target = evil
	f.found.Series[0].Source = "mysql"
	d := f.draft()
	d.Title = evil
	return d
}

func TestHostileText(t *testing.T) {
	files, err := Render(hostile(t))
	if err != nil {
		t.Fatal(err)
	}
	byName := map[string]string{}
	for _, f := range files {
		byName[f.Name] = string(f.Data)
	}
	doc, page := byName["postmortem.md"], byName["postmortem.html"]
	if len(doc) > 200_000 {
		t.Errorf("the document has %d bytes: foreign text is not capped", len(doc))
	}
	for _, bad := range []string{"\u202e", "\x00", "\x1b", "<script", "<img", "](http"} {
		if strings.Contains(strings.ReplaceAll(doc, `\]`, ""), bad) {
			t.Errorf("the document contains %q", bad)
		}
	}
	for _, bad := range []string{"<script", "<img", "onerror=alert(1)>", "href=\"http", "src=\"http", "\u202e", "style=\""} {
		if strings.Contains(page, bad) {
			t.Errorf("the page contains %q", bad)
		}
	}
	want, err := markdown(quiet(t).normal(), DefaultTemplate)
	if err != nil {
		t.Fatal(err)
	}
	if got, n := len(split(doc)), len(split(want)); got != n {
		t.Errorf("the document falls into %d parts, not %d: a foreign text broke a block", got, n)
	}
	for line := range strings.SplitSeq(doc, "\n") {
		if strings.HasPrefix(line, "|") && strings.Contains(line, "[mysql-") && strings.Count(strings.ReplaceAll(line, `\|`, ""), "|") > 8 {
			t.Errorf("a pipe broke a table row: %.200q", line)
		}
	}
	if !strings.HasPrefix(byName["SHA256SUMS"], sumOf([]byte(byName[strings.Fields(byName["SHA256SUMS"])[1]]))) {
		t.Error("the first sum does not match")
	}
}

func FuzzEscape(f *testing.F) {
	f.Add(evil)
	f.Add("mysql-00000001")
	f.Fuzz(func(t *testing.T, text string) {
		got := escape(text, 50)
		if strings.ContainsAny(got, "\n\r<>\x00") {
			t.Errorf("escape(%q) = %q", text, got)
		}
		bare := strings.NewReplacer(`\\`, "", `\|`, "", `\[`, "", `\]`, "", "\\`", "", `\*`, "").Replace(got)
		if strings.ContainsAny(bare, "|[]`*") {
			t.Errorf("escape(%q) = %q leaves markup", text, got)
		}
		if len([]rune(got)) > 6*51 {
			t.Errorf("escape(%q) has %d characters", text, len([]rune(got)))
		}
	})
}

func TestTimes(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	at := clockAt(t, "07:14:03")
	c := newClock(zone, timeline.Window{From: at.Add(-time.Hour), To: at.Add(time.Hour)})
	for name, x := range map[string]struct {
		in   timeline.Instant
		want string
	}{
		"exact":       {timeline.Exactly(at), "at 09:14:03 CEST (07:14:03 UTC)"},
		"in a second": {timeline.Around(at.Add(500*time.Millisecond), 400*time.Millisecond), "at 09:14:03 CEST (07:14:03 UTC)"},
		"spread":      {timeline.Around(at, time.Second), "at 09:14:03 CEST (07:14:03 UTC) ± 1 s"},
		"odd spread":  {timeline.Around(at.Add(700*time.Millisecond), 500*time.Millisecond), "at 09:14:03 CEST (07:14:03 UTC) ± 1 s"},
		"between":     {timeline.Between(at.Add(-time.Second), at.Add(time.Second)), "between 09:14:02 and 09:14:04 CEST (07:14:02 and 07:14:04 UTC)"},
		"long gap":    {timeline.Between(at, at.Add(time.Minute)), "between 09:14:03 and 09:15:03 CEST (07:14:03 and 07:15:03 UTC)"},
	} {
		if got := c.when(x.in); got != x.want {
			t.Errorf("%s: %q, want %q", name, got, x.want)
		}
	}
	night := newClock(zone, timeline.Window{From: clockAt(t, "21:30:00"), To: clockAt(t, "22:30:00")})
	if got := night.time(clockAt(t, "22:10:00")); got != "2024-07-13 00:10:00 CEST (2024-07-12 22:10:00 UTC)" {
		t.Errorf("over midnight: %q", got)
	}
	utc := newClock(time.UTC, timeline.Window{From: at, To: at.Add(time.Hour)})
	if got := utc.when(timeline.Exactly(at)); got != "at 07:14:03 UTC" {
		t.Errorf("UTC: %q", got)
	}
}

func TestSpans(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0 s", 400 * time.Millisecond: "0.4 s", 95 * time.Second: "95 s", 26*time.Minute + 7*time.Second: "26 min 7 s",
		time.Hour: "1 h", 225 * time.Minute: "3 h 45 min", 52 * time.Hour: "2 d 4 h", -95 * time.Second: "95 s",
	} {
		if got := span(d); got != want {
			t.Errorf("span(%s) = %q, want %q", d, got, want)
		}
	}
}

func TestCounts(t *testing.T) {
	for _, x := range []struct {
		value float64
		unit  string
		want  string
	}{
		{41823, "requests", "41,823 requests"}, {2626990, "requests", "2,626,990 requests"}, {72.5, "requests", "about 73 requests"}, {0.4, "requests", "0.4 requests"},
		{72.5, "EUR", "72.5 EUR"}, {0, "requests", "0 requests"}, {90, "seconds", "90 s"}, {0.25, "ratio", "25 %"}, {1536, "bytes", "1.5 KiB"}, {3.5, "errors/s", "3.5 errors/s"},
	} {
		if got := count(x.value, x.unit); got != x.want {
			t.Errorf("count(%v, %q) = %q, want %q", x.value, x.unit, got, x.want)
		}
	}
}

func TestNumbers(t *testing.T) {
	for _, x := range []struct {
		value float64
		unit  string
		want  string
	}{
		{41823, "requests", "41,823 requests"}, {0.4, "errors/s", "0.4 errors/s"}, {0.0312, "", "0.0312"}, {12.44, "s", "12.4 s"},
		{3600, "seconds", "1 h"}, {1536, "bytes", "1.5 KiB"}, {0.874, "ratio", "87.4 %"}, {-1204, "", "−1,204"}, {1e20, "", "1e+20"}, {0, "x", "0 x"},
		{0.004984, "s", "4.98 ms"}, {0.00002, "s", "20 µs"}, {0, "s", "0 s"}, {11.98, "s/s", "12 s per second"}, {2626990, "rows/s", "2.63 M rows/s"}, {999_600, "", "1 M"},
	} {
		if got := quantity(x.value, x.unit); got != x.want {
			t.Errorf("quantity(%v, %q) = %q, want %q", x.value, x.unit, got, x.want)
		}
	}
}
