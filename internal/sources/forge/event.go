package forge

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"collector/internal/sources/deployline"
	"collector/internal/timeline"
)

// episode is one deployment as it is told.
type episode struct {
	question
	Deployment
	course   Course
	start    timeline.Instant
	end      *timeline.Instant
	turned   bool // its end is written before its start
	version  string
	rollback string // the rule by which it is one; "" for a deploy
}

// episode puts a recorded deployment together.
func (f Forge) episode(q question, a deploymentAnswer) episode {
	a.Deployment = a.Deployment.tidy()
	ep := episode{question: q, Deployment: a.Deployment, course: f.Course(a.Deployment), version: a.Deployment.version(q.Version)}
	ep.start, ep.end, ep.turned = ep.course.span()
	ep.rollback = f.rollback(a)
	return ep
}

// rollback is the rule by which a deployment is a rollback, "" where none holds.
func (f Forge) rollback(a deploymentAnswer) string {
	d, again, other := a.Deployment, a.Again, a.Other
	if d.Task == "rollback" {
		return "its task is rollback"
	}
	if again == nil || other == nil || d.Commit == "" || again.Commit != d.Commit || other.Commit == d.Commit || other.Commit == "" ||
		again.Environment != d.Environment || other.Environment != d.Environment ||
		again.CreatedAt.After(other.CreatedAt) || other.CreatedAt.After(d.CreatedAt) {
		return ""
	}
	first, then := f.Course(*again), f.Course(*other)
	if first.Outcome != Finished || then.Outcome != Finished {
		return ""
	}
	return fmt.Sprintf("commit %s was deployed at %s, and %s after it at %s", abbreviate(d.Commit), timeline.FormatTime(first.Start),
		abbreviate(other.Commit), timeline.FormatTime(then.Start))
}

func abbreviate(commit string) string { return commit[:min(len(commit), shortCommit)] }

func (ep episode) kind() timeline.Kind {
	if ep.rollback != "" {
		return timeline.Rollback
	}
	return timeline.Deploy
}

// event is the deployment as the timeline shows it, told in the record id.
func (ep episode) event(source, id string) timeline.Event {
	return timeline.Event{
		Kind: ep.kind(), Grade: timeline.Logged, Source: source, Target: ep.Service,
		Start: ep.start, End: ep.end, Summary: ep.summary(), Attributes: ep.attributes(),
		Evidence: []string{id}, Key: deployline.Key(ep.Service, ep.version, ep.Environment),
	}
}

// attributes has the names that the deploy log's fields have, where it has them.
func (ep episode) attributes() map[string]string {
	attrs := map[string]string{"outcome": ep.course.Outcome, "deployment": strconv.FormatInt(ep.ID, 10)}
	optional := map[string]string{
		"service": ep.Service, "version": ep.version, "commit": ep.Commit, "environment": ep.Environment, "author": ep.Author,
		"message": ep.Message, "end_message": ep.course.Message, "url": ep.link(), "repository": ep.Repository,
		"rollback_rule": ep.rollback, "later": ep.course.Later,
	}
	if ep.Ref != ep.version && ep.Ref != ep.Commit {
		optional["ref"] = ep.Ref
	}
	if ep.Task != "deploy" {
		optional["task"] = ep.Task
	}
	if !ep.course.Start.Equal(ep.CreatedAt) {
		optional["created_at"] = timeline.FormatTime(ep.CreatedAt)
	}
	if !ep.course.Started {
		optional["start_logged"] = "no"
	}
	if ep.turned {
		optional["time_note"] = "its end is written before its start"
	}
	for key, value := range optional {
		if value != "" {
			attrs[key] = value
		}
	}
	return attrs
}

// link is where a person can look: the run's own page where it is known.
func (ep episode) link() string {
	if ep.course.URL != "" {
		return ep.course.URL
	}
	return ep.URL
}

// maxReason is how much of a message a summary shows, in bytes.
const maxReason = 160

// summary is one plain sentence with the decisive numbers, in the deploy log's words.
func (ep episode) summary() string {
	what, took, reason := ep.title(), "", ""
	if ep.end != nil {
		took = deployline.Duration(ep.end.At.Sub(ep.start.At))
	}
	if text := deployline.Sentence(ep.course.Message, maxReason); text != "" {
		reason = ": " + text
	}
	switch ep.course.Outcome {
	case Failed:
		return strings.TrimRight(what+" failed after "+took+reason, ". ")
	case Cancelled:
		return what + " was cancelled after " + took
	case Inactive:
		return what + " became inactive after " + took + ", and no other end was reported"
	case Finished:
		return what + " finished after " + took
	}
	if !ep.course.Started {
		return what + " was created, and nothing else was reported about it"
	}
	return what + " started, and no end was reported"
}

func (ep episode) title() string {
	return deployline.Title(ep.kind(), ep.Service, ep.version, ep.Environment)
}

// past tells of a deployment before the window.
func (ep episode) past() string {
	verb, at := ep.course.Outcome, ep.start.At
	switch {
	case ep.end != nil:
		at = ep.end.At
	default:
		verb = "started"
	}
	if verb == Inactive {
		verb = "became inactive"
	}
	return fmt.Sprintf("%s %s at %s", ep.title(), verb, timeline.FormatTime(at))
}

// latest is the last time that the episode tells of.
func (ep episode) latest() time.Time {
	if ep.end != nil {
		return ep.end.At
	}
	return ep.start.At
}
