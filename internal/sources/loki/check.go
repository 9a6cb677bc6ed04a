package loki

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"collector/internal/sources"
)

// How far back Check looks for a line of each query, and how many lines it reads.
const (
	checkedLogs    = time.Hour
	checkedDeploys = 24 * time.Hour
	checkedLines   = 20
)

// Check tries what a draft asks: is it Loki, and is every query understood and answered.
func (s *Source) Check(ctx context.Context) []sources.Diagnosis {
	ctx, cancel := context.WithTimeout(ctx, time.Duration(s.cfg.Timeout))
	defer cancel()
	x := &examination{Source: s}
	if !x.reach(ctx) {
		return x.found
	}
	for i, q := range s.cfg.Queries {
		x.query(ctx, i, q)
	}
	return x.found
}

// examination is one Check.
type examination struct {
	*Source
	found []sources.Diagnosis
}

func (x *examination) say(level sources.Level, text string, fix ...string) {
	x.found = append(x.found, sources.Diagnosis{Source: Kind + "/" + x.cfg.Name, Level: level, Text: text, Fix: fix})
}

// reach asks for the version. A gateway may not let that question through, so that only
// another answer than "not found" is taken for the last word.
func (x *examination) reach(ctx context.Context) bool {
	var build struct{ Version string }
	body, err := x.client.get(ctx, "status/buildinfo", nil)
	if err == nil {
		if err = json.Unmarshal(body, &build); err != nil || build.Version == "" {
			err = errNotLoki
		}
	}
	var no refusal
	if errors.As(err, &no) && no.status == http.StatusNotFound {
		build.Version = "not told"
		err = x.labels(ctx)
	}
	if err != nil {
		x.say(sources.Failed, fmt.Sprintf("%s does not answer: %v", x.client.URL, err), x.fix(err))
		return false
	}
	x.say(sources.OK, "version "+oneLine(build.Version, 40))
	return true
}

func (x *examination) labels(ctx context.Context) error {
	body, err := x.client.get(ctx, "labels", nil)
	if err != nil {
		return err
	}
	var answer struct{ Status string }
	if json.Unmarshal(body, &answer) != nil || answer.Status != "success" {
		return errNotLoki
	}
	return nil
}

// fix is what to do about an answer that did not come.
func (x *examination) fix(err error) string {
	var no refusal
	errors.As(err, &no)
	switch no.status {
	case http.StatusUnauthorized, http.StatusForbidden:
		return "give http_client of loki " + x.cfg.Name + " a credential that may read; if it has tenants, name yours: http_headers: {X-Scope-OrgID: {values: [shop]}}"
	}
	return "check url (with its path prefix) and http_client of loki " + x.cfg.Name
}

// query asks for the last lines of a query.
func (x *examination) query(ctx context.Context, i int, q QueryConfig) {
	back := checkedLogs
	if q.Kind == deployKind {
		back = checkedDeploys
	}
	now := x.now()
	body, err := x.client.get(ctx, "query_range", url.Values{
		"query": {q.Query}, "direction": {"backward"}, "limit": {strconv.Itoa(checkedLines)},
		"start": {strconv.FormatInt(now.Add(-back).UnixNano(), 10)}, "end": {strconv.FormatInt(now.UnixNano(), 10)},
	})
	var p page
	if err == nil {
		p, err = decode(body)
	}
	name := fmt.Sprintf("queries[%d] (%s)", i, q.Name)
	var no refusal
	switch {
	case errors.As(err, &no) && no.status == http.StatusBadRequest, errors.Is(err, errMetric):
		x.say(sources.Failed, fmt.Sprintf("%s: %v", name, x.client.explain(ctx, err)), "correct the query of loki "+x.cfg.Name)
	case err != nil:
		x.say(sources.Failed, fmt.Sprintf("%s: %v", name, x.client.explain(ctx, err)), x.fix(err))
	case len(p.entries) == 0:
		x.say(sources.OK, fmt.Sprintf("%s is understood; no line in the last %s", name, hours(back)))
	case q.Kind == deployKind:
		x.readable(name, i, p)
	default:
		x.say(sources.OK, fmt.Sprintf("%s is understood and has lines, of %s", name, count(len(p.streams), "stream")))
	}
}

// readable tries to read the lines as what the query's kind says.
func (x *examination) readable(name string, i int, p page) {
	var why error
	for _, e := range p.entries {
		l := lineOf(e)
		if _, err := understand(x.readers[i], &l, time.Unix(0, e.ns)); err == nil {
			x.say(sources.OK, name+" is understood, and its lines tell of deploys")
			return
		} else if why == nil {
			why = err
		}
	}
	x.say(sources.Degraded, fmt.Sprintf("%s: none of the last %s tells of a deploy: %v", name, count(len(p.entries), "line"), why),
		"correct its format, fields, events or time_layout, or make the query narrower")
}

func hours(d time.Duration) string {
	if d == time.Hour {
		return "hour"
	}
	return fmt.Sprintf("%d hours", int(d.Hours()))
}
