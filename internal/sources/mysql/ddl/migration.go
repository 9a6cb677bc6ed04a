package ddl

import "strings"

// The tools that copy a table into a ghost and swap the two.
const (
	GhOst = "gh-ost"
	PtOSC = "pt-online-schema-change"
)

// MigrationOf says whose ghost a table or trigger is, by its name:
//
//	gh-ost                   _orders_gho, _orders_ghc, _orders_del, _orders_20240712090000_del
//	pt-online-schema-change  _orders_new, __orders_new (up to ten underscores), _orders_old; triggers pt_osc_…
//
// See https://github.com/github/gh-ost/blob/master/doc/command-line-flags.md and
// https://docs.percona.com/percona-toolkit/pt-online-schema-change.html.
func MigrationOf(table string) (tool, original string, ok bool) {
	if strings.HasPrefix(table, "pt_osc_") {
		return PtOSC, "", true
	}
	name := strings.TrimLeft(table, "_")
	underscores := len(table) - len(name)
	if underscores == 0 {
		return "", "", false
	}
	for _, suffix := range []string{"_gho", "_ghc", "_del"} {
		original, found := strings.CutSuffix(table[1:], suffix)
		if !found || original == "" {
			continue
		}
		if suffix == "_del" {
			original = withoutStamp(original)
		}
		return GhOst, original, original != ""
	}
	if underscores > 10 {
		return "", "", false
	}
	for _, suffix := range []string{"_new", "_old"} {
		if original, found := strings.CutSuffix(name, suffix); found && original != "" {
			return PtOSC, original, true
		}
	}
	return "", "", false
}

// withoutStamp takes _20240712090000 away, gh-ost's --timestamp-old-table.
func withoutStamp(name string) string {
	const digits = 14
	at := len(name) - digits
	if at < 1 || name[at-1] != '_' || strings.Trim(name[at:], "0123456789") != "" {
		return name
	}
	return name[:at-1]
}
