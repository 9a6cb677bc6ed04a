package alertmanager

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func at(seconds float64) time.Time {
	return time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC).Add(time.Duration(seconds * float64(time.Second)))
}

// TestTimes: what the server says by its clock is told by ours, and never too late.
func TestTimes(t *testing.T) {
	const alert = `[{"fingerprint":"a","startsAt":"2026-11-21T08:00:00Z","updatedAt":"2026-11-21T09:00:00.5Z","status":{"state":"active"}}]`
	for name, tt := range map[string]struct {
		asked, date time.Time
		want        time.Time
	}{
		"the same clock":      {at(10.3), at(10), at(-0.2)}, // the answer was made between 10 and 11 of its clock
		"it is a minute late": {at(70.3), at(10), at(59.8)},
		"told as we asked":    {at(0.4), at(0), at(-0.1)},
		"it tells no time":    {at(10), time.Time{}, time.Time{}},
		"told after it said":  {at(-20), at(-20), at(-20)},
	} {
		t.Run(name, func(t *testing.T) {
			held, err := readAlerts(strings.NewReader(alert), tt.asked, tt.date)
			if err != nil {
				t.Fatal(err)
			}
			if got, ok := held.Fired("a"); !ok || !got.Equal(tt.want) {
				t.Errorf("got %v, want %v", got, tt.want)
			}
			if _, ok := held.Fired("b"); ok {
				t.Error("it holds what it was never told")
			}
		})
	}
}

func TestStatus(t *testing.T) {
	const text = `{"uptime":"2026-11-21T09:00:00Z","versionInfo":{"version":"0.33.0"},"cluster":{"status":"ready","peers":[{"name":"a"},{"name":"b"}]}}`
	for name, tt := range map[string]struct {
		came, date time.Time
		want       Status
	}{
		"the same clock":   {at(60.9), at(60), Status{"0.33.0", time.Minute, 2, 0}},
		"it is ahead":      {at(50.5), at(60), Status{"0.33.0", time.Minute, 2, 9 * time.Second}},
		"it is behind":     {at(70.5), at(60), Status{"0.33.0", time.Minute, 2, -9 * time.Second}},
		"it tells no time": {at(30), time.Time{}, Status{"0.33.0", 30 * time.Second, 2, 0}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := readStatus(strings.NewReader(text), tt.came, tt.date)
			if err != nil || got != tt.want {
				t.Errorf("got %+v, %v, want %+v", got, err, tt.want)
			}
		})
	}
}

// FuzzRead: no answer makes it fall over, and what is no list of alerts is an error.
func FuzzRead(f *testing.F) {
	seeds, err := filepath.Glob("testdata/*.json")
	if err != nil || len(seeds) == 0 {
		f.Fatalf("no answers of real servers in testdata: %v", err)
	}
	for _, file := range seeds {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add([]byte(`[{"fingerprint":"a","startsAt":"0001-01-02T00:00:00Z","updatedAt":"9999-12-31T23:59:59Z","status":{"state":"x"}}]`))
	f.Fuzz(func(t *testing.T, text []byte) {
		held, err := readAlerts(bytes.NewReader(text), at(0), at(0))
		if err == nil && bytes.TrimSpace(text)[0] != '[' {
			t.Errorf("%q is a list of alerts", text)
		}
		if err != nil && held.Len() > 0 {
			t.Errorf("an error beside %d alerts", held.Len())
		}
		for fingerprint := range held.told {
			if told, _ := held.Fired(fingerprint); told.After(at(0)) {
				t.Errorf("told at %v, after it was asked", told)
			}
		}
		_, _ = readStatus(bytes.NewReader(text), at(0), at(0))
	})
}

// TestRecordedAnswers: what real servers answered, without them.
func TestRecordedAnswers(t *testing.T) {
	for _, version := range []string{"0.25", "0.33"} {
		t.Run(version, func(t *testing.T) {
			open := func(name string) *os.File {
				file, err := os.Open(filepath.Join("testdata", name+"-"+version+".json"))
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { file.Close() })
				return file
			}
			held, err := readAlerts(open("alerts"), time.Now(), time.Now())
			if err != nil || held.Len() != 4 {
				t.Errorf("%d alerts, %v", held.Len(), err)
			}
			if _, fires := held.Fired(fingerprint("Silenced")); !fires {
				t.Error("a silenced alert does not fire")
			}
			status, err := readStatus(open("status"), time.Now(), time.Now())
			if err != nil || !strings.HasPrefix(status.Version, version) || status.Members != 1 {
				t.Errorf("%+v, %v", status, err)
			}
		})
	}
}
