package deploylog

import (
	"fmt"
	"strings"
	"time"

	"collector/internal/sources"
	"collector/internal/sources/deployline"
	"collector/internal/timeline"
)

// The kinds of questions.
const (
	episodeAsked = "episode" // the lines of one deploy, rollback or change
	filesAsked   = "files"   // what was read
	fileFailed   = "file"    // a file that could not be read
	globFailed   = "glob"    // a glob that names no file
	manyFailed   = "limit"   // more than what is recorded
)

// question stands in every record. An episode's names no window, so that its ID
// stays the same from draft to draft.
type question struct {
	Kind       string              `json:"kind"`
	Log        string              `json:"log"`
	Cluster    string              `json:"cluster,omitempty"`
	Lookaround string              `json:"lookaround"` // a duration: 6h0m0s
	Paths      []string            `json:"paths,omitempty"`
	Path       string              `json:"path,omitempty"`
	From       *time.Time          `json:"from,omitempty"` // the range of time that was read
	To         *time.Time          `json:"to,omitempty"`
	Until      *time.Time          `json:"until,omitempty"` // a file was read up to its line of this time
	Part       int                 `json:"part,omitempty"`  // of several records about the files
	Grammar    *deployline.Grammar `json:"lines,omitempty"` // how they are read
}

// filesAnswer is the answer to filesAsked.
type filesAnswer struct {
	Files []fileReport `json:"files"`
}

// Limits of what is recorded.
const (
	maxFailures    = 100
	filesPerRecord = 60
)

// records makes the evidence: everything is masked from here on.
func (c *collection) records() ([]timeline.Evidence, error) {
	groups := c.groups()
	out := []timeline.Evidence{}
	for _, g := range c.choose(groups) {
		e, err := c.episodeRecord(g)
		if err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	files, err := c.filesRecords()
	if err != nil {
		return nil, err
	}
	out = append(out, files...)
	failures, err := c.failureRecords()
	return append(out, failures...), err
}

// groups masks all lines and puts them together to episodes.
func (c *collection) groups() []*deployline.Group {
	r := c.source.reader
	m := deployline.NewMasker(r, c.req.Roles)
	for _, f := range c.found {
		if e, err := r.Read(f.line); err == nil {
			m.Learn(e)
		}
	}
	m.Ready()
	entries := make([]deployline.Entry, 0, len(c.found))
	for _, f := range c.found {
		masked, err := m.Line(f.line)
		if err == nil {
			var e deployline.Entry
			if e, err = r.Read(masked); err == nil {
				entries = append(entries, e)
			}
		}
		if err != nil { // a line that was read a moment ago; a test hunts for one
			c.failed = append(c.failed, failure{what: fileFailed, path: f.line.File, err: fmt.Errorf("the line at byte %d could not be masked and was left out", f.line.Offset)})
		}
	}
	for i := range c.reports {
		for j, b := range c.reports[i].BadShown {
			c.reports[i].BadShown[j].Text = m.Bad(b.Text)
		}
		for j, word := range c.reports[i].OtherWords {
			c.reports[i].OtherWords[j] = deployline.Cut(m.Bad(word), deployline.MaxName)
		}
	}
	deployline.Order(entries)
	return deployline.Pair(entries)
}

// choose picks the episodes in the window and, of each service without one, the
// last before it.
func (c *collection) choose(groups []*deployline.Group) []*deployline.Group {
	chosen, more := deployline.Choose(groups, c.window, time.Duration(c.source.config.File.Lookaround))
	if more != nil {
		c.failed = append(c.failed, failure{what: manyFailed, path: c.source.config.Name, until: &more.Earliest, err: fmt.Errorf("more than %d deploys in the window: name a shorter one", deployline.MaxEpisodes)})
	}
	return chosen
}

func (c *collection) question(kind string) question {
	return question{
		Kind: kind, Log: c.source.config.Name, Cluster: c.source.config.Cluster,
		Lookaround: time.Duration(c.source.config.File.Lookaround).String(),
	}
}

func (c *collection) ask(q question, query string, observed timeline.Window) sources.Ask {
	return sources.Ask{Source: kind, Target: c.source.config.Name, Query: query, Question: q, Observed: observed}
}

func (c *collection) episodeRecord(g *deployline.Group) (timeline.Evidence, error) {
	ep := deployline.Assemble(g.Lines, g.Next)
	q := c.question(episodeAsked)
	grammar := c.source.config.grammar()
	q.Grammar = &grammar
	observed := timeline.Window{From: ep.Start.Earliest, To: ep.Start.Latest}
	if ep.End != nil {
		observed.To = ep.End.Latest
	}
	query := fmt.Sprintf("lines on the %s in %s", ep.Title(), c.globs())
	return sources.Answer(c.ask(q, query, observed), g.Record(), c.req.Now())
}

func (c *collection) globs() string { return strings.Join(c.source.config.File.Paths, " ") }

func (c *collection) filesRecords() ([]timeline.Evidence, error) {
	var out []timeline.Evidence
	read := timeline.Window{From: c.scan.from, To: c.scan.to}
	for part := 1; len(c.reports) > 0; part++ {
		n := min(filesPerRecord, len(c.reports))
		q := c.question(filesAsked)
		q.Paths, q.From, q.To = c.source.config.File.Paths, &c.scan.from, &c.scan.to
		grammar := c.source.config.grammar()
		q.Grammar = &grammar
		if part > 1 || len(c.reports) > n {
			q.Part = part
		}
		e, err := sources.Answer(c.ask(q, c.filesQuery(), read), filesAnswer{c.reports[:n]}, c.req.Now())
		if err != nil {
			return nil, err
		}
		out = append(out, e)
		c.reports = c.reports[n:]
	}
	return out, nil
}

func (c *collection) filesQuery() string {
	return fmt.Sprintf("lines from %s to %s in %s", timeline.FormatTime(c.scan.from), timeline.FormatTime(c.scan.to), c.globs())
}

func (c *collection) failureRecords() ([]timeline.Evidence, error) {
	if n := len(c.failed); n > maxFailures {
		more := failure{what: manyFailed, path: c.source.config.Name, err: fmt.Errorf("%d more files could not be read either", n-maxFailures)}
		c.failed = append(c.failed[:maxFailures:maxFailures], more)
	}
	var out []timeline.Evidence
	for _, f := range c.failed {
		q := c.question(f.what)
		q.Path, q.Until, q.From, q.To = f.path, f.until, &c.scan.from, &c.scan.to
		e, err := sources.Failure(c.ask(q, c.filesQuery(), c.window), f.err, c.req.Now())
		if err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	return out, nil
}
