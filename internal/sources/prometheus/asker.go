package prometheus

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"time"

	promv1 "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/model"

	"collector/internal/sources"
	"collector/internal/timeline"
)

// parallel is how many queries may be in flight at once. A Prometheus that has to
// page somebody during an incident must not be kept busy by its historian.
const parallel = 4

// asker puts the questions of one Gather and keeps their records.
type asker struct {
	*Source
	req      sources.Request
	admit    admission
	observed timeline.Window // from the baseline's start to the window's end, or now
	slots    chan struct{}

	// Known after the first questions, and only read afterwards.
	unreachable error
	intervals   map[string]interval // by anchor metric
	ruleSet     ruleSet

	mu               sync.Mutex
	records          []timeline.Evidence
	errs             []error
	answered, failed int
}

// task asks one question and returns its records.
type task func(ctx context.Context) ([]timeline.Evidence, error)

func newAsker(s *Source, req sources.Request) *asker {
	req.Window = req.Window.UTC()
	to := until(req.Window, req.Now())
	if to.Before(req.Window.From) {
		to = req.Window.From
	}
	return &asker{
		Source: s, req: req, slots: make(chan struct{}, parallel), intervals: map[string]interval{},
		admit:    admission{s.cfg.ClusterLabel, s.targets, req.Scope, req.Roles},
		observed: timeline.Window{From: req.Window.From.Add(-s.cfg.Baseline.Duration), To: to}.UTC(),
	}
}

// all runs tasks side by side and keeps their records in the order of the tasks.
func (a *asker) all(ctx context.Context, tasks []task) {
	records := make([][]timeline.Evidence, len(tasks))
	var wg sync.WaitGroup
	for i, t := range tasks {
		wg.Go(func() {
			got, err := t(ctx)
			records[i] = got
			if err != nil {
				a.mu.Lock()
				a.errs = append(a.errs, err)
				a.mu.Unlock()
			}
		})
	}
	wg.Wait()
	for _, r := range records {
		a.records = append(a.records, r...)
	}
}

// asked begins every question: whom it was put to, and in which words.
type asked struct {
	Kind       string    `json:"kind"`
	Prometheus string    `json:"prometheus"` // the name in the configuration
	PromQL     string    `json:"promql,omitempty"`
	From       time.Time `json:"from"` // the first evaluation of a range, or the start of what is meant
	To         time.Time `json:"to"`
	StepMS     int64     `json:"step_ms,omitempty"`
	Part       int       `json:"part,omitempty"` // of a big answer: 1 of Parts
	Parts      int       `json:"parts,omitempty"`
	Warnings   []string  `json:"warnings,omitempty"` // what the server said about its own answer
}

func (q asked) step() time.Duration { return time.Duration(q.StepMS) * time.Millisecond }

// ask is the frame of a record of this Prometheus.
func (a *asker) ask(q asked, question any) sources.Ask {
	query := q.PromQL
	switch {
	case query == "":
		query = q.Kind
	case q.StepMS > 0:
		query = fmt.Sprintf("%s, range %s to %s, step %s", q.PromQL, timeline.FormatTime(q.From), timeline.FormatTime(q.To), q.step())
	default:
		query = fmt.Sprintf("%s, at %s", q.PromQL, timeline.FormatTime(q.To))
	}
	if q.Parts > 1 {
		query += fmt.Sprintf(", series part %d of %d", q.Part, q.Parts)
	}
	return sources.Ask{
		Source: Kind, Target: a.cfg.Name, Query: query, Question: question,
		Observed: timeline.Window{From: q.From, To: q.To}, URL: a.graphURL(q),
	}
}

// graphURL is where Prometheus itself draws the query.
func (a *asker) graphURL(q asked) string {
	if q.PromQL == "" {
		return ""
	}
	v := url.Values{
		"g0.expr": {q.PromQL}, "g0.tab": {"0"},
		"g0.range_input": {model.Duration(max(time.Second, q.To.Sub(q.From).Truncate(time.Second))).String()},
		"g0.end_input":   {q.To.UTC().Format("2006-01-02 15:04:05")},
	}
	return a.client.URL.String() + "/graph?" + v.Encode()
}

// answer and failure seal the record of one question.
func (a *asker) answer(q asked, question, answer any) (timeline.Evidence, error) {
	a.count(true)
	return sources.Answer(a.ask(q, question), answer, a.req.Now())
}

