package config

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// hint is what to do about a key that does not belong where it stands.
func hint(key string) string {
	known := knownKeys()
	var longer []string
	for _, k := range known {
		if strings.HasPrefix(k, key+"_") {
			longer = append(longer, strconv.Quote(k))
		}
	}
	if len(longer) > 0 && len(key) > 2 {
		return fmt.Sprintf("did you mean %s?", strings.Join(longer, " or "))
	}
	if slices.Contains(known, key) {
		return "it belongs into another block;"
	}
	if near := nearest(key, known); near != "" {
		return fmt.Sprintf("did you mean %q?", near)
	}
	return "remove it;"
}

// nearest is the known key within one edit of a mistyped one, or two when it is
// long enough for that to mean something.
func nearest(key string, known []string) string {
	best, bestDistance := "", min(2, (len(key)+1)/3)+1
	for _, k := range known {
		if d := distance(key, k); d < bestDistance {
			best, bestDistance = k, d
		}
	}
	return best
}

// distance is the Levenshtein distance of two short words.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		previous := row[0]
		row[0] = i + 1
		for j := range len(b) {
			above := row[j+1]
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			row[j+1] = min(row[j]+1, above+1, previous+cost)
			previous = above
		}
	}
	return row[len(b)]
}
