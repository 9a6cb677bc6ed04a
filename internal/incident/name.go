package incident

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// slugLimit is the longest name of a group in an ID, in bytes.
const slugLimit = 40

// ids gives IDs that nobody has.
type ids map[string]bool

func newIDs(names []Naming) ids {
	taken := ids{}
	for _, n := range names {
		taken[n.ID] = true
	}
	return taken
}

// give is the ID of a new incident: when it began, and whom it is about. It can
// stand in a path and in a URL, whatever the labels are.
func (taken ids) give(c *cluster) string {
	first := c.members[0]
	about := aboutGroup(c.labels)
	if about == "" {
		about = slug(first.Name())
	}
	if about == "" {
		about = "incident"
	}
	base := first.From.UTC().Format("2006-01-02T1504Z-") + about
	id := base
	for n := 2; taken[id]; n++ {
		id = fmt.Sprintf("%s-%d", base, n)
	}
	taken[id] = true
	return id
}

// aboutGroup is the part of an ID that tells its group, "" for none.
func aboutGroup(labels map[string]string) string {
	return slug(strings.Join(valuesOf(labels), " "))
}

// isAbout reports whether an ID was given to an incident about this.
func isAbout(id, group string) bool {
	_, about, _ := strings.Cut(id, "Z-")
	rest, ok := strings.CutPrefix(about, group)
	return ok && group != "" && strings.Trim(rest, "-0123456789") == ""
}

// valuesOf are a group's values in the order of its labels' names.
func valuesOf(group map[string]string) []string {
	var values []string
	for _, name := range slices.Sorted(maps.Keys(group)) {
		values = append(values, group[name])
	}
	return values
}

// slug is a text in lower-case ASCII letters, digits and single hyphens.
func slug(text string) string {
	var b strings.Builder
	dash := false
	for _, r := range strings.ToLower(text) {
		if b.Len() >= slugLimit {
			break
		}
		if (r < 'a' || r > 'z') && (r < '0' || r > '9') {
			dash = b.Len() > 0
			continue
		}
		if dash {
			b.WriteByte('-')
			dash = false
		}
		b.WriteRune(r)
	}
	return b.String()
}
