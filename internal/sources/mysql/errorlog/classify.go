package errorlog

import (
	"slices"
	"strings"
)

// classified is an entry with its category, or nil for one that nobody knows.
type classified struct {
	entry
	*category
	details map[string]string // strictly shaped parts of the message, accounts and hosts not yet masked
}

// classify finds an entry's category: by MySQL's number first, by phrase else.
func classify(e entry) classified {
	if e.message == "" { // MariaDB begins a deadlock's report so
		return classified{e, named("deadlock_print"), nil}
	}
	lower := strings.ToLower(e.message)
	for _, byCode := range [...]bool{true, false} {
		if byCode && e.code == 0 {
			continue
		}
		for i := range categories {
			c := &categories[i]
			if byCode && !slices.Contains(c.codes, e.code) {
				continue
			}
			groups := c.groups(e.message, lower)
			if groups == nil && (!byCode || c.strict) {
				continue
			}
			return classified{e, c, c.details(groups)}
		}
	}
	return classified{entry: e}
}

// groups are those of the phrase, nil where it does not match.
func (c *category) groups(message, lower string) []string {
	if !slices.ContainsFunc(c.hints, func(hint string) bool { return strings.Contains(lower, hint) }) {
		return nil
	}
	return c.phrase.FindStringSubmatch(message)
}

// details are the named groups that matched.
func (c *category) details(groups []string) map[string]string {
	if groups == nil {
		return nil
	}
	found := map[string]string{}
	for i, name := range c.phrase.SubexpNames() {
		name = strings.TrimRight(name, "0123456789")
		if name != "" && groups[i] != "" && found[name] == "" {
			found[name] = groups[i]
		}
	}
	return found
}

// named finds a category by name.
func named(name string) *category {
	i := slices.IndexFunc(categories, func(c category) bool { return c.name == name })
	if i < 0 {
		return nil
	}
	return &categories[i]
}
