package main

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"
)

// TestHostileAlert tells the daemon of changes, notes and alerts whose names, labels and
// annotations are attacks. Their drafts are written all the same, each in a directory of its own below
// report.out; nothing is written elsewhere, and the page holds nothing that runs.
func TestHostileAlert(t *testing.T) {
	top := t.TempDir()
	root := filepath.Join(top, "deep", "below", "the", "top") // who climbs is seen
	if err := os.MkdirAll(root, 0o700); err != nil {
		t.Fatal(err)
	}
	config := filepath.Join(root, "collector.yaml")
	text := fmt.Sprintf("timezone: UTC\nstorage: {path: %[1]s/store}\nserver: {listen: '127.0.0.1:0'}\nreport: {out: %[1]s/out/postmortems}\n"+
		"mysql: [{name: db1, cluster: shop, address: '127.0.0.1:1', user: collector}]\nincidents: {group_by: [cluster, alertname], recovery_wait: 0s}\n", root)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	attacks := []string{
		"../../../../escaped", "/etc/cron.d/escaped", `..\..\escaped`, "escaped\x00.md", "CON", strings.Repeat("../", 2000) + "x",
		`<script>alert(1)</script><img src=x onerror="alert(1)">`, "\"><svg/onload=alert(1)>", "[x](javascript:alert(1))", "a | b\n# c\n<!-- collector:end id=title -->",
		"\u202egnp.exe", strings.Repeat("A", 1<<20),
	}
	d := startDaemon(t, config)
	began := time.Now().UTC().Format(time.RFC3339)
	for _, attack := range attacks {
		tellHostile(t, d, attack)
	}
	for n, attack := range attacks {
		labels := map[string]string{"alertname": attack, "cluster": attack, "instance": attack, "severity": attack, "job": attack}
		alert := map[string]any{
			"status": "firing", "labels": labels, "annotations": map[string]string{"summary": attack, "description": attack, "runbook_url": "javascript:alert(1)"},
			"startsAt": began, "generatorURL": "javascript:alert(1)", "fingerprint": fmt.Sprintf("%016x", n+1),
		}
		body, err := json.Marshal(map[string]any{"version": "4", "receiver": attack, "groupKey": attack, "externalURL": "javascript:alert(1)", "alerts": []any{alert}})
		if err != nil {
			t.Fatal(err)
		}
		if code, said := answer(http.Post(d.url+"/api/v1/alertmanager", "application/json", strings.NewReader(string(body)))); code != http.StatusOK {
			t.Fatalf("%.40q: answered %d %s", attack, code, said)
		}
	}
	pages := func() []string {
		found, err := filepath.Glob(filepath.Join(root, "out/postmortems/2*/postmortem.html"))
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	eventually(t, "every incident has its draft", d.log.String, func() bool { return len(pages()) == len(attacks) })
	if code, _ := d.stop(t); code != exitOK {
		t.Errorf("the daemon ended with %d", code)
	}
	for _, page := range pages() {
		harmless(t, page)
	}
	onlyBelow(t, top, root)
}

// tellHostile pushes a change and a note that are an attack. What is no text of bearable
// size is refused.
func tellHostile(t *testing.T, d *runningDaemon, attack string) {
	t.Helper()
	for path, fields := range map[string]map[string]string{
		"/api/v1/changes": {"service": attack, "version": attack, "event": "deploy_failed", "author": attack, "message": attack, "url": attack, attack: attack},
		"/api/v1/notes":   {"text": attack, "author": strings.ToValidUTF8(attack[:min(len(attack), 100)], "")},
	} {
		body, err := json.Marshal(fields)
		if err != nil {
			t.Fatal(err)
		}
		code, said := answer(http.Post(d.url+path, "application/json", strings.NewReader(string(body))))
		if code != http.StatusOK && len(attack) < 1<<13 || code >= 500 {
			t.Errorf("%s: %.40q: answered %d %s", path, attack, code, said)
		}
	}
}

// onlyBelow says what was written elsewhere than into the store and the drafts.
func onlyBelow(t *testing.T, top, root string) {
	t.Helper()
	plain := regexp.MustCompile(`^(collector\.yaml|store(/(collector|incidents|journal)\.(db(-wal|-shm)?|lock))?|out(/postmortems(/2[0-9A-Za-z-]+(/[0-9A-Za-z._-]+(/[0-9A-Za-z._-]+)?)?)?)?)$`)
	err := filepath.WalkDir(top, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || strings.HasPrefix(root, path) {
			return err
		}
		if name, _ := filepath.Rel(root, path); !plain.MatchString(name) {
			t.Errorf("written: %q", name)
		}
		if entry.Type()&fs.ModeSymlink != 0 {
			t.Errorf("%s is a symbolic link", path)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// harmless reads a page as a browser does, and names whatever could run in it.
func harmless(t *testing.T, path string) {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	page, err := html.Parse(file)
	if err != nil {
		t.Fatal(err)
	}
	for node := range page.Descendants() {
		if node.Type != html.ElementNode {
			continue
		}
		switch node.Data {
		case "script", "img", "iframe", "object", "embed", "base", "form":
			t.Errorf("%s: there is a %s", path, node.Data)
		}
		for _, a := range node.Attr {
			link := strings.ToLower(strings.TrimSpace(a.Val))
			if strings.HasPrefix(a.Key, "on") || (a.Key == "href" || a.Key == "src") && strings.HasPrefix(link, "javascript:") {
				t.Errorf("%s: %s has %s=%.80q", path, node.Data, a.Key, a.Val)
			}
		}
	}
}