func (a *asker) failure(q asked, question any, reason error) ([]timeline.Evidence, error) {
	a.count(false)
	a.req.Log.Warn("prometheus did not answer", "prometheus", a.cfg.Name, "question", q.Kind, "err", reason)
	e, err := sources.Failure(a.ask(q, question), reason, a.req.Now())
	if err != nil {
		return nil, err
	}
	return []timeline.Evidence{e}, nil
}

func (a *asker) count(ok bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if ok {
		a.answered++
	} else {
		a.failed++
	}
}

// slot waits for leave to ask; release gives it back.
func (a *asker) slot(ctx context.Context) (release func(), err error) {
	if a.unreachable != nil {
		return nil, a.unreachable
	}
	select {
	case a.slots <- struct{}{}:
		return func() { <-a.slots }, nil
	case <-ctx.Done():
		return nil, a.explain(ctx, ctx.Err())
	}
}

// limit asks the server to give up when the asker does. The parameter takes
// whole seconds only: the client writes a Go duration, and Prometheus reads its
// own notation, which has no fractions.
func limit(ctx context.Context) []promv1.Option {
	deadline, ok := ctx.Deadline()
	if !ok {
		return nil
	}
	left := time.Until(deadline).Truncate(time.Second)
	if left < time.Second {
		return nil
	}
	return []promv1.Option{promv1.WithTimeout(left)}
}

// instant asks for the values at one time; a zero time means the server's now.
func (a *asker) instant(ctx context.Context, promql string, at time.Time) (model.Value, []string, error) {
	release, err := a.slot(ctx)
	if err != nil {
		return nil, nil, err
	}
	defer release()
	v, warnings, infos, err := a.api.Query(ctx, promql, at, limit(ctx)...)
	if err == nil && v == nil {
		err = errNoData
	}
	return v, a.said(warnings, infos), a.explain(ctx, err)
}

func (a *asker) said(warnings promv1.Warnings, infos promv1.Infos) []string {
	var said []string
	for _, w := range warnings {
		said = append(said, "warning: "+clip(a.client.Text(w)))
	}
	for _, i := range infos {
		said = append(said, "info: "+clip(a.client.Text(i)))
	}
	return said
}

var errNoData = errors.New("the answer holds no data: it is not the query API of a Prometheus")

// explain puts an error into words that may stand in a document: without
// credentials, in one line, with the limit that was hit.
func (a *asker) explain(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	return a.Source.explain(ctx, err, a.cfg.Timeout.Duration)
}

func (s *Source) explain(ctx context.Context, err error, within time.Duration) error {
	var apiErr *promv1.Error
	switch {
	case errors.Is(err, context.DeadlineExceeded) || ctx.Err() != nil && errors.Is(ctx.Err(), context.DeadlineExceeded):
		return fmt.Errorf("no answer within the time limit (timeout: %s)", within)
	case errors.Is(err, context.Canceled):
		return errors.New("the question was cancelled")
	case errors.As(err, &apiErr) && (apiErr.Type == promv1.ErrClient || apiErr.Type == promv1.ErrServer):
		return fmt.Errorf("HTTP status %s", clip(s.client.Text(statusAndReason(apiErr))))
	case errors.As(err, &apiErr) && apiErr.Type == promv1.ErrBadResponse:
		return fmt.Errorf("the answer is not one of the query API: %s", clip(s.client.Text(apiErr.Msg)))
	}
	return errors.New(clip(s.client.Error(err).Error()))
}

// statusAndReason is the status and what the answer says about it, such as "401: no
// org id" of a Mimir that was told no tenant. Pages made for browsers say nothing.
func statusAndReason(err *promv1.Error) string {
	status := strings.TrimPrefix(strings.TrimPrefix(err.Msg, "client error: "), "server error: ")
	reason := strings.TrimSpace(err.Detail)
	if reason == "" || strings.HasPrefix(reason, "<") {
		return status
	}
	return status + ": " + reason
}

// clip keeps a message to one line of bearable length.
func clip(text string) string {
	const most = 300
	runes := []rune(text)
	for i, r := range runes {
		if r < ' ' {
			runes[i] = ' '
		}
	}
	if len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return string(runes)
}
