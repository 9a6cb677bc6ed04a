package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"collector/internal/report"
	"collector/internal/report/edittest"
)

// editedUpdates is how often the documents of one draft are edited and updated by the
// command. The thousand sequences of edits are those of internal/report, where a second
// update has the same facts and changes nothing; here each one asks the sources anew, and
// how long they took to answer is another fact.
const editedUpdates = 12

// TestDraftUpdateKeepsEveryHumanByte edits all five documents of a draft at random and
// runs `collector draft --update`, every other time after another deploy.
func TestDraftUpdateKeepsEveryHumanByte(t *testing.T) {
	b := newBench(t)
	names := report.Templates()
	dir, _, _ := b.draft(t, "--template", strings.Join(names, ","))
	update := []string{"draft", "--config", b.config(t), "--update", dir}
	file := func(name string) string { return filepath.Join(dir, name+".md") }
	for seed := range uint64(editedUpdates) {
		person := edittest.NewPerson(seed)
		before, edited := map[string]string{}, map[string]string{}
		for _, name := range names {
			before[name] = readFile(t, file(name))
			edited[name] = person.Edit(before[name])
			writeFile(t, file(name), edited[name])
		}
		if seed%2 == 1 {
			anotherDeploy(t, b.deploys, seed)
		}
		if code, _, stderr := b.collector(t, update...); code != exitOK {
			t.Fatalf("seed %d: code %d: %s", seed, code, stderr)
		}
		for _, name := range names {
			if err := edittest.Lost(before[name], edited[name], readFile(t, file(name))); err != nil {
				t.Errorf("seed %d, %s: %v", seed, name, err)
			}
		}
	}
}

// TestDraftUpdateRefusesUTF16: the command fails, names the file and the way out, and
// the file is as it was.
func TestDraftUpdateRefusesUTF16(t *testing.T) {
	b := newBench(t)
	dir, _, _ := b.draft(t)
	file := filepath.Join(dir, "postmortem.md")
	mine := "\xff\xfe" + strings.Join(strings.Split(readFile(t, file), ""), "\x00") + "\x00"
	writeFile(t, file, mine)
	code, _, stderr := b.collector(t, "draft", "--config", b.config(t), "--update", dir)
	if code != exitFailed || !strings.Contains(stderr, "postmortem.md") || !strings.Contains(stderr, "save it as UTF-8") {
		t.Errorf("code %d: %s", code, stderr)
	}
	if readFile(t, file) != mine {
		t.Error("the document was written")
	}
}

func readFile(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func writeFile(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// anotherDeploy adds a deploy within the window to a log.
func anotherDeploy(t *testing.T, log string, n uint64) {
	t.Helper()
	text := readFile(t, log)
	for i, event := range []string{"deploy_started", "deploy_finished"} {
		text += fmt.Sprintf(`{"time":"2024-07-12T09:00:%02dZ","service":"shop","version":"1.5.%d","event":"%s"}`+"\n", 30+n+uint64(i), n, event)
	}
	writeFile(t, log, text)
}
