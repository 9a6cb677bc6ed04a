package prometheus

import (
	"math"
	"strconv"
	"strings"
)

// quantity writes a value and its unit for a sentence, with about three
// significant digits: 89.3 queries/s, 2.63 M rows/s, 4.9 ms, 12.4 MiB, 87 %.
func quantity(v float64, unit string) string {
	switch unit {
	case "":
		return rounded(v)
	case "ratio":
		return rounded(100*v) + " %"
	case "s":
		return seconds(v)
	case "s/s":
		return seconds(v) + " per second"
	case "bytes", "bytes/s":
		return binary(v) + strings.TrimPrefix(unit, "bytes")
	}
	return rounded(v) + " " + unit
}

// seconds writes a duration: 4.9 ms, 3.2 s.
func seconds(v float64) string {
	switch abs := math.Abs(v); {
	case abs < 1e-9 || abs >= 1:
		return rounded(v) + " s"
	case abs < 1e-3:
		return rounded(v*1e6) + " µs"
	}
	return rounded(v*1e3) + " ms"
}

// binary writes bytes with a binary prefix.
func binary(v float64) string {
	prefixes := [...]string{"", "Ki", "Mi", "Gi", "Ti", "Pi"}
	i := 0
	for ; math.Abs(v) >= 1024 && i < len(prefixes)-1; i++ {
		v /= 1024
	}
	return rounded(v) + " " + prefixes[i] + "B"
}

// rounded writes three significant digits, whole numbers up to a million in full.
func rounded(v float64) string {
	abs := math.Abs(v)
	switch {
	case abs < 1e-9:
		return "0"
	case v < 0:
		return "−" + rounded(abs)
	case abs >= 1e15 || abs < 1e-4:
		return strconv.FormatFloat(v, 'g', 3, 64)
	case abs >= 999_500_000:
		return rounded(abs/1e9) + " G"
	case abs >= 999_500:
		return rounded(abs/1e6) + " M"
	case abs >= 100 || v == math.Trunc(v):
		text := strconv.FormatFloat(math.Round(v), 'f', 0, 64)
		if len(text) > 3 {
			text = text[:len(text)-3] + "," + text[len(text)-3:]
		}
		return text
	}
	text := strconv.FormatFloat(v, 'f', 2-int(math.Floor(math.Log10(abs))), 64)
	if strings.Contains(text, ".") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	return text
}
