package report_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"collector/internal/page/pagetest"
	"collector/internal/report"
	"collector/internal/timeline"
)

// large is the largest synthetic incident, 5,000 events of 20 servers, as the sources
// tell one: each event has an excerpt of its own, and every server was searched.
func large(t testing.TB) report.Draft {
	d := pagetest.Large(t)
	tl := d.Timeline
	record := func(source, target, query, body string) string {
		e := timeline.Evidence{
			Source: source, Target: target, Query: query, CollectedAt: tl.Window.To.Add(time.Minute), ObservedFrom: tl.Window.From,
			ObservedTo: tl.Window.To, MediaType: "application/json", Body: body,
		}.Seal()
		tl.Evidence = append(tl.Evidence, e)
		return e.ID
	}
	tl.Events = slices.Clone(tl.Events)
	for i, e := range tl.Events {
		if e.Source == "mysql" {
			body := fmt.Sprintf(`{"question":{"kind":"episode","number":%d},"answer":[%s]}`, i, strings.TrimSuffix(strings.Repeat(`{"session":4711,"state":"updating"},`, 40), ","))
			tl.Events[i].Evidence = append(slices.Clone(e.Evidence), record("mysql", e.Target, "samples around "+timeline.FormatTime(e.Start.At), body))
		}
	}
	for n := range pagetest.LargeServers {
		target := fmt.Sprintf("db%d", n+1)
		id := record("mysql", target, "samples", fmt.Sprintf(`{"question":{"kind":"samples"},"answer":"%s, 13,500 ticks"}`, target))
		for _, what := range []string{"restarts", "changes of role", "stopped replication", "schema changes", "variable changes", "slower statements"} {
			tl.Checks = append(tl.Checks, timeline.Check{Source: "mysql", Target: target, LookedFor: what, Evidence: []string{id}})
		}
		tl.Gaps = append(tl.Gaps, timeline.Gap{
			Source: "mysql", Target: target, From: tl.Window.From, To: tl.Window.To, Evidence: []string{id},
			Reason: "the error log could not be read: SELECT is denied on performance_schema.error_log",
		})
	}
	d.Timeline = tl
	d.Templates = report.Templates()
	return d
}

// seen are the lines of a document that its reader sees: no marker, no question, no
// definition of a link, no empty line.
func seen(doc string) []string {
	hidden := regexp.MustCompile(`^\s*$|^<!--.*-->$|^\[[a-z0-9_-]+\]: `)
	return slices.DeleteFunc(strings.Split(doc, "\n"), hidden.MatchString)
}

// readable is how many lines of a document, tables included, people go through.
const readable = 400

var (
	foldedLine = regexp.MustCompile(`\[× ([0-9,]+)\]\(timeline\.json\)`)
	severities = regexp.MustCompile(`5,000 events \(([0-9,]+) critical, ([0-9,]+) warning and ([0-9,]+) info\) in ([0-9]+) lines`)
)

