package alertmanager

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

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
		if err = json.Unmarshal(payload, &said); err == nil && !l.silenceSeen(base, said.Silence.silence()) {
			err = errNoEvent
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

// silenceSeen keeps a silence as it was, once; false says that it is not whole.
func (l *fileLines) silenceSeen(e entry, s silence) bool {
	if !whole(s.ID, s.StartsAt, s.EndsAt) {
		return false
	}
	key, in := e.Type+s.ID+s.UpdatedAt.String(), false
	if l.seen[key] {
		return true
	}
	if s.Target, in = l.admit.silence(s.Matchers); !in {
		return true
	}
	l.seen[key] = true
	masked := l.masked(s)
	e.Silence = &masked
	l.entries = append(l.entries, e)
	return true
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
		l.silenceSeen(seen, said.Silence.silence()) // where it is not whole, its ID still says what muted
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
