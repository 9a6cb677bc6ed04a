package deploylog

import (
	"strings"
	"testing"

	"collector/internal/sources/deployline"
	"collector/internal/timeline"
)

func TestPairing(t *testing.T) {
	prod := []string{"environment", "production"}
	for name, c := range map[string]struct {
		files []string // deploy0.log, deploy1.log ...
		want  string
	}{
		"finished": {[]string{say("09:10:00", deployline.DeployStarted, "2") + say("09:12:05", deployline.DeployFinished, "2", "message", "all is well")},
			"09:10:00–09:12:05 deploy of shop 2 finished after 2 min 5 s\n"},
		"several services overlap": {[]string{say("09:10:00", deployline.DeployStarted, "2") + say("09:10:05", deployline.DeployStarted, "7", "service", "cart") +
			say("09:10:20", deployline.DeployFailed, "7", "service", "cart") + say("09:10:30", deployline.DeployFinished, "2")},
			"09:10:00–09:10:30 deploy of shop 2 finished after 30 s\n09:10:05–09:10:20 deploy of cart 7 failed after 15 s\n"},
		"two environments": {[]string{say("09:10:00", deployline.DeployStarted, "2", prod...) + say("09:10:01", deployline.DeployStarted, "2", "environment", "staging") +
			say("09:10:20", deployline.DeployFinished, "2", prod...) + say("09:10:30", deployline.DeployFailed, "2", "environment", "staging")},
			"09:10:00–09:10:20 deploy of shop 2 to production finished after 20 s\n09:10:01–09:10:30 deploy of shop 2 to staging failed after 29 s\n"},
		"finish without version": {[]string{say("09:10:00", deployline.DeployStarted, "2", prod...) + say("09:10:20", deployline.DeployFinished, "")},
			"09:10:00–09:10:20 deploy of shop 2 to production finished after 20 s\n"},
		"finish without version, two fit": {[]string{say("09:10:00", deployline.DeployStarted, "2") + say("09:10:10", deployline.DeployStarted, "3") + say("09:10:20", deployline.DeployFinished, "")},
			"09:10:00–… deploy of shop 2 started, and no end was logged\n09:10:10–… deploy of shop 3 started, and no end was logged\n09:10:20–09:10:20 deploy of shop finished, its start was not logged\n"},
		"no start": {[]string{say("09:10:20", deployline.DeployFailed, "2", "message", "exit 1")},
			"09:10:20–09:10:20 deploy of shop 2 failed, its start was not logged: exit 1\n"},
		"no end": {[]string{say("09:10:20", deployline.DeployStarted, "2")},
			"09:10:20–… deploy of shop 2 started, and no end was logged\n"},
		"retry after failure": {[]string{say("09:10:00", deployline.DeployStarted, "2") + say("09:10:20", deployline.DeployFailed, "2") + say("09:10:20", deployline.DeployStarted, "2") + say("09:10:40", deployline.DeployFinished, "2")},
			"09:10:00–09:10:20 deploy of shop 2 failed after 20 s\n09:10:20–09:10:40 deploy of shop 2 finished after 20 s\n"},
		"retry without end": {[]string{say("09:10:00", deployline.DeployStarted, "2") + say("09:20:00", deployline.DeployStarted, "2") + say("09:20:40", deployline.DeployFinished, "2")},
			"09:10:00–09:20:00 deploy of shop 2 started, and started again 10 min later without an end in between\n09:20:00–09:20:40 deploy of shop 2 finished after 40 s\n"},
		"rollback names its target": {[]string{say("09:10:00", deployline.RollbackStarted, "1", prod...) + say("09:10:20", deployline.RollbackFailed, "1", append(prod, "message", "column is\n gone.")...)},
			"09:10:00–09:10:20 rollback of shop to 1 in production failed after 20 s: column is gone\n"},
		"rollback does not end the deploy": {[]string{say("09:10:00", deployline.DeployStarted, "2") + say("09:10:10", deployline.RollbackStarted, "2") + say("09:10:20", deployline.RollbackFinished, "2") + say("09:10:30", deployline.DeployFailed, "2")},
			"09:10:00–09:10:30 deploy of shop 2 failed after 30 s\n09:10:10–09:10:20 rollback of shop to 2 finished after 10 s\n"},
		"changes": {[]string{say("09:10:00", deployline.Changed, "", "message", "index dropped.") + say("09:10:00", deployline.Changed, "", "message", "index added")},
			"09:10:00–09:10:00 change of shop: index added\n09:10:00–09:10:00 change of shop: index dropped\n"},
		"two hosts log the same": {[]string{
			say("09:10:00", deployline.DeployStarted, "2", "host", "a") + say("09:10:20", deployline.DeployFinished, "2", "host", "a"),
			say("09:10:01", deployline.DeployStarted, "2", "host", "b") + say("09:10:22", deployline.DeployFinished, "2", "host", "b")},
			"09:10:00–09:10:22 deploy of shop 2 finished after 22 s\n"},
		"two hosts log a short one": {[]string{
			say("09:10:00", deployline.DeployStarted, "2", "host", "a") + say("09:10:01", deployline.DeployFinished, "2", "host", "a"),
			say("09:10:02", deployline.DeployStarted, "2", "host", "b") + say("09:10:03", deployline.DeployFinished, "2", "host", "b")},
			"09:10:00–09:10:03 deploy of shop 2 finished after 3 s\n"},
		"one host fails": {[]string{
			say("09:10:00", deployline.DeployStarted, "2") + say("09:10:20", deployline.DeployFinished, "2"),
			say("09:10:01", deployline.DeployStarted, "2") + say("09:10:22", deployline.DeployFailed, "2", "message", "host b")},
			"09:10:00–09:10:22 deploy of shop 2 failed after 22 s: host b\n"},
		"over the first edge": {[]string{say("08:30:00", deployline.DeployStarted, "2") + say("09:10:00", deployline.DeployFinished, "2")},
			"08:30:00–09:10:00 deploy of shop 2 finished after 40 min\n"},
		"over the last edge": {[]string{say("09:50:00", deployline.DeployStarted, "2") + say("12:10:00", deployline.DeployFinished, "2")},
			"09:50:00–12:10:00 deploy of shop 2 finished after 2 h 20 min\n"},
		"outside":               {[]string{say("08:30:00", deployline.DeployStarted, "2") + say("08:40:00", deployline.DeployFinished, "2") + say("10:00:00", deployline.Changed, "3")}, ""},
		"abandoned long before": {[]string{say("02:30:00", deployline.DeployStarted, "2")}, ""},
		"abandoned shortly before": {[]string{say("04:30:00", deployline.DeployStarted, "2")},
			"04:30:00–… deploy of shop 2 started, and no end was logged\n"},
		"out of order": {[]string{say("09:10:20", deployline.DeployFinished, "2") + say("09:10:00", deployline.DeployStarted, "2")},
			"09:10:00–09:10:20 deploy of shop 2 finished after 20 s\n"},
		"a summary is one short sentence": {[]string{say("09:10:00", deployline.Changed, "", "message", strings.Repeat("long ", 100)+"\u2028end.")},
			"09:10:00–09:10:00 change of shop: " + strings.Repeat("long ", 31) + "lo…\n"},
	} {
		t.Run(name, func(t *testing.T) {
			files := map[string]string{}
			for i, text := range c.files {
				files["deploy"+string(rune('0'+i))+".log"] = text
			}
			s, _ := newSource(t, File{}, files)
			f := ask(t, s, window)
			if got := told(f); got != c.want {
				t.Errorf("got:\n%swant:\n%s", got, c.want)
			}
			if len(f.Gaps) > 0 {
				t.Errorf("gaps: %+v", f.Gaps)
			}
		})
	}
}