// number reads what a document counted.
func number(t *testing.T, text string) int {
	t.Helper()
	n, err := strconv.Atoi(strings.ReplaceAll(text, ",", ""))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestLargeIncidentIsReadable: of 5,000 events every document makes something that
// people read through, and its folded lines count every event, by severity.
func TestLargeIncidentIsReadable(t *testing.T) {
	d := large(t)
	for _, name := range d.Templates {
		t.Run(name, func(t *testing.T) {
			doc, err := report.MarkdownOf(d, name)
			if err != nil {
				t.Fatal(err)
			}
			if lines := len(seen(doc)); lines > readable {
				t.Errorf("%d lines are to be read", lines)
			}
			for _, line := range seen(doc) {
				if len(line) > 4000 {
					t.Errorf("a line of %d characters: %.300s", len(line), line)
				}
			}
			if len(doc) > 300_000 {
				t.Errorf("the document has %d bytes", len(doc))
			}
		})
	}
}

// TestLargeTimelineCountsEveryEvent reads the folded table back.
func TestLargeTimelineCountsEveryEvent(t *testing.T) {
	d := large(t)
	had := map[string]int{}
	for _, e := range d.Timeline.Events {
		had[string(e.Severity)]++
	}
	doc, err := report.MarkdownOf(d, report.DefaultTemplate)
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(doc, "| Severity | What happened | Evidence |\n")
	table, _, _ = strings.Cut(table, "\n\n")
	counted, rows, folds := map[string]int{}, 0, 0
	for _, row := range strings.Split(table, "\n")[1:] {
		cells := strings.Split(row, " | ")
		rows++
		n := 1
		if m := foldedLine.FindStringSubmatch(row); m != nil {
			n = number(t, m[1])
			folds++
		}
		counted[cells[2]] += n
	}
	if fmt.Sprint(counted) != fmt.Sprint(had) {
		t.Errorf("the table counts %v, there are %v", counted, had)
	}
	if rows > 100 || folds == 0 {
		t.Errorf("%d rows, %d of them folded", rows, folds)
	}
	m := severities.FindStringSubmatch(doc)
	if m == nil {
		t.Fatal("nothing says how many events there are of each severity, and where each of them stands")
	}
	for i, severity := range []string{"critical", "warning", "info"} {
		if got := number(t, m[i+1]); got != had[severity] {
			t.Errorf("%d events are said to be %s, there are %d", got, severity, had[severity])
		}
	}
	if got := number(t, m[4]); got != rows {
		t.Errorf("%d lines are said, there are %d", got, rows)
	}
	for _, turn := range []string{"onset", "detected"} {
		if !strings.Contains(table, "**"+turn) && !strings.Contains(table, ", "+turn+"**") {
			t.Errorf("the event of the %s has no row of its own", turn)
		}
	}
}

// TestLargePageShowsWhatIsCited: the page holds the records that its document cites,
// each once, and says where the others are.
func TestLargePageShowsWhatIsCited(t *testing.T) {
	d := large(t)
	for _, name := range d.Templates {
		doc, err := report.MarkdownOf(d, name)
		if err != nil {
			t.Fatal(err)
		}
		page, err := report.PageOf(d, name, doc)
		if err != nil {
			t.Fatal(err)
		}
		links := regexp.MustCompile(`href="#([a-z]+-[0-9a-f]{8})"`).FindAllStringSubmatch(string(page), -1)
		if len(links) == 0 {
			t.Errorf("%s: nothing is cited", name)
		}
		for _, link := range links {
			if strings.Count(string(page), `<div id="`+link[1]+`"`) != 1 {
				t.Errorf("%s: %s is cited, and is not on the page", name, link[1])
			}
		}
		shown := strings.Count(string(page), `<details class="record">`)
		if left := len(d.Timeline.Evidence) - shown; !strings.Contains(string(page), "evidence.tar.zst has ") || left < 4000 {
			t.Errorf("%s: %d records are on the page, and nothing says where the others are", name, shown)
		}
	}
}

// BenchmarkDocuments5000Events renders each document of the largest incident, and opens
// its page in Chromium three times. The bars are a second to render, two to open.
func BenchmarkDocuments5000Events(b *testing.B) {
	d := large(b)
	dir := b.TempDir()
	chromium := pagetest.StartChromium(b)
	tab := chromium.Tab(b, "file://"+dir+"/")
	for _, name := range d.Templates {
		b.Run(name, func(b *testing.B) {
			var markdown, html time.Duration // the slowest
			var doc string
			var page []byte
			for b.Loop() {
				began := time.Now()
				var err error
				if doc, err = report.MarkdownOf(d, name); err != nil {
					b.Fatal(err)
				}
				written := time.Now()
				if page, err = report.PageOf(d, name, doc); err != nil {
					b.Fatal(err)
				}
				markdown, html = max(markdown, written.Sub(began)), max(html, time.Since(written))
			}
			if err := os.WriteFile(filepath.Join(dir, name+".html"), page, 0o600); err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(markdown.Seconds()*1000, "ms-markdown")
			b.ReportMetric(html.Seconds()*1000, "ms-html")
			b.ReportMetric(float64(len(doc)), "B-markdown")
			b.ReportMetric(float64(len(page)), "B-html")
			b.ReportMetric(float64(len(seen(doc))), "lines")
			var load, paint float64
			for range 3 {
				l, p := opens(tab, name+".html")
				load, paint = max(load, l), max(paint, p)
			}
			b.ReportMetric(load, "ms-load")
			b.ReportMetric(paint, "ms-first-paint")
		})
	}
	b.Run("all files", func(b *testing.B) {
		for b.Loop() {
			if _, err := report.Render(d); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// opens opens a page anew and returns the milliseconds from the start of the navigation
// to the end of its load event, and to its first contentful paint.
func opens(tab *pagetest.Tab, file string) (load, paint float64) {
	tab.Open(file)
	tab.Wait(`performance.getEntriesByType('navigation')[0].loadEventEnd > 0 && performance.getEntriesByName('first-contentful-paint').length > 0`)
	load = pagetest.Eval[float64](tab, `performance.getEntriesByType('navigation')[0].loadEventEnd`)
	return load, pagetest.Eval[float64](tab, `performance.getEntriesByName('first-contentful-paint')[0].startTime`)
}
