package report

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// quantity prints a value with its unit: 89.3 queries/s, 2.63 M rows/s, 4.9 ms,
// 12.4 MiB, 87 %.
func quantity(value float64, unit string) string {
	switch {
	case math.IsNaN(value):
		return "no value"
	case math.IsInf(value, 0):
		return "infinite"
	}
	switch strings.ToLower(unit) {
	case "s", "seconds", "second":
		if math.Abs(value) >= 120 && math.Abs(value) < 1e9 {
			return sign(value) + span(time.Duration(math.Abs(value)*float64(time.Second)))
		}
		return seconds(value)
	case "s/s":
		return seconds(value) + " per second"
	case "bytes", "byte", "b":
		return binary(value, "B")
	case "bytes/s":
		return binary(value, "B") + "/s"
	case "ratio":
		return number(value*100) + " %"
	case "%", "percent":
		return number(value) + " %"
	case "":
		return short3(value)
	}
	return short3(value) + " " + escape(unit, 30)
}

// count prints a figure that people count in full: 41,823 requests. Prometheus
// extrapolates increases, so that a figure of many may come with a fraction; the
// nearest whole number is then called what it is.
func count(value float64, unit string) string {
	if !countable.MatchString(unit) || unit == "bytes" || unit == "seconds" || math.IsNaN(value) || math.Abs(value) >= 1e15 {
		return quantity(value, unit)
	}
	about := ""
	if value != math.Trunc(value) && math.Abs(value) >= 1 {
		about, value = "about ", math.Round(value)
	}
	return about + number(value) + " " + escape(unit, 30)
}

// countable matches units of which there is no half: requests, failed orders.
var countable = regexp.MustCompile(`^[a-z]+([ _][a-z]+)*s$`)

// seconds prints a short time: 4.9 ms, 3.2 s.
func seconds(v float64) string {
	switch abs := math.Abs(v); {
	case abs < 1e-9 || abs >= 1:
		return number(v) + " s"
	case abs < 1e-3:
		return number(v*1e6) + " µs"
	}
	return number(v*1e3) + " ms"
}

// short3 is number with a prefix from a million on.
func short3(v float64) string {
	switch abs := math.Abs(v); {
	case abs >= 1e15 || abs < 999_500:
		return number(v)
	case abs >= 999_500_000:
		return number(v/1e9) + " G"
	}
	return number(v/1e6) + " M"
}

func sign(v float64) string {
	if v < 0 {
		return "−"
	}
	return ""
}

func binary(v float64, unit string) string {
	prefixes := [...]string{"", "Ki", "Mi", "Gi", "Ti", "Pi"}
	i := 0
	for math.Abs(v) >= 1024 && i < len(prefixes)-1 {
		v /= 1024
		i++
	}
	return number(v) + " " + prefixes[i] + unit
}

// number prints about three significant digits, whole numbers in full, with
// commas: 0.0312, 12.4, 1,204.
func number(v float64) string {
	abs := math.Abs(v)
	switch {
	case abs < 1e-9:
		return "0"
	case v < 0:
		return "−" + number(abs)
	case abs >= 1e15 || abs < 1e-4:
		return strconv.FormatFloat(v, 'g', 3, 64)
	case abs >= 100 || v == math.Trunc(v):
		return commas(strconv.FormatFloat(math.Round(v), 'f', 0, 64))
	}
	digits := 2 - int(math.Floor(math.Log10(abs)))
	text := strconv.FormatFloat(v, 'f', digits, 64)
	return strings.TrimRight(strings.TrimRight(text, "0"), ".")
}

func commas(digits string) string {
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// attribute reads a number that a source put among an event's attributes.
func attribute(attributes map[string]string, key string) (float64, bool) {
	v, err := strconv.ParseFloat(attributes[key], 64)
	return v, err == nil && !math.IsNaN(v)
}

// plural is "1 alert" or "2 alerts".
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return commas(strconv.Itoa(n)) + " " + nounOf(n, noun)
}

func nounOf(n int, noun string) string {
	switch {
	case n == 1:
		return noun
	case strings.HasSuffix(noun, "y"):
		return strings.TrimSuffix(noun, "y") + "ies"
	}
	return noun + "s"
}

// enumerate is "a", "a and b", "a, b and c"; of more than limit the rest is counted.
func enumerate(items []string, limit int) string {
	if len(items) > limit {
		return strings.Join(items[:limit], ", ") + " and " + commas(strconv.Itoa(len(items)-limit)) + " more"
	}
	if len(items) < 2 {
		return strings.Join(items, "")
	}
	return strings.Join(items[:len(items)-1], ", ") + " and " + items[len(items)-1]
}
