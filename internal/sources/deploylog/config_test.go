package deploylog

import (
	"strings"
	"testing"
	"time"

	"collector/internal/sources"
	"collector/internal/sources/deployline"
)

func TestValidate(t *testing.T) {
	const pattern = `(?P<time>\S+) (?P<event>\S+) (?P<service>\S+)`
	paths := []string{"/var/log/deploy/*.log*"}
	for name, c := range map[string]struct {
		file File
		want string // all problems, one a line; "" means none
	}{
		"defaults":          {File{Paths: paths}, ""},
		"everything":        {File{Paths: []string{"/a/**/{x,y}.log"}, Format: "regexp", Pattern: pattern, TimeLayout: "2006-01-02T15:04:05", Timezone: "Europe/Berlin", Fields: map[string]string{"commit": "sha"}, Events: map[string]string{"go": deployline.DeployStarted}, PairBy: []string{"host"}}, ""},
		"strftime":          {File{Paths: paths, TimeLayout: "%Y-%m-%d %H:%M:%S"}, ""},
		"event by default":  {File{Paths: paths, Format: "regexp", Pattern: `(?P<time>\S+) (?P<service>\S+)`, Events: map[string]string{"": deployline.DeployFinished}}, ""},
		"mapped group":      {File{Paths: paths, Format: "regexp", Pattern: `(?P<ts>\S+) (?P<event>\S+) (?P<app>\S+)`, Fields: map[string]string{"time": "ts", "service": "app"}}, ""},
		"no paths":          {File{}, `file.paths: names no file (write a list of globs such as ['/var/log/deploy/*.log*'])`},
		"bad glob":          {File{Paths: []string{"/var/log/[a"}}, `file.paths[0]: "/var/log/[a" is not a valid glob (close every [ and {, or put a \ before those that belong to the name)`},
		"empty glob":        {File{Paths: []string{paths[0], " "}}, `file.paths[1]: is empty (remove it, or write a glob such as /var/log/deploy/*.log*)`},
		"home":              {File{Paths: []string{"~/deploy.log"}}, `file.paths[0]: "~/deploy.log": ~ is not expanded (write the whole path from /)`},
		"directory":         {File{Paths: []string{"/var/log/deploy/"}}, `file.paths[0]: "/var/log/deploy/" names a directory (write /var/log/deploy/*)`},
		"format":            {File{Paths: paths, Format: "xml"}, `file.format: unknown format "xml" (write json, logfmt or regexp)`},
		"pattern for JSON":  {File{Paths: paths, Pattern: pattern}, `file.pattern: has no meaning with format json (remove it, or write format: regexp)`},
		"no pattern":        {File{Paths: paths, Format: "regexp"}, `file.pattern: is empty (format regexp needs one, such as '^(?P<time>\S+) (?P<event>\S+) (?P<service>\S+) (?P<version>\S+)')`},
		"bad pattern":       {File{Paths: paths, Format: "regexp", Pattern: "(?P<time>"}, "file.pattern: error parsing regexp: missing closing ): `(?P<time>` (correct the regular expression (syntax: https://pkg.go.dev/regexp/syntax; it has no look-around))"},
		"no time group":     {File{Paths: paths, Format: "regexp", Pattern: `(?P<event>\S+) (?P<service>\S+)`}, `file.pattern: has no group named time (put (?P<time>…) around the time)`},
		"no event group":    {File{Paths: paths, Format: "regexp", Pattern: `(?P<time>\S+) (?P<service>\S+)`}, `file.pattern: has no group named event (put (?P<event>…) around the event, or map lines without an event: events: {'': deploy_finished})`},
		"no mapped group":   {File{Paths: paths, Format: "regexp", Pattern: pattern, Fields: map[string]string{"service": "app"}}, `file.pattern: has no group named app (put (?P<app>…) around the service)`},
		"zone":              {File{Paths: paths, Timezone: "Berlin"}, `file.timezone: unknown time zone "Berlin" (write an IANA name such as Europe/Berlin or UTC)`},
		"this host's zone":  {File{Paths: paths, Timezone: "Local"}, `file.timezone: unknown time zone "Local" (write an IANA name such as Europe/Berlin or UTC)`},
		"layout, no year":   {File{Paths: paths, TimeLayout: "Jan _2 15:04:05"}, `file.time_layout: "Jan _2 15:04:05" has no year, so its times cannot be placed (write rfc3339, unix, unix_ms, a Go layout such as '2006-01-02 15:04:05', or a strftime format such as '%Y-%m-%d %H:%M:%S')`},
		"unknown field":     {File{Paths: paths, Fields: map[string]string{"timestamp": "ts"}}, `file.fields.timestamp: "timestamp" is not a field (map one of time, service, version, event, commit, environment, author, message, url to the log's own key: {time: ts})`},
		"field to nothing":  {File{Paths: paths, Fields: map[string]string{"time": ""}}, `file.fields.time: is empty (write the log's own key, or remove the entry)`},
		"unknown event":     {File{Paths: paths, Events: map[string]string{"done": "finished"}}, `file.events.done: "finished" is not an event (map the log's word to one of deploy_started, deploy_finished, deploy_failed, rollback_started, rollback_finished, rollback_failed, change)`},
		"negative duration": {File{Paths: paths, Lookaround: -1}, `file.lookaround: is negative (write a duration such as 6h)`},
		"three at once": {File{Paths: paths, Format: "xml", Timezone: "x", Lookback: -1}, `file.format: unknown format "xml" (write json, logfmt or regexp)
file.timezone: unknown time zone "x" (write an IANA name such as Europe/Berlin or UTC)
file.lookback: is negative (write a duration such as 1d)`},
	} {
		t.Run(name, func(t *testing.T) {
			config := Config{File: c.file}
			config.SetDefaults()
			var got []string
			for _, p := range config.Validate() {
				if p.Fix == "" {
					t.Errorf("%s has no fix", p.Path)
				}
				got = append(got, p.Error())
			}
			if s := strings.Join(got, "\n"); s != c.want {
				t.Errorf("got:\n%s\nwant:\n%s", s, c.want)
			}
			if _, err := New(config); (err == nil) != (c.want == "") {
				t.Errorf("New: %v", err)
			}
		})
	}
}

