package sources

import (
	"fmt"
	"strings"
	"testing"
)

func TestParts(t *testing.T) {
	small, half, big := "x", strings.Repeat("x", maxPart/2-10), strings.Repeat("x", maxPart+1)
	for name, c := range map[string]struct {
		list []string
		want string // how many are in each piece
	}{
		"nothing":      {nil, "[0]"},
		"few":          {[]string{small, small}, "[2]"},
		"just enough":  {[]string{half, half}, "[2]"},
		"one too many": {[]string{half, half, half}, "[2 1]"},
		"big ones":     {[]string{big, small, big, big}, "[1 1 1 1]"},
	} {
		t.Run(name, func(t *testing.T) {
			pieces, err := Parts(c.list)
			if err != nil {
				t.Fatal(err)
			}
			sizes := make([]int, len(pieces))
			for i, piece := range pieces {
				sizes[i] = len(piece)
			}
			if got := fmt.Sprint(sizes); got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
}
