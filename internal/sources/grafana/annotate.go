package grafana

import (
	"context"
	"errors"
	"fmt"
	"html"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	gapi "github.com/grafana/grafana-api-golang-client"

	"collector/internal/sources"
	"collector/internal/timeline"
)

// OwnTag marks the annotations that collector writes. They are no evidence.
const OwnTag = "collector"

// incidentTag begins the tag by which an incident's annotation is found again.
const incidentTag = "collector-incident:"

// IncidentTag is the tag of an incident's annotation.
func IncidentTag(id string) string { return incidentTag + id }

// errNoIncidentTag is a mistake of the caller.
var errNoIncidentTag = errors.New("annotating Grafana: no tag names the incident (IncidentTag), so the annotation could not be found again")

// Annotate marks a window in Grafana with a text and a link to the draft; link may
// be empty. One of the tags is IncidentTag of the incident: an annotation that has
// it is updated, one too many is removed. It does nothing when the configuration
// says `annotate: false`. It needs the role Editor, or annotations:create and
// annotations:write.
func (s *Source) Annotate(ctx context.Context, window timeline.Window, text, link string, tags []string) error {
	if !s.cfg.Annotate {
		return nil
	}
	i := slices.IndexFunc(tags, func(t string) bool { return strings.HasPrefix(t, incidentTag) && len(t) > len(incidentTag) })
	if i < 0 {
		return errNoIncidentTag
	}
	own := tags[i]
	if !slices.Contains(tags, OwnTag) {
		tags = append([]string{OwnTag}, tags...)
	}
	ctx, cancel := context.WithTimeout(ctx, time.Duration(s.cfg.Timeout))
	defer cancel()
	library, err := s.client.session().library(ctx)
	if err != nil {
		return fmt.Errorf("annotating Grafana: %w", err)
	}
	if err := put(library, own, annotationOf(window, text, link, tags)); err != nil {
		return fmt.Errorf("annotating Grafana: %w", s.client.explain(ctx, err))
	}
	return nil
}

// annotationOf is the region over a window. Grafana shows an annotation's text as
// HTML, of which it keeps what is harmless, and refuses an empty one.
func annotationOf(w timeline.Window, text, link string, tags []string) *gapi.Annotation {
	if text = strings.TrimSpace(text); text == "" {
		text = "incident"
	}
	text = html.EscapeString(text)
	if link != "" {
		text += fmt.Sprintf("\n<a href=\"%s\">the draft</a>", html.EscapeString(link))
	}
	return &gapi.Annotation{Time: w.From.UnixMilli(), TimeEnd: w.To.UnixMilli(), Text: text, Tags: tags}
}

// put creates the annotation that has the tag, or brings it up to date.
func put(library *gapi.Client, tag string, a *gapi.Annotation) error {
	// No times: an incident's window moves, and its annotation must still be found.
	found, err := library.Annotations(url.Values{"tags": {tag, OwnTag}, "type": {"annotation"}, "limit": {"100"}})
	if err != nil {
		return err
	}
	found = slices.DeleteFunc(found, func(f gapi.Annotation) bool { return !slices.Contains(f.Tags, tag) })
	if len(found) == 0 {
		_, err := library.NewAnnotation(a)
		return err
	}
	slices.SortFunc(found, func(x, y gapi.Annotation) int { return int(x.ID - y.ID) })
	if f := found[0]; f.Time != a.Time || f.TimeEnd != a.TimeEnd || f.Text != a.Text || !slices.Equal(f.Tags, a.Tags) {
		if _, err := library.UpdateAnnotation(f.ID, a); err != nil {
			return err
		}
	}
	for _, extra := range found[1:] { // two daemons began at once
		if _, err := library.DeleteAnnotation(extra.ID); err != nil && statusOf(err) != 404 {
			return fmt.Errorf("removing annotation %s, a second one of the same incident: %w", strconv.FormatInt(extra.ID, 10), err)
		}
	}
	return nil
}

// Source keeps the contract of all sources.
var _ sources.Source = (*Source)(nil)
