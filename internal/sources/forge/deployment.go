package forge

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Deployment is one deployment as a record keeps it: in the forge's own words, with
// persons masked and texts redacted.
type Deployment struct {
	ID          int64      `json:"id"`
	Environment string     `json:"environment"`
	Ref         string     `json:"ref,omitempty"` // the branch, tag or commit that was deployed
	Tag         bool       `json:"tag,omitempty"` // the ref is a tag; GitHub does not say
	Commit      string     `json:"commit,omitempty"`
	Task        string     `json:"task,omitempty"`    // GitHub: "deploy" unless somebody says otherwise
	Status      string     `json:"status,omitempty"`  // GitLab: how it stands
	Message     string     `json:"message,omitempty"` // GitHub: its description; GitLab: the commit's title
	Author      string     `json:"author,omitempty"`  // who deployed: a role or an alias
	URL         string     `json:"url,omitempty"`     // where a person can look
	CreatedAt   time.Time  `json:"created_at"`
	UpdatedAt   *time.Time `json:"updated_at,omitempty"`
	StartedAt   *time.Time `json:"started_at,omitempty"` // GitLab: of its job
	FinishedAt  *time.Time `json:"finished_at,omitempty"`
	Statuses    []Status   `json:"statuses,omitempty"` // GitHub: what was reported about it, in order of time
	Omitted     int        `json:"omitted,omitempty"`  // further statuses
}

// Status is one report about a deployment.
type Status struct {
	State   string    `json:"state"`
	At      time.Time `json:"at"`
	Message string    `json:"message,omitempty"`
	URL     string    `json:"url,omitempty"`
}

// Told is a deployment as the forge told it, with the names of the people that it
// mentions, to be masked. The first is whoever deployed.
type Told struct {
	Deployment
	People []Person
}

// Person is one person in all forms that are known: login, name, address.
type Person []string

// What is kept of one deployment at most.
const (
	maxStatuses = 60
	maxText     = 300 // bytes of a message
	maxWord     = 200 // bytes of a ref, an environment, a task
	maxLink     = 500 // bytes of an address
)

// The times that a deployment can have. Others cannot be placed, and some of them
// cannot be written.
var (
	firstYear = time.Date(1990, 1, 1, 0, 0, 0, 0, time.UTC)
	lastYear  = time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC)
)

// When is a time that may be missing or beyond belief: nil then.
func When(t time.Time) *time.Time {
	if t.Before(firstYear) || t.After(lastYear) {
		return nil
	}
	t = t.UTC()
	return &t
}

var hexadecimal = regexp.MustCompile(`^[0-9a-f]{7,64}$`)

// usable reports whether a deployment can be told at all.
func (d Deployment) usable() bool {
	return d.ID > 0 && When(d.CreatedAt) != nil && line(d.Environment, maxWord) != ""
}

// tidy brings a deployment into the one form of records: times in UTC, statuses in
// order of time (of equal times, in the given order) and not too many.
func (d Deployment) tidy() Deployment {
	d.CreatedAt = d.CreatedAt.UTC()
	d.Commit = strings.ToLower(d.Commit)
	if !hexadecimal.MatchString(d.Commit) {
		d.Commit = ""
	}
	d.Statuses = slices.DeleteFunc(slices.Clone(d.Statuses), func(s Status) bool { return When(s.At) == nil || s.State == "" })
	slices.SortStableFunc(d.Statuses, func(a, b Status) int { return a.At.Compare(b.At) })
	if more := len(d.Statuses) - maxStatuses; more > 0 {
		d.Statuses, d.Omitted = d.Statuses[:maxStatuses], more
	}
	return d
}

// last is the latest time that the list of deployments knows of this one.
func (d Deployment) last() time.Time {
	last := d.CreatedAt
	for _, t := range []*time.Time{d.UpdatedAt, d.StartedAt, d.FinishedAt} {
		if t != nil && t.After(last) {
			last = *t
		}
	}
	return last
}

// newestFirst orders deployments by the time of their creation.
func newestFirst(list []Told) {
	slices.SortStableFunc(list, func(a, b Told) int {
		return cmp.Or(b.CreatedAt.Compare(a.CreatedAt), cmp.Compare(b.ID, a.ID))
	})
}

// likeVersion: v1.4.2, shop-1.4, shop/v1.4.2-rc.1, but not the branch release/1.4.
var likeVersion = regexp.MustCompile(`^(?:[A-Za-z_./-]*\d+(?:\.\d+){2,}|[A-Za-z_.-]*\d+\.\d+)(?:[-+._][0-9A-Za-z.+_-]*)?$`)

// shortCommit is how many digits of a commit name it to people, as git and GitHub have it.
const shortCommit = 7

// version is what the deployment deploys, by the rule of its place.
func (d Deployment) version(rule string) string {
	short := d.Commit[:min(len(d.Commit), shortCommit)]
	switch rule {
	case VersionRef:
		return cmp.Or(d.Ref, d.Commit)
	case VersionCommit:
		return cmp.Or(d.Commit, d.Ref)
	case VersionShort:
		return cmp.Or(short, d.Ref)
	}
	if d.Ref != "" && (d.Tag || likeVersion.MatchString(d.Ref)) {
		return strings.TrimPrefix(d.Ref, "refs/tags/")
	}
	return cmp.Or(short, d.Ref)
}
