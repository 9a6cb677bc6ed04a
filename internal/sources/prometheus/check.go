package prometheus

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	promv1 "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/model"

	"collector/internal/sources"
)

// clockTolerance is the offset from which `check` warns. Smaller ones are
// corrected without a word.
const clockTolerance = 2 * time.Second

// Check asks one cheap question of each sort that a draft asks.
func (s *Source) Check(ctx context.Context) []sources.Diagnosis {
	ctx, cancel := context.WithTimeout(ctx, s.cfg.Timeout.Duration)
	defer cancel()
	line := func(level sources.Level, text string, fix ...string) sources.Diagnosis {
		return sources.Diagnosis{Source: Kind + "/" + s.cfg.Name, Level: level, Text: s.client.Text(text), Fix: fix}
	}
	clock, err := s.readClock(ctx, time.Now)
	if err != nil {
		reason := s.explain(ctx, err, s.cfg.Timeout.Duration)
		fix := []string{"check url (with its path prefix) and http_client of prometheus " + s.cfg.Name}
		if apiErr := new(promv1.Error); errors.As(err, &apiErr) && apiErr.Type == promv1.ErrClient && !strings.HasSuffix(apiErr.Msg, "404") {
			fix = append(fix, "if it has tenants, name yours in http_client: {http_headers: {X-Scope-OrgID: {values: [NAME]}}}")
		}
		return []sources.Diagnosis{line(sources.Failed, fmt.Sprintf("%s does not answer queries: %v", s.client.URL, reason), fix...)}
	}
	offset, margin := clock.offset()
	version, versionLevel := s.version(ctx)
	lines := []sources.Diagnosis{line(versionLevel, fmt.Sprintf("%s, clock %+d ms (±%d ms)", version, offset.Milliseconds(), margin.Milliseconds()))}
	if offset.Abs() > clockTolerance+margin {
		lines = append(lines, line(sources.Degraded, fmt.Sprintf("its clock is %s off; times are corrected by that", offset), "run NTP on both machines"))
	}
	return append(append(lines, s.checkRules(ctx, line)), s.checkSeries(ctx, line)...)
}

type lineOf func(sources.Level, string, ...string) sources.Diagnosis

func (s *Source) version(ctx context.Context) (string, sources.Level) {
	info, err := s.api.Buildinfo(ctx)
	if err != nil || info.Version == "" {
		return "answers queries, but not which version it is (Mimir and Thanos may not)", sources.Degraded
	}
	return "version " + clip(info.Version), sources.OK
}

func (s *Source) checkRules(ctx context.Context, line lineOf) sources.Diagnosis {
	result, err := s.api.Rules(ctx, nil)
	if err != nil {
		return line(sources.Degraded, fmt.Sprintf("the rules API does not answer (%v): alerts come without summary, runbook and waiting time", s.explain(ctx, err, s.cfg.Timeout.Duration)))
	}
	if n := len(readRules(result).Alerts); n > 0 {
		return line(sources.OK, fmt.Sprintf("%d alerting rules", n))
	}
	return line(sources.Degraded, "no alerting rule is loaded: drafts can have no alerts from here")
}

// checkSeries looks for the series of the packs and the configured signals.
func (s *Source) checkSeries(ctx context.Context, line lineOf) []sources.Diagnosis {
	var lines []sources.Diagnosis
	count := func(promql string) (float64, error) {
		v, _, _, err := s.api.Query(ctx, promql, time.Time{}, limit(ctx)...)
		if err != nil {
			return 0, s.explain(ctx, err, s.cfg.Timeout.Duration)
		}
		if vector, ok := v.(model.Vector); ok && len(vector) > 0 {
			return float64(vector[0].Value), nil
		}
		return 0, nil
	}
	look := func(what, promql string) {
		n, err := count(promql)
		switch {
		case err != nil:
			lines = append(lines, line(sources.Degraded, fmt.Sprintf("%s: %v", what, err)))
		case n == 0:
			lines = append(lines, line(sources.Degraded, what+": no series now", "scrape it, or leave it out of the configuration"))
		default:
			lines = append(lines, line(sources.OK, fmt.Sprintf("%s: %g series", what, n)))
		}
	}
	for _, name := range s.cfg.Packs {
		if p, ok := packNamed(name); ok {
			look("pack "+name, "count("+p.Anchor+")")
		}
	}
	for _, sig := range s.cfg.Signals {
		promql := strings.ReplaceAll(sig.Query, "$__rate_interval", model.Duration(4*fallbackInterval).String())
		look("signal "+sig.Name, "count("+promql+")")
	}
	if n, err := count(`count(last_over_time(ALERTS[1d]))`); err == nil {
		lines = append(lines, line(sources.OK, fmt.Sprintf("ALERTS: %g series in the last day", n)))
	}
	return lines
}
