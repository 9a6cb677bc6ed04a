package timeline

import (
	"encoding/json"
	"fmt"
	"time"
)

// timeLayout is RFC 3339 in UTC with milliseconds, the one form of time in
// every file that collector writes.
const timeLayout = "2006-01-02T15:04:05.000Z"

// FormatTime writes t as every collector file does: RFC 3339, UTC, milliseconds.
func FormatTime(t time.Time) string { return t.UTC().Format(timeLayout) }

// Instant is a point in time with its error: the truth lies in
// [Earliest, Latest], and At is the best single estimate.
type Instant struct {
	At, Earliest, Latest time.Time
}

// Exactly is an instant without a known error.
func Exactly(t time.Time) Instant { return Instant{t, t, t} }

// Between is an instant known only to lie between two observations. Its best
// estimate is the later one, when the new state was first seen.
func Between(earliest, latest time.Time) Instant { return Instant{latest, earliest, latest} }

// Around is the instant at ± err.
func Around(at time.Time, err time.Duration) Instant {
	return Instant{at, at.Add(-err), at.Add(err)}
}

// Before reports whether i certainly came before j: the errors leave no doubt.
func (i Instant) Before(j Instant) bool { return i.Latest.Before(j.Earliest) }

// Shift moves the whole instant by d.
func (i Instant) Shift(d time.Duration) Instant {
	return Instant{i.At.Add(d), i.Earliest.Add(d), i.Latest.Add(d)}
}

// Validate says what is wrong with an instant whose bounds do not hold its estimate.
func (i Instant) Validate() error {
	if i.At.IsZero() || i.At.Before(i.Earliest) || i.At.After(i.Latest) {
		return fmt.Errorf("instant %s is not within [%s, %s]", FormatTime(i.At), FormatTime(i.Earliest), FormatTime(i.Latest))
	}
	return nil
}

type instantJSON struct {
	At       string `json:"at"`
	Earliest string `json:"earliest"`
	Latest   string `json:"latest"`
}

// MarshalJSON writes the three times in the one layout of all files.
func (i Instant) MarshalJSON() ([]byte, error) {
	return json.Marshal(instantJSON{FormatTime(i.At), FormatTime(i.Earliest), FormatTime(i.Latest)})
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (i *Instant) UnmarshalJSON(b []byte) error {
	var raw struct{ At, Earliest, Latest time.Time }
	if err := json.Unmarshal(b, &raw); err != nil {
		return err
	}
	*i = Instant{raw.At, raw.Earliest, raw.Latest}
	return nil
}
