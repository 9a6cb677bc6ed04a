package deploylog

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"collector/internal/sources"
	"collector/internal/sources/deployline"
)

// Validate says everything that is wrong with the configuration, in the order of
// its keys. It looks at no file: that is what Check is for.
func (c Config) Validate() []sources.Problem {
	var problems []sources.Problem
	add := func(path, message, fix string) {
		problems = append(problems, sources.Problem{Path: path, Message: message, Fix: fix})
	}
	f := c.File
	if strings.TrimSpace(c.Name) == "" {
		add("name", "is empty", "give the log a name such as releases")
	}
	validatePaths(f.Paths, add)
	switch f.Format {
	case deployline.FormatJSON, deployline.FormatLogfmt:
		if f.Pattern != "" {
			add("file.pattern", fmt.Sprintf("has no meaning with format %s", f.Format), "remove it, or write format: regexp")
		}
	case deployline.FormatRegexp:
		validatePattern(f, add)
	default:
		add("file.format", fmt.Sprintf("unknown format %q", f.Format), "write json, logfmt or regexp")
	}
	c.grammar().Validate(func(path, message, fix string) { add("file."+path, message, fix) })
	if f.Lookaround < 0 {
		add("file.lookaround", "is negative", "write a duration such as 6h")
	}
	if f.Lookback < 0 {
		add("file.lookback", "is negative", "write a duration such as 1d")
	}
	return problems
}

type addProblem func(path, message, fix string)

func validatePaths(paths []string, add addProblem) {
	if len(paths) == 0 {
		add("file.paths", "names no file", "write a list of globs such as ['/var/log/deploy/*.log*']")
	}
	for i, p := range paths {
		key := fmt.Sprintf("file.paths[%d]", i)
		switch {
		case strings.TrimSpace(p) == "":
			add(key, "is empty", "remove it, or write a glob such as /var/log/deploy/*.log*")
		case !doublestar.ValidatePathPattern(p):
			add(key, fmt.Sprintf("%q is not a valid glob", p), `close every [ and {, or put a \ before those that belong to the name`)
		case strings.HasPrefix(p, "~"):
			add(key, fmt.Sprintf("%q: ~ is not expanded", p), "write the whole path from /")
		case strings.ContainsRune(p, 0):
			add(key, "contains a NUL byte", "remove it")
		case strings.HasSuffix(p, string(filepath.Separator)):
			add(key, fmt.Sprintf("%q names a directory", p), fmt.Sprintf("write %s*", p))
		}
	}
}

func validatePattern(f File, add addProblem) {
	if f.Pattern == "" {
		add("file.pattern", "is empty", `format regexp needs one, such as '^(?P<time>\S+) (?P<event>\S+) (?P<service>\S+) (?P<version>\S+)'`)
		return
	}
	re, err := regexp.Compile(f.Pattern)
	if err != nil {
		add("file.pattern", err.Error(), "correct the regular expression (syntax: https://pkg.go.dev/regexp/syntax; it has no look-around)")
		return
	}
	names := re.SubexpNames()
	for _, want := range [...]string{deployline.FieldTime, deployline.FieldService, deployline.FieldEvent} {
		_, noEvent := f.Events[""]
		group := f.logName(want)
		if slices.Contains(names, group) || (want == deployline.FieldEvent && noEvent) {
			continue
		}
		fix := fmt.Sprintf("put (?P<%s>…) around the %s", group, want)
		if want == deployline.FieldEvent {
			fix += ", or map lines without an event: events: {'': deploy_finished}"
		}
		add("file.pattern", fmt.Sprintf("has no group named %s", group), fix)
	}
}

// logName is the log's own name of one of our fields.
func (f File) logName(ours string) string {
	if theirs := f.Fields[ours]; theirs != "" {
		return theirs
	}
	return ours
}
