package alertmanager

import (
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"collector/internal/sources/logfile"
	"collector/internal/timeline"
)

const (
	// maxEntries is how many entries the evidence of one draft holds; one is a
	// notification, a silence as it was at a time, or a stretch in which an alert was muted.
	maxEntries = 5000
	// maxTold is how many alerts of one notification are named.
	maxTold = 20
	// samePause is the longest pause between two lines that mute one alert for one
	// reason and are one stretch: Alertmanager writes such a line at every flush of the
	// alert's group (group_interval, 5 minutes by default).
	samePause = 15 * time.Minute
	// seenSilence is a silence as a line that it muted an alert tells it.
	seenSilence = "silence"
)

// entry is what one line says, or several that say the same.
type entry struct {
	Type         string        `json:"type"`
	At           time.Time     `json:"at"`
	Instance     string        `json:"instance,omitempty"` // the Alertmanager that wrote it
	Version      string        `json:"version,omitempty"`
	Silence      *silence      `json:"silence,omitempty"`
	SilenceID    string        `json:"silence_id,omitempty"` // by which an alert was muted
	Alert        *alertRef     `json:"alert,omitempty"`      // that was muted
	By           []alertRef    `json:"by,omitempty"`         // alerts that inhibited it
	Rules        []string      `json:"rules,omitempty"`      // names of inhibit rules
	Last         time.Time     `json:"last,omitzero"`        // of several lines
	Lines        int           `json:"lines,omitempty"`
	Pause        int64         `json:"longest_pause_ms,omitempty"` // between two of them
	Notification *notification `json:"notification,omitempty"`
}

// notification is one that was delivered.
type notification struct {
	Receiver    string      `json:"receiver"`
	Integration string      `json:"integration"` // webhook[0]
	Reason      string      `json:"reason"`
	Group       string      `json:"group"` // its labels
	Flush       string      `json:"flush"` // tells notifications apart
	Firing      int         `json:"firing"`
	Resolved    int         `json:"resolved"`
	Alerts      []toldAlert `json:"alerts"` // the first maxTold
}

// toldAlert is an alert in a notification.
type toldAlert struct {
	alertRef
	Over bool `json:"resolved,omitempty"`
}

// eventReading is what reading all files came to.
type eventReading struct {
	reports []fileReport
	entries []entry
	failed  map[string]error // by path; the glob's own by ""
	leftOut int
}

// events reads the event recorder's files. Files may be on a file system that does not
// answer: then it is not waited for.
func (g *gathering) events(ctx context.Context) ([]timeline.Evidence, error) {
	done := make(chan eventReading, 1)
	go func() { done <- g.readFiles(ctx) }()
	var r eventReading
	select {
	case r = <-done:
	case <-ctx.Done():
		select {
		case r = <-done:
		case <-time.After(hangs):
			r.failed = map[string]error{"": fmt.Errorf("no answer in time: %w: does the file system answer?", context.Cause(ctx))}
		}
	}
	return g.eventRecords(r)
}

// hangs is how long reading that watches its context may take to notice its end.
const hangs = 250 * time.Millisecond

// rounds is how often the files are listed, to find what was rotated meanwhile.
const rounds = 2

func (g *gathering) readFiles(ctx context.Context) eventReading {
	r := eventReading{failed: map[string]error{}}
	names := map[string]alertRef{}
	var seen []fs.FileInfo
	for range rounds {
		paths, err := eventFiles(g.source.cfg.EventsFile)
		if err != nil {
			r.failed[""] = err
			return r
		}
		for _, path := range paths[:min(len(paths), maxFiles)] {
			g.readFile(ctx, path, &seen, names, &r)
		}
	}
	slices.SortFunc(r.entries, func(a, b entry) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Type, b.Type), cmp.Compare(a.key(), b.key()))
	})
	if extra := len(r.entries) - maxEntries; extra > 0 {
		r.entries, r.leftOut = r.entries[:maxEntries], extra
	}
	for i, e := range r.entries {
		for j, by := range e.By {
			if known, has := names[by.Fingerprint]; has {
				r.entries[i].By[j] = known
			}
		}
	}
	return r
}

// key tells entries of one type and time apart.
func (e entry) key() string {
	text := e.Instance + e.SilenceID
	if e.Alert != nil {
		text += e.Alert.Fingerprint
	}
	if e.Silence != nil {
		text += e.Silence.ID
	}
	if n := e.Notification; n != nil {
		text += n.Receiver + n.Integration + n.Flush
	}
	return text
}

// readFile reads one file that was not read yet.
func (g *gathering) readFile(ctx context.Context, path string, seen *[]fs.FileInfo, names map[string]alertRef, r *eventReading) {
	if _, failed := r.failed[path]; failed {
		return
	}
	f, err := logfile.Open(path)
	if err != nil {
		r.failed[path] = err
		return
	}
	defer f.Close()
	if isKnown(*seen, f.Info) {
		return
	}
	*seen = append(*seen, f.Info)
	var lines *fileLines
	report, err := g.source.readEvents(ctx, f, g.from, g.to, func() lineTaker {
		lines = g.newLines(names)
		return lines.take
	})
	r.reports = append(r.reports, report)
	r.entries = append(r.entries, lines.entries...)
	if err != nil {
		r.failed[path] = err
	}
}

// eventRecords makes the evidence.
func (g *gathering) eventRecords(r eventReading) ([]timeline.Evidence, error) {
	q := g.question(kindEvents)
	q.EventsFile = g.source.cfg.EventsFile
	var out []timeline.Evidence
	paths := make([]string, 0, len(r.failed))
	for path := range r.failed {
		paths = append(paths, path)
	}
	slices.Sort(paths)
	for i, path := range paths {
		failed := q
		failed.Kind, failed.Path = kindEventsFile, cmp.Or(path, g.source.cfg.EventsFile)
		reason := r.failed[path]
		if i == maxFailures {
			failed.Path, reason = g.source.cfg.EventsFile, fmt.Errorf("%d more files could not be read either", len(paths)-i)
		}
		records, err := g.failed(failed, fmt.Errorf("%s: %w", failed.Path, reason))
		if err != nil {
			return nil, err
		}
		if out = append(out, records...); i == maxFailures {
			break
		}
	}
	if len(r.reports) == 0 {
		return out, nil
	}
	slices.SortFunc(r.reports, func(a, b fileReport) int { return cmp.Compare(a.Path, b.Path) })
	g.req.Notify(fmt.Sprintf("%d notifications, silences and inhibitions in %s", len(r.entries), q.EventsFile))
	records, err := answered(g, q, r.entries, func(part []entry, first bool) any {
		if !first {
			return eventsAnswer{Entries: part}
		}
		return eventsAnswer{r.reports, part, r.leftOut}
	})
	return append(out, records...), err
}

// maxFailures is how many files that could not be read have a record of their own.
const maxFailures = 50
