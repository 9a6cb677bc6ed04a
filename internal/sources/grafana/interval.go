package grafana

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// steps are the intervals that Grafana's browser side rounds to: below the first
// number of a pair, in ms, it takes the second (rangeutil.ts, roundInterval).
var steps = [...][2]int64{
	{10, 1}, {15, 10}, {35, 20}, {75, 50}, {150, 100}, {350, 200}, {750, 500}, {1500, 1000}, {3500, 2000}, {7500, 5000},
	{12500, 10000}, {17500, 15000}, {25000, 20000}, {45000, 30000}, {90000, 60000}, {210000, 120000}, {450000, 300000},
	{750000, 600000}, {1050000, 900000}, {1500000, 1200000}, {2700000, 1800000}, {5400000, 3600000}, {9000000, 7200000},
	{16200000, 10800000}, {32400000, 21600000}, {86400000, 43200000}, {604800000, 86400000}, {1814400000, 604800000}, {3628800000, 2592000000},
}

// roundStep is the step in ms that a browser takes for a raw one.
func roundStep(ms int64) int64 {
	for _, s := range steps {
		if ms < s[0] {
			return s[1]
		}
	}
	return 365 * 24 * time.Hour.Milliseconds()
}

var spanForm = regexp.MustCompile(`^(\d+(?:\.\d+)?)(ms|[smhdwMy])$`)

// parseSpan reads a duration in Grafana's notation, such as 90s or 1M; a leading
// > (at least) is left out. ok is false for anything else.
func parseSpan(text string) (d time.Duration, ok bool) {
	m := spanForm.FindStringSubmatch(strings.TrimPrefix(strings.TrimSpace(text), ">"))
	if m == nil {
		return 0, false
	}
	n, err := strconv.ParseFloat(m[1], 64)
	units := map[string]time.Duration{
		"ms": time.Millisecond, "s": time.Second, "m": time.Minute, "h": time.Hour, "d": 24 * time.Hour,
		"w": 7 * 24 * time.Hour, "M": 30 * 24 * time.Hour, "y": 365 * 24 * time.Hour,
	}
	unit := units[m[2]]
	if err != nil || n <= 0 || n > float64(100*365*24*time.Hour)/float64(unit) {
		return 0, false
	}
	return time.Duration(n * float64(unit)), true
}

// spanText writes ms in Grafana's notation, in the largest unit that is exact.
func spanText(ms int64) string {
	for _, u := range []struct {
		ms   int64
		name string
	}{{86400000, "d"}, {3600000, "h"}, {60000, "m"}, {1000, "s"}} {
		if ms >= u.ms && ms%u.ms == 0 {
			return strconv.FormatInt(ms/u.ms, 10) + u.name
		}
	}
	return strconv.FormatInt(ms, 10) + "ms"
}
