package deployline

import (
	"testing"
	"time"
)

func TestDuration(t *testing.T) {
	for in, want := range map[string]string{"09:00:00": "less than 1 s", "09:01:59": "119 s", "09:02:00": "2 min", "09:43:20": "43 min 20 s", "12:04:00": "3 h 4 min"} {
		if got := Duration(at(in).Sub(at("09:00:00"))); got != want {
			t.Errorf("%s: %q, want %q", in, got, want)
		}
	}
	if got := Duration(2500 * time.Hour); got != "104 days" {
		t.Errorf("a log that is long silent: %q", got)
	}
}
