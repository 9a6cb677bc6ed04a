package notify

import "log/slog"

// Secret is a text that is never printed, and need not be one: chat systems put a
// token into the address.
type Secret string

const hidden = "<secret>"

// String is what fmt prints.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return hidden
}

// GoString is what %#v prints.
func (s Secret) GoString() string { return s.String() }

// MarshalText is what encoders print.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// LogValue is what loggers print.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }
