package scoring

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
)

// citation is an evidence ID in a document: a source's short name and eight
// digits of a sum.
var citation = regexp.MustCompile(`\b[a-z]+-[0-9a-f]{8}\b`)

// citations counts the distinct evidence IDs that a draft cites, and names
// those that do not resolve to a record whose sum matches its body.
func citations(draft Draft) (count int, broken []string, err error) {
	document, err := os.ReadFile(filepath.Join(draft.Dir, "postmortem.md"))
	if err != nil {
		return 0, nil, fmt.Errorf("reading the document: %w", err)
	}
	ids := citation.FindAllString(string(document), -1)
	for _, event := range draft.Events {
		ids = append(ids, event.Evidence...)
		if len(event.Evidence) == 0 {
			broken = append(broken, "event "+event.ID+" cites nothing")
		}
	}
	for _, gap := range draft.Gaps {
		ids = append(ids, gap.Evidence...)
	}
	for _, list := range [][]cited{draft.Checks, draft.Impact} {
		for i, c := range list {
			ids = append(ids, c.Evidence...)
			if len(c.Evidence) == 0 {
				broken = append(broken, fmt.Sprintf("check or impact %d cites nothing", i))
			}
		}
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	for _, id := range ids {
		if err := resolves(draft.Dir, id); err != nil {
			broken = append(broken, err.Error())
		}
	}
	return len(ids), broken, nil
}

func resolves(dir, id string) error {
	data, err := os.ReadFile(filepath.Join(dir, "evidence", id+".json"))
	if err != nil {
		return fmt.Errorf("citation %s: %w", id, err)
	}
	var record struct{ ID, SHA256, Body string }
	if err := json.Unmarshal(data, &record); err != nil {
		return fmt.Errorf("citation %s: %w", id, err)
	}
	sum := sha256.Sum256([]byte(record.Body))
	if got := hex.EncodeToString(sum[:]); got != record.SHA256 || record.ID != id || id[len(id)-8:] != got[:8] {
		return fmt.Errorf("citation %s: the record says ID %s and sum %s, its body has the sum %s", id, record.ID, record.SHA256, got)
	}
	return nil
}
