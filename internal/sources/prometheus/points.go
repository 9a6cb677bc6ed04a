package prometheus

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"

	"github.com/prometheus/common/model"
)

// digits is how many significant digits of a value a record keeps.
const digits = 6

// number is a value as records write it: six significant digits; JSON has no
// word for NaN and the infinities, so they are strings.
type number float64

// MarshalJSON implements json.Marshaler.
func (n number) MarshalJSON() ([]byte, error) {
	v := float64(n)
	if !finite(v) {
		return []byte(`"` + strconv.FormatFloat(v, 'g', -1, 64) + `"`), nil
	}
	return []byte(strconv.FormatFloat(v, 'g', digits, 64)), nil
}

// UnmarshalJSON implements json.Unmarshaler.
func (n *number) UnmarshalJSON(text []byte) error {
	s := string(text)
	if len(s) > 1 && s[0] == '"' {
		if err := json.Unmarshal(text, &s); err != nil {
			return err
		}
	}
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return fmt.Errorf("%q is not a number", s)
	}
	*n = number(v)
	return nil
}

// stretch is a run of values at one distance.
type stretch struct {
	From   int64    `json:"from"` // ms since 1970
	Step   int64    `json:"step"` // ms; 0 for a single value
	Values []number `json:"values"`
}

// last is the time of the stretch's last value.
func (s stretch) last() int64 { return s.From + s.Step*int64(len(s.Values)-1) }

// stretches writes samples in few words: a new stretch begins where a sample is
// missing or the distance changes.
func stretches(samples []sample) []stretch {
	var out []stretch
	for i, s := range samples {
		if n := len(out); n > 0 {
			last := &out[n-1]
			gap := s.T - samples[i-1].T
			if last.Step == 0 && (len(out[n-1].Values) == 1) {
				last.Step = gap
			}
			if gap == last.Step {
				last.Values = append(last.Values, number(s.V))
				continue
			}
		}
		out = append(out, stretch{From: s.T, Values: []number{number(s.V)}})
	}
	return out
}

// samplesOf is the inverse of stretches. Foreign records may say anything: times
// that do not rise are refused.
func samplesOf(all []stretch) ([]sample, error) {
	var out []sample
	for _, st := range all {
		if st.Step <= 0 && len(st.Values) > 1 {
			return nil, fmt.Errorf("a stretch of %d values has the step %d ms", len(st.Values), st.Step)
		}
		for i, v := range st.Values {
			t := st.From + int64(i)*st.Step
			if len(out) > 0 && t <= out[len(out)-1].T {
				return nil, fmt.Errorf("the value at %d ms does not come after the one before", t)
			}
			out = append(out, sample{t, float64(v)})
		}
	}
	return out, nil
}

func fromPairs(points []model.SamplePair) []sample {
	out := make([]sample, len(points))
	for i, p := range points {
		out[i] = sample{int64(p.Timestamp), roundTo(float64(p.Value))}
	}
	return out
}

// roundTo keeps the digits that a record keeps, so that what Gather sees is what
// Interpret will see.
func roundTo(v float64) float64 {
	if !finite(v) || v == 0 {
		return v
	}
	rounded, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', digits, 64), 64)
	if err != nil {
		return math.NaN()
	}
	return rounded
}
