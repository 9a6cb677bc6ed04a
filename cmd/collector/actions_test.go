package main

import (
	"os"
	"path/filepath"
	"testing"
)

// TestActionsOfSeveralDocuments: each action stands in the document in which it is
// written, also one without words, which is no other's.
func TestActionsOfSeveralDocuments(t *testing.T) {
	dir := t.TempDir()
	const head = "## Action items\n\n| Action | Owner | Target date |\n| --- | --- | --- |\n"
	for name, rows := range map[string]string{
		"postmortem.md": "|  | the DBA team | 2024-08-01 |\n| Add the index | the DBA team | 2024-08-02 |\n",
		"outage.md":     "| Add the index | the DBA team | 2024-08-02 |\n| Test it | the DBA team | 2024-08-03 |\n|  | the shop team | 2024-08-04 |\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(head+rows), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	found, err := actionsOf(dir)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"2024-08-01": "postmortem.md", "2024-08-02": "postmortem.md", "2024-08-03": "outage.md", "2024-08-04": "outage.md"}
	for _, a := range found {
		if got := filepath.Base(a.path); got != want[a.DueText] {
			t.Errorf("the action of %s stands in %s, not in %s", a.DueText, want[a.DueText], got)
		}
	}
	if len(found) != len(want) {
		t.Errorf("%d actions: %+v", len(found), found)
	}
}
