package prometheus

import (
	"fmt"
	"strings"
	"time"

	"github.com/prometheus/common/model"
)

// Duration is a duration in Prometheus's notation (1h30m, 2d). A text that is
// none is kept until Validate, which can name its place in the file.
type Duration struct {
	time.Duration
	err error
}

// UnmarshalYAML reads a scalar.
func (d *Duration) UnmarshalYAML(text []byte) error {
	s := strings.Trim(strings.TrimSpace(string(text)), `"'`)
	parsed, err := model.ParseDuration(s)
	if err != nil {
		d.err = fmt.Errorf("%q is not a duration", s)
		return nil
	}
	d.Duration = time.Duration(parsed)
	return nil
}

// MarshalYAML writes the duration as a person would.
func (d Duration) MarshalYAML() ([]byte, error) {
	return []byte(model.Duration(d.Duration).String()), nil
}

func (d *Duration) setDefault(to time.Duration) {
	if !d.given() {
		d.Duration = to
	}
}

func (d Duration) given() bool { return d.Duration != 0 || d.err != nil }
