package standin

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Prometheus is a data source that asks a real Prometheus, as Grafana's backend does
// (pkg/promlib of its source): it fills in the interval variables, finds the step,
// aligns the range to it, and makes a frame of every series.
type Prometheus struct {
	URL     string        // of the server, http://host:port
	Scraped time.Duration // the data source's scrape interval (timeInterval); default 15 s
}

// The bounds of Grafana's backend.
const (
	usualScrape = 15 * time.Second
	mostPoints  = 11000
)

// promQuery is what is read of a query.
type promQuery struct {
	Expr           string
	Range, Instant bool
	LegendFormat   string
	Interval       string // the least step
	IntervalMS     int64
	MaxDataPoints  int64
}

// Ask runs a query as an instant one, over its range, or both.
func (p Prometheus) Ask(ctx context.Context, q Query) (Answer, error) {
	var in promQuery
	if text, err := json.Marshal(q.Model); err != nil || json.Unmarshal(text, &in) != nil {
		return Answer{Status: http.StatusInternalServerError, Error: "bad request data", Frames: []Frame{}}, nil
	}
	in.Range = in.Range || !in.Instant
	step := p.step(in, q)
	expr := p.fill(in, q, step)
	answer := Answer{Status: http.StatusOK, Frames: []Frame{}}
	ask := func(path string, form url.Values) error {
		form.Set("query", expr)
		found, err := p.ask(ctx, path, form)
		if err != nil {
			return err
		}
		if found.Error != "" {
			answer = Answer{http.StatusInternalServerError, found.ErrorType + ": " + found.Error, []Frame{}}
		}
		for _, s := range found.series() {
			answer.Frames = append(answer.Frames, s.frame(q.RefID, in.LegendFormat, found.Data.ResultType, expr, step))
		}
		return nil
	}
	if in.Instant {
		if err := ask("/api/v1/query", url.Values{"time": {seconds(q.To)}}); err != nil || answer.Error != "" {
			return answer, err
		}
	}
	if in.Range {
		err := ask("/api/v1/query_range", url.Values{
			"start": {seconds(aligned(q.From, step))}, "end": {seconds(aligned(q.To, step))}, "step": {strconv.FormatFloat(step.Seconds(), 'f', -1, 64)},
		})
		return answer, err
	}
	return answer, nil
}

// Resource passes a question to Prometheus's HTTP API.
func (p Prometheus) Resource(ctx context.Context, path string, query url.Values) (status int, body []byte) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.URL+"/"+path+"?"+query.Encode(), nil)
	if err == nil {
		status, body, err = do(req)
	}
	if err != nil {
		return http.StatusBadGateway, []byte(`{"message":"the data source cannot be reached"}`)
	}
	return status, body
}

// step is the resolution: the range in as many points as are wanted, but no finer
// than the least step, which is the query's own, else what the client computed.
func (p Prometheus) step(in promQuery, q Query) time.Duration {
	least := p.scraped()
	if in.IntervalMS > 0 {
		least = time.Duration(in.IntervalMS) * time.Millisecond
	}
	if own, err := time.ParseDuration(in.Interval); err == nil && own > 0 {
		least = own
	}
	span := q.To.Sub(q.From)
	step := max(least, span/mostPoints)
	if in.MaxDataPoints > 0 {
		step = max(step, span/time.Duration(in.MaxDataPoints))
	}
	return max(step.Truncate(time.Millisecond), time.Millisecond)
}

func (p Prometheus) scraped() time.Duration {
	if p.Scraped > 0 {
		return p.Scraped
	}
	return usualScrape
}

// fill puts in what only the server knows.
func (p Prometheus) fill(in promQuery, q Query, step time.Duration) string {
	span := q.To.Sub(q.From)
	scraped := p.scraped()
	if own, err := time.ParseDuration(in.Interval); err == nil && own > 0 {
		scraped = own
	}
	rate := max(time.Duration(in.IntervalMS)*time.Millisecond+scraped, 4*scraped)
	ms := func(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }
	text := func(d time.Duration) string { // PromQL knows no fractions
		if d%time.Second == 0 {
			return d.String()
		}
		return ms(d) + "ms"
	}
	whole := strconv.FormatFloat(math.Round(span.Seconds()), 'f', -1, 64)
	expr := in.Expr
	for _, v := range [][2]string{ // the longer name first
		{"__interval_ms", ms(step)}, {"__interval", text(step)}, {"__range_ms", ms(span)}, {"__range_s", whole}, {"__range", whole + "s"},
		{"__rate_interval_ms", ms(rate)}, {"__rate_interval", text(rate)},
	} {
		expr = strings.ReplaceAll(strings.ReplaceAll(expr, "${"+v[0]+"}", v[1]), "$"+v[0], v[1])
	}
	return expr
}

// aligned rounds down to a multiple of the step.
func aligned(t time.Time, step time.Duration) time.Time {
	return time.Unix(0, t.UnixNano()/int64(step)*int64(step))
}

func seconds(t time.Time) string { return strconv.FormatFloat(float64(t.UnixMilli())/1000, 'f', 3, 64) }

// ask puts a question to Prometheus. A server that cannot be reached is ErrDown.
func (p Prometheus) ask(ctx context.Context, path string, form url.Values) (promAnswer, error) {
	var answer promAnswer
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		return answer, fmt.Errorf("%w: %w", ErrDown, err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	_, body, err := do(req)
	if err == nil {
		err = json.Unmarshal(body, &answer)
	}
	if err != nil {
		return answer, fmt.Errorf("%w: %w", ErrDown, err)
	}
	return answer, nil
}

func do(req *http.Request) (status int, body []byte, err error) {
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	body, err = io.ReadAll(resp.Body)
	return resp.StatusCode, body, err
}
