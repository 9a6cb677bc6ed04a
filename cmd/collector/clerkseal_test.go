package main

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"collector/internal/config"
	"collector/internal/incident"
)

// TestDaemonEndsAStaleSeal: the daemon refreshes the draft of an incident although
// somebody has sealed it, and takes the seal away, which vouched for what the draft was.
// It says so in its log, and touches nothing else that people put there.
func TestDaemonEndsAStaleSeal(t *testing.T) {
	t.Setenv("SSH_AUTH_SOCK", "")
	key, list := signerKey(t)
	b := newBench(t)
	dir, tl, _ := b.draft(t)
	if err := os.WriteFile(filepath.Join(dir, "approval.txt"), []byte("approved"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, stderr := b.collector(t, "seal", dir, "--key", key); code != exitOK {
		t.Fatal(stderr)
	}
	if code, out, _ := b.collector(t, "verify", dir, "--allowed-signers", list); code != exitOK {
		t.Fatalf("the seal does not hold before: %s", out)
	}
	c, err := config.Load(b.config(t))
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	d := newDaemon(c, nil, slog.New(slog.NewTextHandler(&log, nil)))
	p, err := d.prepare(c)
	if err != nil {
		t.Fatal(err)
	}
	d.adopt(p)
	clerk := &clerk{daemon: d, app: app{now: func() time.Time { return b.now }}}
	work := incident.Work{Step: incident.RefreshDraft, Incident: incident.Incident{ID: "I-7", Window: tl.Window, Draft: incident.Draft{Dir: dir}}}
	for _, says := range []string{"its seal was removed", ""} {
		log.Reset()
		done, err := clerk.write(t.Context(), work)
		if err != nil || done.dir != dir {
			t.Fatalf("the draft is written to %s: %v", done.dir, err)
		}
		if text := log.String(); says == "" && strings.Contains(text, "seal") || !strings.Contains(text, says) || says != "" && (!strings.Contains(text, "incident=I-7") || !strings.Contains(text, "level=WARN")) {
			t.Errorf("the log says %q, want %q", text, says)
		}
		if left, err := filepath.Glob(filepath.Join(dir, "SEAL*")); err != nil || len(left) > 0 {
			t.Errorf("of the seal is left: %v %v", left, err)
		}
	}
	if text := readText(t, dir, "approval.txt"); text != "approved" {
		t.Errorf("people's file is %q", text)
	}
	if code, out, stderr := b.collector(t, "verify", dir); code != exitOK || !strings.Contains(out, "not sealed") {
		t.Errorf("verify: code %d: %s%s", code, out, stderr)
	}
	if code, out, _ := b.collector(t, "verify", dir, "--allowed-signers", list); code != exitFailed || !strings.Contains(out, "not sealed") {
		t.Errorf("verify with signers: code %d: %s", code, out)
	}
}
