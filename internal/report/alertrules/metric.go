package alertrules

import (
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// plainSelector is a query that is nothing but a metric and its matchers.
var plainSelector = regexp.MustCompile(`^([a-zA-Z_:][a-zA-Z0-9_:]*)\s*(?:\{[^{}]*\})?$`)

// plainMetrics are the metrics of a query that asks for a metric as it is scraped, or
// for the first of several that is there; none for any other query, whose values
// cannot be turned back into those of its metrics.
func plainMetrics(query string) []string {
	var names []string
	for part := range strings.SplitSeq(query, " or ") {
		m := plainSelector.FindStringSubmatch(strings.TrimSpace(part))
		if m == nil {
			return nil
		}
		names = append(names, m[1])
	}
	return names
}

var (
	labelName = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_]*$`)
	notMetric = regexp.MustCompile(`[^a-zA-Z0-9_]+`)
)

// people are the labels that name a person or their machine: the evidence has them
// masked, so that no rule could select them.
var people = []string{"user", "username", "account", "author", "client", "client_host", "client_ip"}

// scraped are the labels of a series that a rule's test can feed.
func scraped(labels map[string]string) map[string]string {
	out := map[string]string{}
	for name, v := range labels {
		if v != "" && labelName.MatchString(name) && name != "__name__" && !slices.Contains(people, name) {
			out[name] = v
		}
	}
	return out
}

// selecting are the labels by which a rule selects a series. Those that name a
// replica's source are left out: they are others after a failover.
func selecting(labels map[string]string) map[string]string {
	out := scraped(labels)
	maps.DeleteFunc(out, func(name, _ string) bool {
		return strings.HasPrefix(name, "master_") || strings.HasPrefix(name, "source_")
	})
	return out
}

// selector writes a metric with labels as PromQL.
func selector(metric string, labels map[string]string) string {
	if len(labels) == 0 {
		return metric
	}
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		parts = append(parts, name+"="+strconv.Quote(labels[name]))
	}
	return metric + "{" + strings.Join(parts, ",") + "}"
}

// recordName is the recording rule of a signal.
func recordName(signal string) string {
	return "collector:signal:" + strings.Trim(notMetric.ReplaceAllString(signal, "_"), "_")
}

// alertName is ThreadsRunningHigh for a rise of threads_running.
func alertName(signal string, up bool) string {
	var b strings.Builder
	for word := range strings.SplitSeq(notMetric.ReplaceAllString(signal, "_"), "_") {
		if word != "" {
			b.WriteString(strings.ToUpper(word[:1]) + word[1:])
		}
	}
	name := b.String()
	if name == "" || name[0] >= '0' && name[0] <= '9' {
		name = "Signal" + name
	}
	if up {
		return name + "High"
	}
	return name + "Low"
}

// number writes a value so that reading it gives the same value; promtool's notation
// of series knows no exponents beside its own plus sign.
func number(v float64) string {
	if abs := math.Abs(v); abs >= 1e18 || abs > 0 && abs < 1e-12 {
		return strconv.FormatFloat(v, 'g', -1, 64)
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}

// short writes a value for people, with four digits.
func short(v float64) string {
	rounded, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 4, 64), 64)
	if err != nil {
		return number(v)
	}
	return strconv.FormatFloat(rounded, 'f', -1, 64)
}

// duration writes a time as Prometheus reads it: 2m30s. It has no fractions.
func duration(d time.Duration) string {
	if d == 0 {
		return "0s"
	}
	var b strings.Builder
	for _, u := range []struct {
		name string
		of   time.Duration
	}{{"h", time.Hour}, {"m", time.Minute}, {"s", time.Second}, {"ms", time.Millisecond}} {
		if n := d / u.of; n > 0 {
			b.WriteString(strconv.FormatInt(int64(n), 10) + u.name)
			d -= n * u.of
		}
	}
	return b.String()
}
