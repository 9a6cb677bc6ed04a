package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"collector/internal/page/pagetest"
)

// TestPageOfOpenIncident reads an incident that lasts in Chromium, from a real daemon:
// what is so at its server stands on top and is followed, the bundle can be taken away,
// and a note that is written there is kept and comes with the next draft.
func TestPageOfOpenIncident(t *testing.T) {
	chromium := pagetest.StartChromium(t)
	root := t.TempDir()
	config := filepath.Join(root, "collector.yaml")
	text := fmt.Sprintf("timezone: UTC\nstorage: {path: %[1]s/store}\nserver: {listen: '127.0.0.1:0'}\nreport: {out: %[1]s/postmortems}\n"+
		"mysql: [{name: db1, cluster: shop, address: '127.0.0.1:1', user: collector}]\nincidents: {group_by: [cluster]}\n", root)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	d := startDaemon(t, config)
	alert := fmt.Sprintf(`{"version":"4","receiver":"collector","groupKey":"k","alerts":[{"status":"firing","labels":{"alertname":"MySQLDown","cluster":"shop"},"startsAt":%q,"endsAt":"0001-01-01T00:00:00Z"}]}`,
		time.Now().UTC().Format(time.RFC3339))
	if code, said := answer(http.Post(d.url+"/api/v1/alertmanager", "application/json", strings.NewReader(alert))); code != http.StatusOK {
		t.Fatalf("answered %d %s", code, said)
	}
	eventually(t, "the first draft", d.log.String, func() bool {
		found, err := filepath.Glob(filepath.Join(root, "postmortems/2*/SHA256SUMS"))
		return err == nil && len(found) == 1
	})
	tab := chromium.Tab(t, d.url+"/")
	tab.Open("/")
	tab.Wait(`document.querySelector('.state').textContent === 'open'`)
	tab.Do(chromedp.Click(chromedp.CSS("td.main a")))
	tab.Wait(`document.querySelector('#stage.live') !== null`)
	tab.Drawn()
	tab.Wait(`document.querySelector('#now:not([hidden]) .now-server')?.textContent.includes('cannot be reached')`)
	before := pagetest.Eval[string](tab, `document.querySelector('#now time').getAttribute('datetime')`)
	tab.Wait(fmt.Sprintf(`document.querySelector('#now time').getAttribute('datetime') !== %q`, before))
	if status := pagetest.Eval[int](tab, `fetch(document.querySelector('a[download]').href).then((r) => r.arrayBuffer().then((b) => b.byteLength > 1000 ? r.status : 0))`); status != http.StatusOK {
		t.Errorf("the bundle answers %d", status)
	}
	tab.Do(
		chromedp.SendKeys(chromedp.CSS("#note textarea"), "I saw the disk's light go red"),
		chromedp.Click(chromedp.CSS("#note button")),
	)
	tab.Wait(`document.readyState === 'complete' && document.querySelector('#stage') !== null && document.querySelector('#note textarea').value === ''`)
	if said := pagetest.Eval[string](tab, `document.body.innerText`); !strings.Contains(said, "Add a note") {
		t.Errorf("after the note there is %.300q", said)
	}
	tab.Wait(`fetch(location.href).then((r) => r.text()).then((text) => text.includes("light go red"))`)
	tab.Do(chromedp.Navigate("about:blank")) // who follows an incident would be told that the daemon stops
	if code, _ := d.stop(t); code != exitOK {
		t.Errorf("the daemon ended with %d", code)
	}
}
