package prometheus

import "testing"

func TestQuantity(t *testing.T) {
	for _, tt := range []struct {
		v    float64
		unit string
		want string
	}{
		{0, "errors/s", "0 errors/s"},
		{-1e-10, "errors/s", "0 errors/s"},
		{89.33, "queries/s", "89.3 queries/s"},
		{164.8, "queries/s", "165 queries/s"},
		{21280, "rows/s", "21,280 rows/s"},
		{2626990, "rows/s", "2.63 M rows/s"},
		{999999, "rows/s", "1 M rows/s"},
		{3.2e9, "rows/s", "3.2 G rows/s"},
		{0.004984, "s", "4.98 ms"},
		{0.00002, "s", "20 µs"},
		{4.86, "s", "4.86 s"},
		{0, "s", "0 s"},
		{11.98, "s/s", "12 s per second"},
		{0.005, "s/s", "5 ms per second"},
		{0.8731, "ratio", "87.3 %"},
		{13002342, "bytes", "12.4 MiB"},
		{2048, "bytes/s", "2 KiB/s"},
		{-12.5, "", "−12.5"},
		{99.99, "", "100"},
	} {
		if got := quantity(tt.v, tt.unit); got != tt.want {
			t.Errorf("quantity(%v, %q) = %q, want %q", tt.v, tt.unit, got, tt.want)
		}
	}
}
