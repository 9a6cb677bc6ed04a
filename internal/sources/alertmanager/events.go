package alertmanager

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"collector/internal/sources/logfile"
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

// fileLines are the entries of one file.
type fileLines struct {
	*gathering
	entries []entry
	muted   map[string]int      // an entry by what mutes what
	seen    map[string]bool     // silences as they were
	names   map[string]alertRef // by fingerprint
}

func (g *gathering) newLines(names map[string]alertRef) *fileLines {
	return &fileLines{gathering: g, muted: map[string]int{}, seen: map[string]bool{}, names: names}
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

// take keeps what one line says.
func (l *fileLines) take(text []byte) error {
	line, kind, payload, err := readLine(text)
	if err != nil {
		return err
	}
	if len(l.entries) > maxEntries {
		return errTooMany
	}
	base := entry{Type: kind, At: writable(line.Time), Instance: l.mask.word(line.Instance, maxName)}
	switch kind {
	case typeStartup:
		var said struct {
			Version string `json:"version"`
		}
		err = json.Unmarshal(payload, &said)
		base.Version = l.mask.word(said.Version, maxName)
		l.entries = append(l.entries, base)
	case typeShutdown:
		l.entries = append(l.entries, base)
	case typeNotification:
		err = l.notification(base, payload)
	case typeCreated, typeUpdated:
		var said struct {
			Silence recordedSilence `json:"silence"`
		}
		if err = json.Unmarshal(payload, &said); err == nil {
			l.silenceSeen(base, said.Silence.silence())
		}
	case typeSilenced, typeInhibited:
		err = l.mutedAlert(base, payload)
	default:
		if !slices.Contains(silentTypes[:], kind) {
			return unknownType(kind)
		}
		l.remember(payload)
	}
	if err != nil {
		return fmt.Errorf("%w: %s in another form", errNoEvent, kind)
	}
	return nil
}

// remember keeps how an alert is called: inhibitors are told by their fingerprints.
func (l *fileLines) remember(payload json.RawMessage) {
	var said struct {
		Alert struct {
			recordedAlert
			Details recordedAlert `json:"details"`
		} `json:"alert"`
	}
	if json.Unmarshal(payload, &said) != nil {
		return // it is not told
	}
	for _, a := range [...]recordedAlert{said.Alert.recordedAlert, said.Alert.Details} {
		l.name(a)
	}
}

// name is how an alert is called, and whether it is in scope.
func (l *fileLines) name(a recordedAlert) (ref alertRef, in bool) {
	labels := a.Labels.set()
	target, in := l.admit.alert(labels)
	ref = alertRef{
		Fingerprint: fingerprintOf(a.Fingerprint), Name: l.mask.word(labels["alertname"], maxName),
		Target: l.mask.target(target, labels), StartsAt: writable(a.StartsAt),
	}
	if ref.Fingerprint != "" && len(labels) > 0 && len(l.names) < maxInhibitors {
		l.names[ref.Fingerprint] = ref
	}
	return ref, in
}

func (l *fileLines) notification(e entry, payload json.RawMessage) error {
	var said recordedNotification
	if err := json.Unmarshal(payload, &said); err != nil {
		return err
	}
	n := &notification{
		Receiver: l.mask.word(said.Group.Receiver, maxName), Integration: l.mask.word(said.Integration.Name, maxName) + "[" + cmp.Or(clip(said.Integration.Index, 20), "0") + "]",
		Reason: l.mask.word(said.reason(), maxName), Group: clip(textOfLabels(l.mask.labels(said.Group.Labels.set())), maxComment),
		Flush: l.mask.word(said.Group.UUID+"/"+said.FlushID, maxName),
	}
	concerns := len(said.Alerts) == 0
	for _, a := range said.Alerts {
		ref, in := l.name(a.Details)
		concerns = concerns || in
		if a.Details.Resolved {
			n.Resolved++
		} else {
			n.Firing++
		}
		if len(n.Alerts) < maxTold {
			n.Alerts = append(n.Alerts, toldAlert{ref, a.Details.Resolved})
		}
	}
	if concerns {
		e.Notification = n
		l.entries = append(l.entries, e)
	}
	return nil
}

// silenceSeen keeps a silence as it was, once.
func (l *fileLines) silenceSeen(e entry, s silence) {
	target, in := l.admit.silence(s.Matchers)
	key := e.Type + s.ID + s.UpdatedAt.String()
	if !in || s.ID == "" || l.seen[key] {
		return
	}
	l.seen[key] = true
	masked := l.mask.silence(s)
	masked.Target = l.maskedTarget(target, s.Matchers)
	e.Silence = &masked
	l.entries = append(l.entries, e)
}

func (l *fileLines) mutedAlert(e entry, payload json.RawMessage) error {
	var said recordedMuted
	if err := json.Unmarshal(payload, &said); err != nil {
		return err
	}
	ref, in := l.name(recordedAlert{Fingerprint: said.MutedAlert.Fingerprint, Labels: said.MutedAlert.Labels})
	if !in {
		return nil
	}
	ref.StartsAt = time.Time{} // such a line does not tell it
	ref.Labels = l.mask.labels(said.MutedAlert.Labels.set())
	if e.Type == typeSilenced {
		seen := e
		seen.Type = seenSilence
		l.silenceSeen(seen, said.Silence.silence())
		e.SilenceID = l.mask.word(said.Silence.ID, maxName)
	}
	for _, fingerprint := range firstOf(said.Inhibiting) {
		e.By = append(e.By, alertRef{Fingerprint: fingerprintOf(fingerprint)})
	}
	for _, rule := range said.InhibitRules[:min(len(said.InhibitRules), maxBy)] {
		if rule.Name != "" {
			e.Rules = append(e.Rules, l.mask.word(rule.Name, maxName))
		}
	}
	key := fmt.Sprint(e.Type, e.Instance, ref.Fingerprint, e.SilenceID, e.By)
	if i, goesOn := l.muted[key]; goesOn && e.At.Sub(l.entries[i].Last) <= samePause && !e.At.Before(l.entries[i].Last) {
		last := &l.entries[i]
		last.Pause = max(last.Pause, e.At.Sub(last.Last).Milliseconds())
		last.Last, last.Lines = e.At, last.Lines+1
		return nil
	}
	e.Alert, e.Last, e.Lines = &ref, e.At, 1
	l.muted[key] = len(l.entries)
	l.entries = append(l.entries, e)
	return nil
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
