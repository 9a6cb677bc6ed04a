package report

import (
	"fmt"
	"regexp"
	"strings"

	"collector/internal/timeline"
)

// linksID is the block of link definitions, at the end of every document.
const linksID = "evidence-links"

// citation finds the citations of a document.
var citation = regexp.MustCompile(`\[([a-z][a-z0-9_]*-[0-9a-f]{8})\]`)

// citedIn returns the records that a document cites, each once, in order.
func citedIn(doc string) []string {
	var ids []string
	seen := map[string]bool{}
	for _, m := range citation.FindAllStringSubmatch(doc, -1) {
		if !seen[m[1]] {
			seen[m[1]] = true
			ids = append(ids, m[1])
		}
	}
	return ids
}

// asked says what was asked of whom.
func asked(e timeline.Evidence) string {
	if e.Target == "" {
		return e.Query
	}
	return e.Target + ": " + e.Query
}

// linksBlock defines the link of every citation in the document: its target is
// the record, its title says what was asked of whom. Records kept from an
// earlier state of the draft lie in evidence/earlier.
func linksBlock(doc string, records, earlier []timeline.Evidence) string {
	targets := map[string]string{}
	titles := map[string]string{}
	note := func(list []timeline.Evidence, folder string) {
		for _, e := range list {
			if targets[e.ID] != "" {
				continue
			}
			targets[e.ID] = folder + e.ID + ".json"
			titles[e.ID] = linkTitle(asked(e))
		}
	}
	note(records, evidenceDir)
	note(earlier, earlierDir)
	packed := len(records) > maxEvidenceFiles
	var b strings.Builder
	for _, id := range citedIn(doc) {
		target := targets[id]
		if target == "" {
			continue
		}
		if packed && !strings.HasPrefix(target, earlierDir) {
			target = evidenceArchive
		}
		fmt.Fprintf(&b, "[%s]: %s \"%s\"\n", id, target, titles[id])
	}
	return "\n" + b.String()
}
