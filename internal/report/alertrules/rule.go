package alertrules

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"collector/internal/timeline"
)

// Departure is one time that a series was outside of its normal band.
type Departure struct {
	Series timeline.Series  // with its query
	Start  timeline.Instant // when it left the band
	End    time.Time        // when it came back, or when what is known of it ends
	Edge   float64          // of the normal band, on the side on which it was left
	Up     bool
}

// Metric is what one rule is about: departures of one signal of one target on one
// side, no two of them of one series.
type Metric struct {
	Prometheus string // which one has the metric
	Signal     string
	Unit       string
	Target     string
	Severity   string // of the alert: warning or critical
	Departures []Departure
}

// Rule is an alerting rule that would have told of a metric.
type Rule struct {
	Metric
	Name        string
	Record      string // the recording rule that it reads; "" where it reads the metric itself
	Query       string // of the recording rule
	Expr        string
	Thresholds  []float64 // by departure
	For         time.Duration
	Every       time.Duration // between two evaluations
	FiresAt     time.Time     // on the recorded values
	Before      int           // how often it would have fired before the metric left its band
	BeforeSince time.Time     // where the recorded values begin

	series []feed
	first  int // evaluations of the feeds: the last before the onset, -1 when none is recorded
	fires  int // the one at which it fires
}

// feed is a series as the rule's test gets it.
type feed struct {
	name string // metric and labels
	with map[string]string
	grid grid
	cond condition
}

// mostEvaluations is how many evaluations a rule is played on: two weeks at 15 s.
const mostEvaluations = 80_000

// errLong is a metric whose recorded values reach too far to be played.
var errLong = fmt.Errorf("its values reach over more than %d evaluations", mostEvaluations)

// ErrNever is a departure that no rule of this kind would have caught.
var ErrNever = errors.New("at no evaluation was a value beyond the band")

// Interval is how often rules are evaluated that shall see metrics as they were
// recorded: as often as the most often recorded, between 1 s and 1 min.
func Interval(metrics []Metric) time.Duration {
	least := time.Minute
	for _, m := range metrics {
		for _, d := range m.Departures {
			step := d.Series.Step
			if step == 0 {
				step = usualDistance(d.Series.Points)
			}
			least = min(least, step)
		}
	}
	return max(least, time.Second)
}

// For makes the rule for a metric, evaluated at an interval. Errors: ErrNever, that
// the query of a metric is not recorded, and that its values reach too far.
func For(m Metric, every time.Duration) (Rule, error) {
	if len(m.Departures) == 0 || every <= 0 {
		return Rule{}, ErrNever
	}
	r := Rule{Metric: m, Name: alertName(m.Signal, m.Departures[0].Up), Every: every}
	metrics := plainMetrics(m.Departures[0].Series.Query)
	if len(metrics) == 0 {
		if m.Departures[0].Series.Query == "" {
			return Rule{}, fmt.Errorf("the query of %s is not recorded", m.Signal)
		}
		r.Record, r.Query = recordName(m.Signal), m.Departures[0].Series.Query
		metrics = []string{r.Record}
	}
	grids, err := r.grids()
	if err != nil {
		return Rule{}, fmt.Errorf("%s: %w", m.Signal, err)
	}
	wait, ok := r.chooseWait(grids)
	if !ok {
		return Rule{}, fmt.Errorf("%s: %w", m.Signal, ErrNever)
	}
	r.For = wait
	var terms []string
	for i, d := range m.Departures {
		t, ok := threshold(d, grids[i], wait)
		if !ok {
			return Rule{}, fmt.Errorf("%s: %w", m.Signal, ErrNever)
		}
		r.Thresholds = append(r.Thresholds, t)
		terms = append(terms, term(metrics, d, t))
		r.series = append(r.series, feed{selector(metrics[0], scraped(d.Series.Labels)), scraped(d.Series.Labels), grids[i], condition{t, d.Up}})
	}
	r.Expr = strings.Join(terms, " or ")
	return r, r.play()
}

// term is the comparison of one series.
func term(metrics []string, d Departure, threshold float64) string {
	op := " < "
	if d.Up {
		op = " > "
	}
	var alternatives []string
	for _, name := range metrics {
		alternatives = append(alternatives, selector(name, selecting(d.Series.Labels)))
	}
	left := strings.Join(alternatives, " or ")
	if len(alternatives) > 1 {
		left = "(" + left + ")"
	}
	return left + op + number(threshold)
}

// grids resamples all series of the metric at the same evaluations.
func (r Rule) grids() ([]grid, error) {
	var from, to time.Time
	for _, d := range r.Departures {
		points := d.Series.Points
		if len(points) == 0 {
			continue
		}
		if first := points[0].T; from.IsZero() || first.Before(from) {
			from = first
		}
		if last := points[len(points)-1].T; last.After(to) {
			to = last
		}
	}
	if to.Sub(from)/r.Every >= mostEvaluations { // Sub stops at 292 years
		return nil, errLong
	}
	out := make([]grid, len(r.Departures))
	for i, d := range r.Departures {
		out[i] = resample(d.Series.Points, from, to, r.Every)
	}
	return out, nil
}

// chooseWait is the longest waiting time that fits every departure.
func (r Rule) chooseWait(grids []grid) (time.Duration, bool) {
	shortest := r.Departures[0].length()
	for _, d := range r.Departures {
		shortest = min(shortest, d.length())
	}
	fit := waitsFor(shortest, r.Every)
	i := slices.IndexFunc(fit, func(wait time.Duration) bool {
		for i, d := range r.Departures {
			if _, ok := threshold(d, grids[i], wait); !ok {
				return false
			}
		}
		return true
	})
	if i < 0 {
		return 0, false
	}
	return fit[i], true
}

func (d Departure) length() time.Duration { return d.End.Sub(d.Start.At) }

// threshold is what a rule compares a series with.
func threshold(d Departure, g grid, wait time.Duration) (float64, bool) {
	level, ok := held(g, g.after(d.Start.Earliest), g.before(d.End.Add(time.Millisecond)), wait, d.Up)
	if !ok {
		return 0, false
	}
	t, ok := between(d.Edge, level, d.Up)
	if ok && switches(d.Series.Points) {
		t = 0.5
	}
	return t, ok
}

// play evaluates the rule on the recorded values: when it fires, and how often it
// would have fired before.
func (r *Rule) play() error {
	g := r.series[0].grid
	onset := r.Departures[0].Start.Earliest
	for _, d := range r.Departures {
		if d.Start.Earliest.Before(onset) {
			onset = d.Start.Earliest
		}
	}
	r.first, r.BeforeSince = g.before(onset), g.moment(0)
	states := r.states(0, len(g.values)-1)
	r.Before = firings(states[:r.first+1])
	for i := r.first + 1; i < len(states); i++ {
		if states[i] {
			r.fires, r.FiresAt = i, g.moment(i)
			return nil
		}
	}
	return fmt.Errorf("%s: %w", r.Signal, ErrNever)
}

// states are, for a stretch of evaluations that begins with no state, whether the
// rule fires for any series.
func (r *Rule) states(first, last int) []bool {
	out := make([]bool, last-first+1)
	for _, f := range r.series {
		for i, fires := range f.cond.firing(f.grid.cut(first, last), r.For) {
			out[i] = out[i] || fires
		}
	}
	return out
}
