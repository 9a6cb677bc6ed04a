package report

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestVerifySeesOlderBlocks: a block that stands before newer facts is not taken for
// generated because its sum fits: whoever changes it can change the sum too.
func TestVerifySeesOlderBlocks(t *testing.T) {
	draft := rich(t)
	dir := write(t, draft)
	file := filepath.Join(dir, "postmortem.md")
	data, err := os.ReadFile(file)
	must(t, err)
	doc := string(data)
	var summary segment
	for _, s := range split(doc) {
		if s.id == "summary" {
			summary = s
		}
	}
	forged := block("summary", "\n- It was nothing. [mysql-00000000]\n") + "\n" + block("summary.update-1", beside(summary.text))
	must(t, os.WriteFile(file, []byte(strings.Replace(doc, summary.raw, forged, 1)), 0o600))
	found, err := Verify(dir, deriver(draft))
	must(t, err)
	told := false
	for _, d := range found {
		told = told || strings.Contains(d.Text, "block summary is older than the newer facts beside it")
	}
	if !told {
		t.Errorf("nothing is said of the older block: %v", found)
	}
}

// TestVerifyHoldsTheLinks: links of an edited document lead to the records, wherever
// somebody would like them to lead.
func TestVerifyHoldsTheLinks(t *testing.T) {
	draft := rich(t)
	for name, evil := range map[string]bool{"as they were": false, "elsewhere": true} {
		t.Run(name, func(t *testing.T) {
			dir := write(t, draft)
			file := filepath.Join(dir, "postmortem.md")
			data, err := os.ReadFile(file)
			must(t, err)
			doc := string(data) + "\nA person wrote this.\n"
			for _, s := range split(doc) {
				if s.id == linksID && evil {
					doc = strings.Replace(doc, s.raw, block(linksID, strings.Replace(s.text, "]: evidence/", "]: https://example.org/", 1)), 1)
				}
			}
			must(t, os.WriteFile(file, []byte(doc), 0o600))
			found, err := Verify(dir, deriver(draft))
			must(t, err)
			faults := 0
			for _, d := range found {
				if !d.Edited {
					faults++
				}
			}
			if evil != (faults > 0) {
				t.Errorf("%v", found)
			}
		})
	}
}

// TestVerifyChecksEveryListedFile: a file that the sums list is checked wherever it lies
// below the evidence.
func TestVerifyChecksEveryListedFile(t *testing.T) {
	draft := quiet(t)
	dir := write(t, draft)
	name := "evidence/more/mysql-00000000.json"
	must(t, os.MkdirAll(filepath.Join(dir, "evidence", "more"), 0o750))
	must(t, os.WriteFile(filepath.Join(dir, name), []byte("{}"), 0o600))
	sums, err := os.ReadFile(filepath.Join(dir, sumsFile))
	must(t, err)
	must(t, os.WriteFile(filepath.Join(dir, sumsFile), append(sums, []byte(sumOf([]byte("[]"))+"  "+name+"\n")...), 0o600))
	found, err := Verify(dir, deriver(draft))
	must(t, err)
	if kinds(found, name) != Altered {
		t.Errorf("%v", found)
	}
}
