package loki

import (
	"regexp"
	"strconv"
	"strings"
)

// selectorIn finds where the selector of streams begins with which every query of lines
// starts. A query that starts with anything else computes numbers, or is none.
func selectorIn(query string) (at int, ok bool) {
	rest := strings.TrimLeft(query, " \t\r\n(")
	return len(query) - len(rest), strings.HasPrefix(rest, "{")
}

// scoped restricts a query to the clusters of a draft, on the server's side. A stream
// without the label stays: nobody said that it does not matter.
func scoped(query, label string, clusters []string) string {
	at, ok := selectorIn(query)
	if !ok || len(clusters) == 0 {
		return query
	}
	names := make([]string, 0, len(clusters)+1)
	for _, c := range clusters {
		names = append(names, regexp.QuoteMeta(c))
	}
	matcher := label + "=~" + strconv.Quote(strings.Join(append(names, ""), "|"))
	rest := query[at+1:]
	if !strings.HasPrefix(strings.TrimLeft(rest, " \t\r\n"), "}") {
		matcher += ", "
	}
	return query[:at+1] + matcher + rest
}
