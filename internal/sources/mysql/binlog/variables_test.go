package binlog

import "testing"

func TestReadVariables(t *testing.T) {
	mode := []byte{1, 4, 0, 0x10, 0, 0, 0, 0, 0}
	for _, tc := range []struct {
		name  string
		in    []byte
		mode  sqlMode // 1: none
		alter byte
	}{
		{"none", nil, 1, 0},
		{"flags and mode", append([]byte{0, 0, 0, 0, 0}, mode...), modeANSIQuotes | modeNoBackslashEscapes, 0},
		{"as MariaDB begins an ALTER", append(append([]byte{0, 0, 0, 0, 0}, mode...), 6, 3, 's', 't', 'd', 4, 1, 2, 3, 4, 5, 6, 11, 1, 'u', 1, 'h', 129, 1, 2, 3, 4, 5, 6, 7, 8, 130, alterStarts), modeANSIQuotes | modeNoBackslashEscapes, alterStarts},
		{"cut off", mode[:5], 1, 0},
		{"cut off in a text", append(append([]byte{}, mode...), 6, 200, 's'), modeANSIQuotes | modeNoBackslashEscapes, 0},
		{"unknown", append(append([]byte{}, mode...), 12, 254, 130, alterStarts), modeANSIQuotes | modeNoBackslashEscapes, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := readVariables(tc.in)
			mode := sqlMode(1)
			if got.mode != nil {
				mode = *got.mode
			}
			if mode != tc.mode || got.alter != tc.alter {
				t.Errorf("got %d, %d", mode, got.alter)
			}
		})
	}
}
