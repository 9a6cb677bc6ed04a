package prometheus

import (
	"fmt"
	"strings"
	"testing"

	"collector/internal/sources"
	"collector/internal/timeline"
)

// TestCollectorFindings: what an exporter could not read for a while is one gap of
// its server, a single failure is none, and an exporter that is not there is not praised.
func TestCollectorFindings(t *testing.T) {
	from := story.From.UnixMilli()
	run := func(collector string, n int) runSeries {
		return runSeries{Target: "db1", Labels: map[string]string{"instance": "db1:9104", "collector": "collect." + collector}, Runs: []run{{First: from, Last: from + int64(n-1)*15000, N: n}}}
	}
	up := []signalSeries{{Target: "db1", Labels: map[string]string{"instance": "db1:9104"}, Points: []stretch{}}}
	for name, tt := range map[string]struct {
		series []runSeries
		up     []signalSeries
		want   string
	}{
		"two parts":       {[]runSeries{run("slave_status", 9), run("binlog_size", 9)}, up, "gap of db1: mysqld_exporter could not read binlog_size, slave_status of db1"},
		"one scrape":      {[]runSeries{run("slave_status", 1)}, up, "check of main: parts of a server that mysqld_exporter could not read"},
		"nothing failed":  {nil, up, "check of main: parts of a server that mysqld_exporter could not read"},
		"nothing scraped": {nil, nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			q := asked{Kind: kindCollectors, Prometheus: "main", From: story.From, To: story.To, StepMS: 15000}
			s := signalQuestion{asked: asked{Kind: kindSignal, Prometheus: "main", From: story.From, To: story.To}, Signal: "mysql_up", Pack: "mysqld_exporter", Window: story.From, Detector: detectorName}
			f, err := Interpret(story, []timeline.Evidence{
				recordOf(t, scrapesQuestion{asked: q, Rule: runRule, EveryMS: 15000}, runsAnswer{notNil(tt.series)}),
				recordOf(t, s, signalAnswer{notNil(tt.up)}),
			})
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			for _, g := range f.Gaps {
				if strings.Contains(g.Reason, "could not read") {
					got += fmt.Sprintf("gap of %s: %s", g.Target, g.Reason)
				}
			}
			for _, c := range f.Checks {
				if strings.Contains(c.LookedFor, "could not read") {
					got += fmt.Sprintf("check of %s: %s", c.Target, c.LookedFor)
				}
			}
			if !strings.HasPrefix(got, tt.want) || tt.want == "" && got != "" {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func recordOf(t *testing.T, question, answer any) timeline.Evidence {
	t.Helper()
	e, err := sources.Answer(sources.Ask{Source: Kind, Target: "main", Question: question, Observed: story}, answer, story.To)
	if err != nil {
		t.Fatal(err)
	}
	return e
}
