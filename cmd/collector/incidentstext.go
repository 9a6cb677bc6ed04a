package main

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"collector/internal/incident"
)

// writeIncidents lists incidents for people.
func writeIncidents(w io.Writer, all []incident.Incident, loc *time.Location, now time.Time) error {
	if len(all) == 0 {
		_, err := fmt.Fprintln(w, "no incident was recorded yet")
		return err
	}
	var b bytes.Buffer
	t := tabwriter.NewWriter(&b, 0, 0, 3, ' ', 0)
	fmt.Fprintln(t, "ID\tSTATE\tWINDOW FROM\tLENGTH\tALERTS\tABOUT\tDRAFT")
	for _, i := range all {
		end := i.ClosedAt
		if i.State != incident.StateClosed {
			end = now
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%d\t%s\t%s\n", i.ID, i.State, localTime(i.Window.From, loc),
			end.Sub(i.Window.From).Round(time.Second), i.Count, aboutGroups(i.Groups), draftWord(i.Draft))
	}
	_ = t.Flush() // into memory
	_, err := w.Write(b.Bytes())
	return err
}

// aboutGroups is the labels that an incident's alerts share.
func aboutGroups(groups []map[string]string) string {
	texts := make([]string, 0, len(groups))
	for _, g := range groups {
		var pairs []string
		for _, name := range slices.Sorted(maps.Keys(g)) {
			pairs = append(pairs, name+"="+g[name])
		}
		texts = append(texts, printable(strings.Join(pairs, ",")))
	}
	if text := strings.Join(texts, " + "); text != "" {
		return text
	}
	return "-"
}

func draftWord(d incident.Draft) string {
	switch {
	case d.Failures > 0:
		return "failed"
	case d.First.IsZero():
		return "none"
	case d.Final:
		return "final"
	}
	return "first"
}

// writeIncident says everything about one incident.
func writeIncident(w io.Writer, i incident.Incident, loc *time.Location) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s: %s\n", i.ID, i.State)
	fmt.Fprintln(&b, describeWindow(i.Window, loc))
	fmt.Fprintf(&b, "about: %s\n", aboutGroups(i.Groups))
	if i.State == incident.StateClosed {
		fmt.Fprintf(&b, "closed: %s by %s\n", localTime(i.ClosedAt, loc), i.ClosedBy)
	}
	writeDraftState(&b, i.Draft, loc)
	for _, r := range i.Remarks() {
		fmt.Fprintf(&b, "note: %s\n", printable(r))
	}
	fmt.Fprintf(&b, "\n%s, %d firing\n", plural(len(i.Alerts), "alert"), i.Firing())
	t := tabwriter.NewWriter(&b, 0, 0, 3, ' ', 0)
	fmt.Fprintln(t, "ALERT\tFROM\tTO\tFINGERPRINT\tLABELS")
	for _, m := range i.Alerts {
		to := "still fires"
		if m.Ended != incident.StillFires {
			to = localTime(m.To, loc)
		}
		labels := maps.Clone(m.Latest.Labels)
		delete(labels, "alertname")
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", printable(m.Name()), localTime(m.From, loc), to, printable(m.Fingerprint), aboutGroups([]map[string]string{labels}))
	}
	_ = t.Flush() // into memory
	_, err := w.Write(b.Bytes())
	return err
}

func writeDraftState(b *bytes.Buffer, d incident.Draft, loc *time.Location) {
	if d.First.IsZero() {
		fmt.Fprintln(b, "draft: none yet")
	} else {
		fmt.Fprintf(b, "draft: %s (%s, of %s; the first one of %s)\n", d.Dir, draftWord(d), localTime(d.Last, loc), localTime(d.First, loc))
	}
	if d.SnapshotPending {
		fmt.Fprintln(b, "draft: Grafana's snapshots are pending")
	}
	if d.Wanted() {
		fmt.Fprintf(b, "draft: a new one was asked for at %s\n", localTime(d.Asked, loc))
	}
	if d.Failures > 0 {
		fmt.Fprintf(b, "draft: failed %d times, last at %s: %s\n", d.Failures, localTime(d.FailedAt, loc), printable(d.Failure))
	}
}

// The form of `collector incidents --json`. Its keys are added to, never changed.
type (
	incidentsFile struct {
		Schema    string         `json:"schema"`
		Incidents []incidentFile `json:"incidents"`
	}
	incidentFile struct {
		ID       string              `json:"id"`
		State    string              `json:"state"`
		From     time.Time           `json:"from"`
		To       time.Time           `json:"to"`
		ClosedAt *time.Time          `json:"closed_at"` // null while it is not closed
		ClosedBy string              `json:"closed_by,omitempty"`
		Groups   []map[string]string `json:"groups"`
		Aliases  []string            `json:"aliases,omitempty"`
		Count    int                 `json:"alert_count"`
		Remarks  []string            `json:"remarks,omitempty"`
		Draft    incident.Draft      `json:"draft"`
		Alerts   []alertFile         `json:"alerts,omitempty"` // of show
	}
	alertFile struct {
		Fingerprint string            `json:"fingerprint"`
		StartsAt    time.Time         `json:"starts_at"`
		From        time.Time         `json:"from"`
		To          *time.Time        `json:"to"`                    // null while it fires
		ToEarliest  *time.Time        `json:"to_earliest,omitempty"` // where nobody told when it ended
		Ended       string            `json:"ended,omitempty"`
		Labels      map[string]string `json:"labels"`
		Annotations map[string]string `json:"annotations"`
	}
)

func incidentsJSON(all []incident.Incident) incidentsFile {
	file := incidentsFile{Schema: "collector/incidents/v1", Incidents: []incidentFile{}}
	for _, i := range all {
		one := incidentJSON(i)
		one.Alerts = nil
		file.Incidents = append(file.Incidents, one)
	}
	return file
}

func incidentJSON(i incident.Incident) incidentFile {
	file := incidentFile{
		ID: i.ID, State: string(i.State), From: i.Window.From, To: i.Window.To, ClosedBy: string(i.ClosedBy),
		Groups: i.Groups, Aliases: i.Aliases, Count: i.Count, Remarks: i.Remarks(), Draft: i.Draft,
	}
	if !i.ClosedAt.IsZero() {
		file.ClosedAt = &i.ClosedAt
	}
	for _, m := range i.Alerts {
		a := alertFile{
			Fingerprint: m.Fingerprint, StartsAt: m.StartsAt, From: m.From, Ended: string(m.Ended),
			Labels: m.Latest.Labels, Annotations: m.Latest.Annotations,
		}
		if m.Ended != incident.StillFires {
			a.To = &m.To
		}
		if m.Ended == incident.WasForgotten {
			a.ToEarliest = &m.Earliest
		}
		file.Alerts = append(file.Alerts, a)
	}
	return file
}
