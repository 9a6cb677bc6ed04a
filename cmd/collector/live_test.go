package main

import (
	"archive/tar"
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"collector/internal/live"
)

// TestFollowAnIncident: whoever follows an incident sees how its servers are, and no
// others, hears of its draft, and can take all of it away as one file that verifies.
func TestFollowAnIncident(t *testing.T) {
	dir := t.TempDir()
	config := filepath.Join(dir, "collector.yaml")
	text := fmt.Sprintf("timezone: UTC\nstorage: {path: %[1]s/store}\nserver: {listen: '127.0.0.1:0'}\nreport: {out: %[1]s/out}\n"+
		"mysql:\n  - {name: db1, cluster: shop, address: '127.0.0.1:1', user: collector}\n  - {name: db9, cluster: bank, address: '127.0.0.1:1', user: collector}\n"+
		"incidents: {group_by: [cluster], recovery_wait: 0s}\n", dir)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	d := startDaemon(t, config)
	tellOf(t, d, "shop")
	eventually(t, "the incident has a name", d.log.String, func() bool { return strings.Contains(d.log.String(), "incident=") })
	id := theIncident(t, config).ID
	events, stream := d.follow(t, id)
	var state live.State
	awaitEvent(t, events, "state", func(data string) bool {
		if err := json.Unmarshal([]byte(data), &state); err != nil {
			t.Fatal(err)
		}
		return len(state.Servers) == 1 && state.Servers[0].Health == live.Unreachable
	})
	if s := state.Servers[0]; s.Name != "db1" || s.Cluster != "shop" || s.Since.IsZero() || s.Blocking != nil || state.Schema != live.Schema || state.Incident != id {
		t.Errorf("it is told that %+v", state)
	}
	eventually(t, "the draft", d.log.String, func() bool { return strings.Contains(d.log.String(), `msg="draft written"`) })
	unpacked := unpackBundle(t, d.url+"/incidents/"+id+"/bundle.tar.zst")
	if code := run(t.Context(), []string{"verify", unpacked}, app{stdout: t.Output(), stderr: t.Output(), now: time.Now}); code != exitOK {
		t.Errorf("verify ends with %d", code)
	}
	if code, took := d.stop(t); code != exitOK {
		t.Errorf("the daemon ended with %d after %v", code, took)
	}
	<-stream // the daemon did not wait for it
}

// tellOf tells the daemon of an alert of a cluster.
func tellOf(t *testing.T, d *runningDaemon, cluster string) {
	t.Helper()
	alert := map[string]any{
		"status": "firing", "labels": map[string]string{"alertname": "Down", "cluster": cluster}, "annotations": map[string]string{},
		"startsAt": time.Now().UTC().Format(time.RFC3339), "fingerprint": "0000000000000001",
	}
	body, err := json.Marshal(map[string]any{"version": "4", "receiver": "c", "groupKey": "g", "alerts": []any{alert}})
	if err != nil {
		t.Fatal(err)
	}
	if code, said := answer(http.Post(d.url+"/api/v1/alertmanager", "application/json", strings.NewReader(string(body)))); code != http.StatusOK {
		t.Fatalf("answered %d %s", code, said)
	}
}

// sse is one server-sent event.
type sse struct{ name, data string }

// follow reads an incident's events until the stream ends, which the second channel
// says.
func (d *runningDaemon) follow(t *testing.T, id string) (<-chan sse, <-chan error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, d.url+"/incidents/"+id+"/live", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(request) //nolint:bodyclose // whoever reads it does
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%v %v", resp, err)
	}
	events, ended := make(chan sse, 1000), make(chan error, 1)
	go func() {
		defer resp.Body.Close()
		var e sse
		lines := bufio.NewScanner(resp.Body)
		for lines.Scan() {
			field, value, _ := strings.Cut(lines.Text(), ": ")
			switch field {
			case "event":
				e.name = value
			case "data":
				e.data += value
			case "":
				events <- e
				e = sse{}
			}
		}
		ended <- lines.Err()
	}()
	return events, ended
}

func awaitEvent(t *testing.T, events <-chan sse, name string, wanted func(data string) bool) {
	t.Helper()
	limit := time.After(time.Minute)
	for {
		select {
		case e := <-events:
			if e.name == name && wanted(e.data) {
				return
			}
		case <-limit:
			t.Fatalf("no such event %s", name)
		}
	}
}

// unpackBundle downloads a draft and returns its directory.
func unpackBundle(t *testing.T, url string) string {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%v %v", resp, err)
	}
	defer resp.Body.Close()
	z, err := zstd.NewReader(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	out, folder := t.TempDir(), ""
	files := tar.NewReader(z)
	for {
		head, err := files.Next()
		if errors.Is(err, io.EOF) {
			return filepath.Join(out, folder)
		}
		if err != nil {
			t.Fatal(err)
		}
		folder, _, _ = strings.Cut(head.Name, "/")
		file := filepath.Join(out, filepath.FromSlash(head.Name))
		if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(files)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
