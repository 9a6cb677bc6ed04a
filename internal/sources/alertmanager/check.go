package alertmanager

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"collector/internal/sources"
	"collector/internal/sources/logfile"
)

// clockTolerance is the offset from which `check` warns.
const clockTolerance = 2 * time.Second

// Check asks what is asked during an incident and for a draft.
func (s *Source) Check(ctx context.Context) []sources.Diagnosis {
	line := func(level sources.Level, text string, fix ...string) sources.Diagnosis {
		return sources.Diagnosis{Source: Kind + "/" + s.cfg.Name, Level: level, Text: text, Fix: fix}
	}
	status, err := s.Status(ctx)
	if err != nil {
		return []sources.Diagnosis{line(sources.Failed, fmt.Sprintf("%s does not say its status: %v", s.client.URL, err), s.fix(err))}
	}
	held, err := s.Active(ctx)
	if err != nil {
		return []sources.Diagnosis{line(sources.Failed, fmt.Sprintf("%s does not say which alerts fire: %v", s.client.URL, err), s.fix(err))}
	}
	kept, inForce, err := s.countSilences(ctx)
	if err != nil {
		return []sources.Diagnosis{line(sources.Failed, fmt.Sprintf("%s does not say its silences: %v", s.client.URL, err), s.fix(err))}
	}
	about := fmt.Sprintf("version %s, alerts firing: %d, silences in force: %d of %d kept", status.Version, held.Len(), inForce, kept)
	if status.Members > 1 {
		about += fmt.Sprintf(", one of %d of a cluster: each of them belongs into alertmanager", status.Members)
	}
	lines := []sources.Diagnosis{line(sources.OK, about)}
	if status.Offset.Abs() > clockTolerance {
		lines = append(lines, line(sources.Degraded, fmt.Sprintf("its clock is %s off: it may take for resolved what fires", status.Offset), "run NTP on both machines"))
	}
	if s.ReadsFiles() {
		lines = append(lines, s.checkEvents(ctx, line))
	}
	return lines
}

// countSilences is how many silences it keeps, and how many of them are in force.
func (s *Source) countSilences(ctx context.Context) (kept, inForce int, err error) {
	err = s.get(ctx, "silences", nil, func(body io.Reader, _ time.Time) error {
		return eachSilence(body, func(one gettableSilence) {
			kept++
			if one.Status.State == "active" {
				inForce++
			}
		})
	})
	return kept, inForce, err
}

// checkEvents tries the newest of the event recorder's files.
func (s *Source) checkEvents(ctx context.Context, line func(sources.Level, string, ...string) sources.Diagnosis) sources.Diagnosis {
	type found struct {
		path string
		last time.Time
		err  error
	}
	done := make(chan found, 1)
	go func() {
		paths, err := eventFiles(s.cfg.EventsFile)
		if err != nil {
			done <- found{err: err}
			return
		}
		last, err := lastEvent(ctx, paths[0])
		done <- found{paths[0], last, err}
	}()
	const fix = "let the user that collector runs as read it; see docs/alertmanager.md for how Alertmanager writes it"
	select {
	case f := <-done:
		switch {
		case f.err != nil:
			return line(sources.Degraded, fmt.Sprintf("events_file %s: %v", s.cfg.EventsFile, f.err), fix)
		case f.last.IsZero():
			return line(sources.Degraded, f.path+" has no line of Alertmanager's event recorder", "run Alertmanager 0.33 or newer with --enable-feature=event-recorder")
		}
		return line(sources.OK, fmt.Sprintf("%s tells who was told when, last at %s", f.path, f.last.UTC().Format(time.RFC3339)))
	case <-ctx.Done():
		return line(sources.Failed, fmt.Sprintf("events_file %s: no answer in time", s.cfg.EventsFile), "see whether the file system answers")
	}
}

// lastEvent is the time of the last line of a file; of one that is compressed, of a
// line near its beginning.
func lastEvent(ctx context.Context, path string) (last time.Time, err error) {
	f, err := logfile.Open(path)
	if err != nil {
		return time.Time{}, err
	}
	defer f.Close()
	var start int64
	if f.Content == logfile.Plain {
		start = max(0, f.Info.Size()-2*logfile.MaxLine)
	}
	stream, end, err := f.Unpack(logfile.NewMeter(ctx, f.File, start))
	if err != nil {
		return time.Time{}, err
	}
	defer end()
	text := logfile.NewLines(stream, start, readBuffer)
	for text.Offset()-start <= 2*logfile.MaxLine {
		l, err := text.Next()
		if errors.Is(err, io.EOF) {
			return last, nil
		}
		if err != nil {
			return last, logfile.Explain(err)
		}
		if at, err := timeOf(l.Text); err == nil {
			last = later(last, at)
		}
	}
	return last, nil
}

// fix is what to do about an answer that did not come.
func (c *Client) fix(err error) string {
	var refused refusal
	switch errors.As(err, &refused); int(refused) {
	case http.StatusUnauthorized, http.StatusForbidden:
		return "give http_client of alertmanager " + c.cfg.Name + " a credential that may read; if it has tenants, name yours in http_headers"
	}
	return "check url (with its path prefix) and http_client of alertmanager " + c.cfg.Name
}
