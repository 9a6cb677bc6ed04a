package gitlab

import (
	"time"

	"collector/internal/sources/forge"
)

// The statuses of a deployment.
const (
	statusCreated  = "created" // its job waits for its turn, or for a person
	statusBlocked  = "blocked" // it waits for an approval
	statusSkipped  = "skipped" // it never ran
	statusSuccess  = "success"
	statusFailed   = "failed"
	statusCanceled = "canceled"
)

// course reads a deployment's status and the times of its job.
func course(d forge.Deployment) forge.Course {
	started, finished := stamp(d.StartedAt), stamp(d.FinishedAt)
	c := forge.Course{Start: started, Started: true, Outcome: forge.Unfinished, URL: d.URL}
	if c.Start.IsZero() {
		c.Start = d.CreatedAt
	}
	switch d.Status {
	case statusSuccess:
		c.Outcome = forge.Finished
	case statusFailed:
		c.Outcome = forge.Failed
	case statusCanceled:
		c.Outcome = forge.Cancelled
		// A job that was cancelled before it began has an end and no start. A deployment
		// without a job, made over the API, has neither.
		c.Waits = started.IsZero() && !finished.IsZero()
	case statusCreated, statusBlocked, statusSkipped:
		c.Waits = true
		return c
	default:
		return c
	}
	if c.End = finished; c.End.IsZero() {
		c.End = stamp(d.UpdatedAt)
	}
	if c.End.IsZero() {
		c.End = c.Start
	}
	return c
}

// stamp is a time that may be missing, or beyond belief; zero then.
func stamp(t *time.Time) time.Time {
	if t == nil || forge.When(*t) == nil {
		return time.Time{}
	}
	return *t
}
