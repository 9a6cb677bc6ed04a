package sources

import (
	"fmt"

	"github.com/alecthomas/units"
)

// Size is a number of bytes, written 20GiB or 512MiB.
type Size int64

// UnmarshalYAML reads a size with a binary or decimal unit.
func (s *Size) UnmarshalYAML(unmarshal func(any) error) error {
	var text string
	if err := unmarshal(&text); err != nil {
		return err
	}
	n, err := units.ParseStrictBytes(text)
	if err != nil || n <= 0 {
		return fmt.Errorf("%q is not a size: write 20GiB or 512MiB", text)
	}
	*s = Size(n)
	return nil
}

func (s Size) String() string { return units.Base2Bytes(s).String() }
