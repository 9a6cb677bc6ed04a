package mysql

import (
	"testing"
	"time"
)

func TestTicksFallInTheMiddleOfSeconds(t *testing.T) {
	at := func(s float64) time.Time {
		return time.Unix(1720771200, 0).Add(time.Duration(s * float64(time.Second)))
	}
	for _, tt := range []struct {
		now      float64
		interval time.Duration
		want     float64
	}{
		{0, time.Second, 0.5},
		{0.5, time.Second, 1.5},
		{0.7, time.Second, 1.5},
		{0.1, 100 * time.Millisecond, 0.15},
		{1, 5 * time.Second, 5.5},
		{5.6, 5 * time.Second, 10.5},
	} {
		if got := after(at(tt.now), tt.interval); !got.Equal(at(tt.want)) {
			t.Errorf("after %v at every %v: %v, want %v", tt.now, tt.interval, got.Sub(at(0)), tt.want)
		}
	}
}
