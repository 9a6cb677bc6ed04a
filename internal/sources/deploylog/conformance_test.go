package deploylog

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"collector/internal/sources"
	"collector/internal/sources/deployline"
	"collector/internal/sources/logfile"
	"collector/internal/sources/sourcetest"
	"collector/internal/timeline"
)

func TestConformance(t *testing.T) {
	log := map[string]string{
		"deploy.log": say("08:10:00", deployline.DeployFinished, "1.4.1") +
			say("09:10:00", deployline.DeployStarted, "1.4.2", "author", "Mallory Doe <mallory@example.com>") +
			say("09:10:43", deployline.DeployFailed, "1.4.2", "message", "Mallory Doe saw password=hunter2 in https://bot:hunter2@ci/job/7"),
	}
	broken := func(files map[string]string) func(*testing.T) sources.Source {
		return func(t *testing.T) sources.Source {
			s, _ := newSource(t, File{}, files)
			return s
		}
	}
	sourcetest.Run(t, sourcetest.Suite{
		New: broken(log), Interpret: Interpret, Window: window,
		Idle:    timeline.Window{From: at("13:00:00"), To: at("14:00:00")},
		Secrets: []string{"hunter2", "allory"},
		Broken: map[string]func(*testing.T) sources.Source{
			"no file":       broken(nil),
			"garbage":       broken(map[string]string{"deploy.log": "\x00\x01\x02\xff\n\xfe\xfd\x80\n"}),
			"cut gzip":      broken(map[string]string{"deploy.log": "\x1f\x8b\x08\x00\x00"}),
			"cut zstd":      broken(map[string]string{"deploy.log": "\x28\xb5\x2f\xfd\x04\x00"}),
			"xz":            broken(map[string]string{"deploy.log": "\xfd7zXZ\x00\x00\x04"}),
			"other format":  broken(map[string]string{"deploy.log": "time=2024-07-12T09:10:00Z service=shop event=change\n"}),
			"only later":    broken(map[string]string{"deploy.log": say("10:30:00", deployline.Changed, "1")}),
			"dangling link": func(t *testing.T) sources.Source { return linked(t, "nowhere") },
			"link to itself": func(t *testing.T) sources.Source {
				return linked(t, "deploy.log")
			},
		},
		Hanging: func(t *testing.T) sources.Source {
			s, _ := newSource(t, File{}, log)
			forever := make(chan struct{})
			t.Cleanup(func() { close(forever) })
			s.open = func(string) (*logfile.File, error) {
				<-forever
				return nil, os.ErrDeadlineExceeded
			}
			return s
		},
	})
}

// linked is a source of a symbolic link.
func linked(t *testing.T, to string) sources.Source {
	s, dir := newSource(t, File{}, nil)
	if err := os.Symlink(filepath.Join(dir, to), filepath.Join(dir, "deploy.log")); err != nil {
		t.Fatal(err)
	}
	return s
}

// TestIdleNamesTheLastDeploy: an empty window says which deploy was the last.
func TestIdleNamesTheLastDeploy(t *testing.T) {
	s, _ := newSource(t, File{}, map[string]string{"deploy.log": say("08:10:00", deployline.DeployStarted, "1.4.1") + say("08:10:30", deployline.DeployFinished, "1.4.1")})
	f := ask(t, s, window)
	if len(f.Checks) != 1 || len(f.Gaps) != 0 {
		t.Fatalf("checks %+v, gaps %+v", f.Checks, f.Gaps)
	}
	const want = "deploys, rollbacks and changes in releases (last before the window: deploy of shop 1.4.1 finished at 2024-07-12T08:10:30.000Z)"
	if got := f.Checks[0].LookedFor; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if n := len(f.Checks[0].Evidence); n != 2 {
		t.Errorf("%d citations, want the files and the deploy", n)
	}
}

// TestQuietServices: a deploy in the window does not hide when another service's last one was.
func TestQuietServices(t *testing.T) {
	s, _ := newSource(t, File{}, map[string]string{"deploy.log": jsonLine("time", "2024-07-12T07:00:00Z", "service", "billing", "event", deployline.Changed, "message", "x") + say("09:10:00", deployline.Changed, "2")})
	f := ask(t, s, window)
	if len(f.Events) != 1 || len(f.Checks) != 1 || !strings.HasPrefix(f.Checks[0].LookedFor, "deploys, rollbacks and changes of billing in releases (last before the window: change of billing made at 2024-07-12T07:00:00") {
		t.Errorf("events %s, checks %+v", told(f), f.Checks)
	}
}

// TestScope: another cluster's log is not asked; servers as targets do not exclude services.
func TestScope(t *testing.T) {
	s, _ := newSource(t, File{}, map[string]string{"deploy.log": say("09:10:00", deployline.Changed, "2")})
	for name, c := range map[string]struct {
		scope timeline.Scope
		some  bool
	}{
		"all":     {timeline.Scope{}, true},
		"own":     {timeline.Scope{Clusters: []string{"shop"}}, true},
		"another": {timeline.Scope{Clusters: []string{"billing"}}, false},
		"server":  {timeline.Scope{Targets: []string{"db1"}}, true},
	} {
		t.Run(name, func(t *testing.T) {
			req := request(t, window)
			req.Scope = c.scope
			records, err := s.Gather(t.Context(), req)
			if err != nil || (len(records) > 0) != c.some {
				t.Errorf("%d records, %v", len(records), err)
			}
		})
	}
}

// TestEpisodeIDsAreStable: the same deploy is the same record in another draft.
func TestEpisodeIDsAreStable(t *testing.T) {
	s, _ := newSource(t, File{}, map[string]string{"deploy.log": say("09:10:00", deployline.DeployStarted, "2") + say("09:11:00", deployline.DeployFinished, "2")})
	first := ask(t, s, window).Events[0].Evidence
	later := timeline.Window{From: window.From.Add(-time.Hour), To: window.To.Add(time.Hour)}
	if second := ask(t, s, later).Events[0].Evidence; first[0] != second[0] {
		t.Errorf("%v, then %v", first, second)
	}
}