// TestRetryStaysAnEventOfItsOwn: Build joins events of one key that touch, and a
// retry in the second of the failure touches it.
func TestRetryStaysAnEventOfItsOwn(t *testing.T) {
	s, _ := newSource(t, File{}, map[string]string{"deploy.log": say("09:10:00", deployline.DeployStarted, "2") + say("09:10:20", deployline.DeployFailed, "2") +
		say("09:10:20", deployline.DeployStarted, "2") + say("09:10:40", deployline.DeployFinished, "2")})
	f := ask(t, s, window)
	tl := timeline.Build(window, timeline.Scope{}, f)
	if len(tl.Events) != 2 || tl.Events[0].Severity != timeline.Critical || tl.Events[1].Severity != timeline.Info {
		t.Errorf("events after Build: %+v", tl.Events)
	}
}

// TestTwoLogsAreOneEvent: the same deploy in two configured logs is one event with both citations.
func TestTwoLogsAreOneEvent(t *testing.T) {
	text := say("09:10:00", deployline.DeployStarted, "2") + say("09:10:20", deployline.DeployFailed, "2") + say("09:10:20", deployline.DeployStarted, "2") + say("09:10:40", deployline.DeployFinished, "2")
	var records []timeline.Evidence
	for _, name := range []string{"jenkins", "argo"} {
		s, _ := newSource(t, File{}, map[string]string{"deploy.log": text})
		s.config.Name = name
		more, err := s.Gather(t.Context(), request(t, window))
		if err != nil {
			t.Fatal(err)
		}
		records = append(records, more...)
	}
	f := interpreted(t, window, records)
	tl := timeline.Build(window, timeline.Scope{}, f)
	if len(tl.Events) != 2 || len(tl.Events[0].Evidence) != 2 || len(tl.Events[1].Evidence) != 2 {
		t.Errorf("events after Build: %+v", tl.Events)
	}
}

// TestPairBy: with further keys every host's deploy is an episode.
func TestPairBy(t *testing.T) {
	s, _ := newSource(t, File{PairBy: []string{"host"}}, map[string]string{"deploy.log": say("09:10:00", deployline.DeployStarted, "2", "host", "a") +
		say("09:10:01", deployline.DeployStarted, "2", "host", "b") + say("09:10:20", deployline.DeployFailed, "2", "host", "b") + say("09:10:30", deployline.DeployFinished, "2", "host", "a")})
	const want = "09:10:00–09:10:30 deploy of shop 2 (host a) finished after 30 s\n09:10:01–09:10:20 deploy of shop 2 (host b) failed after 19 s\n"
	if got := told(ask(t, s, window)); got != want {
		t.Errorf("got:\n%swant:\n%s", got, want)
	}
}