func TestFormats(t *testing.T) {
	const want = "09:10:00–09:10:43 deploy of shop 1.4.2 failed after 43 s: exit 1\n"
	for name, c := range map[string]struct {
		file File
		text string
	}{
		"json with other names": {File{Fields: map[string]string{"time": "ts", "service": "app.name", "version": "tag"}, Events: map[string]string{"Begin": deployline.DeployStarted, "oops": deployline.DeployFailed}},
			`{"ts":1720775400,"app":{"name":"shop"},"tag":"1.4.2","event":"begin"}` + "\n" + `{"ts":1720775443,"app":{"name":"shop"},"tag":"1.4.2","event":"OOPS","message":"exit 1"}` + "\n"},
		"logfmt": {File{Format: deployline.FormatLogfmt}, "time=2024-07-12T09:10:00Z service=shop version=1.4.2 event=deploy_started\n" +
			`time=2024-07-12T09:10:43Z service=shop version=1.4.2 event=deploy_failed message="exit 1"` + "\n"},
		"regexp": {File{Format: deployline.FormatRegexp, Timezone: "Europe/Berlin", TimeLayout: "02.01.2006 15:04:05",
			Pattern: `^\[(?P<time>[^\]]+)\] (?P<event>begin|failed) (?P<service>\w+)-(?P<version>[\d.]+)(?:: (?P<message>.*))?$`,
			Events:  map[string]string{"begin": deployline.DeployStarted, "failed": deployline.DeployFailed}},
			"[12.07.2024 11:10:00] begin shop-1.4.2\nsomething else\n[12.07.2024 11:10:43] failed shop-1.4.2: exit 1\n"},
		"regexp without an event": {File{Format: deployline.FormatRegexp, Pattern: `^(?P<time>\S+) (?P<service>\w+) (?P<version>[\d.]+)(?P<event>!)?(?: (?P<message>.+))?$`, Events: map[string]string{"": deployline.DeployStarted, "!": deployline.DeployFailed}},
			"2024-07-12T09:10:00Z shop 1.4.2\n2024-07-12T09:10:43Z shop 1.4.2! exit 1\n"},
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := newSource(t, c.file, map[string]string{"deploy.log": c.text})
			f := ask(t, s, window)
			if got := told(f); got != want || len(f.Gaps) > 0 {
				t.Errorf("got:\n%swant:\n%s%+v", got, want, f.Gaps)
			}
		})
	}
}

func TestCheck(t *testing.T) {
	old := say("09:10:00", deployline.Changed, "1")
	for name, c := range map[string]struct {
		file  File
		files map[string]string
		want  string // level and text of all lines, DIR for the directory
	}{
		"fine":         {File{}, map[string]string{"deploy.log": old, "deploy.log.1": old}, "ok: 2 files, the newest line of 2024-07-12T09:10:00Z (50 min ago), read as json"},
		"no file":      {File{}, nil, "failed: no file matches DIR/*.log*: correct file.paths, or check that the deploys are logged there"},
		"empty":        {File{}, map[string]string{"deploy.log": ""}, "ok: 1 file, without a line yet"},
		"wrong format": {File{Format: deployline.FormatLogfmt}, map[string]string{"deploy.log": old}, "failed: DIR/deploy.log: no line can be read as logfmt: not logfmt: wrong at byte 2"},
		"one wrong":    {File{}, map[string]string{"a.log": old, "b.log": "x=1\n"}, "ok: 2 files, the newest line of 2024-07-12T09:10:00Z (50 min ago), read as json\ndegraded: DIR/b.log: no line can be read as json: not JSON: wrong at byte 1"},
		"wrong zone":   {File{Timezone: "America/New_York"}, map[string]string{"deploy.log": strings.ReplaceAll(old, "Z", "")}, "degraded: the newest line is of 2024-07-12T13:10:00Z, 3 h 10 min in the future"},
		"other words":  {File{}, map[string]string{"deploy.log": say("09:10:00", "begin", "1")}, "degraded: 1 file, the newest line of 2024-07-12T09:10:00Z; no line that was looked at tells of a deploy"},
		"archive":      {File{}, map[string]string{"deploy.log": "PK\x03\x04"}, "degraded: DIR/deploy.log: is a zip archive, which is not read: unpack it, or compress the log with gzip, bzip2 or zstd\nfailed: no file can be read"},
	} {
		t.Run(name, func(t *testing.T) {
			s, dir := newSource(t, c.file, c.files)
			s.now = func() time.Time { return at("10:00:00") }
			var got []string
			for _, d := range s.Check(t.Context()) {
				if d.Level != sources.OK && len(d.Fix) == 0 && !strings.Contains(d.Text, ": ") {
					t.Errorf("no fix: %s", d.Text)
				}
				got = append(got, d.Level.String()+": "+strings.ReplaceAll(d.Text, dir, "DIR"))
			}
			if s := strings.Join(got, "\n"); s != c.want {
				t.Errorf("got:\n%s\nwant:\n%s", s, c.want)
			}
		})
	}
}
