package grafana

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"collector/internal/timeline"
)

// maxData is how many bytes of frames a snapshot holds at most, a fraction of
// what Grafana's own database takes in one row.
const maxData = 32 << 20

// panelRecord is what a draft keeps of one panel of a snapshot.
type panelRecord struct {
	ID     int    `json:"id"`
	Title  string `json:"title"`
	Type   string `json:"type"`
	Frames int    `json:"frames"` // with data
	Rows   int    `json:"rows"`
	Asked  bool   `json:"asked"` // it has a query of which an answer is embedded
}

// problem is a panel that is not in a snapshot as it should be.
type problem struct {
	Panel  string `json:"panel"` // its title
	Reason string `json:"reason"`
}

// builder makes the body of one snapshot.
type builder struct {
	*gathering
	window timeline.Window

	mu       sync.Mutex
	problems []problem
	asked    map[int]int // by panel ID, how many frames with data it should have
	spent    int
}

// maxTitle is how many characters of a title are kept.
const maxTitle = 120

// titleOf is a panel's title as a viewer reads it.
func titleOf(p object, vals values) string {
	title := clip(vals.replace(text(p, "title"), func(x variable) string { return strings.Join(x.shown(), " + ") }), maxTitle)
	if title == "" {
		return fmt.Sprintf("panel %d", int(number(p, "id", 0)))
	}
	return title
}

func (b *builder) fail(panel string, reason error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.problems = append(b.problems, problem{panel, reason.Error()})
}

// embed fills all panels side by side. The order of the problems is that of the panels.
func (b *builder) embed(ctx context.Context, panels []placed, marks []frame) {
	type filled struct {
		frames []frame
		asked  bool
		err    error
	}
	answers := make([]filled, len(panels))
	workers := make(chan struct{}, parallel)
	var wg sync.WaitGroup
	for i, p := range panels {
		workers <- struct{}{}
		wg.Go(func() {
			defer func() { <-workers }()
			a := &answers[i]
			a.frames, a.asked, a.err = b.answer(ctx, p)
		})
	}
	wg.Wait()
	for i, p := range panels {
		title, a := titleOf(p.panel, p.values), answers[i]
		for _, f := range a.frames {
			b.spent += f.size()
		}
		if a.asked && b.spent > maxData {
			a.frames, a.err = nil, fmt.Errorf("the snapshot would hold more than %d MiB", maxData>>20)
		}
		if a.err != nil {
			b.fail(title, a.err)
		}
		if n, _ := count(a.frames); a.asked {
			b.asked[int(number(p.panel, "id", 0))] = n
			if hasTimeAxis(p.panel) {
				a.frames = append(a.frames, marks...)
			}
		}
		strip(p.panel, a.frames, a.asked || a.err != nil && text(p.panel, "type") != "text")
	}
}

// live are the panels that ask Grafana itself at the time of looking.
var live = map[string]bool{"alertlist": true, "alertGroups": true, "annolist": true, "dashlist": true, "news": true, "welcome": true, "gettingstarted": true, "pluginlist": true}

var errLive = errors.New("it lists what is the case at the time of looking, which cannot be kept")

// answer finds the frames of a panel. asked says that it has a query at all.
func (b *builder) answer(ctx context.Context, p placed) (frames []frame, asked bool, err error) {
	kind := text(p.panel, "type")
	switch {
	case live[kind]:
		replaceBy(p.panel, titleOf(p.panel, p.values)+": "+errLive.Error())
		return nil, false, errLive
	case kind == "text", shared(p.panel), len(children(p.panel, "targets")) == 0:
		return nil, false, nil
	}
	j, err := b.prepare(ctx, p.panel, p.values)
	if errors.Is(err, errNoQuery) {
		return nil, false, nil
	}
	if err != nil {
		return nil, true, b.explain(ctx, err)
	}
	frames, err = b.run(ctx, j)
	return frames, true, err
}

// shared reports whether a panel shows the result of another panel, which works
// in a snapshot as it is.
func shared(p object) bool {
	if o := child(p, "datasource"); o != nil {
		return special(text(o, "uid")) == typeDashboard
	}
	return special(text(p, "datasource")) == typeDashboard
}

// replaceBy makes a panel a text.
func replaceBy(p object, words string) {
	p["type"], p["options"] = "text", object{"mode": "markdown", "content": words}
	delete(p, "targets")
	delete(p, "datasource")
}

// strip makes a panel one that needs nobody but its snapshot.
func strip(p object, frames []frame, query bool) {
	for _, key := range []string{"snapshotData", "timeFrom", "alert", "cacheTimeout", "queryCachingTTL"} {
		delete(p, key)
	}
	p["links"] = []any{}
	if config := child(p, "fieldConfig"); config != nil {
		delete(child(config, "defaults"), "links")
		delete(child(config, "defaults"), "actions")
		for _, o := range children(config, "overrides") {
			var kept []object
			for _, property := range children(o, "properties") {
				if id := text(property, "id"); id != "links" && id != "actions" {
					kept = append(kept, property)
				}
			}
			o["properties"] = anys(kept)
		}
	}
	if !query && (text(p, "type") == "text" || shared(p)) {
		if text(p, "type") == "text" {
			delete(p, "targets")
			delete(p, "datasource")
		}
		return
	}
	if frames == nil {
		frames = []frame{}
	}
	// One target with all frames: of several only the last one's would show. A panel
	// without any would ask the viewer's default data source.
	p["datasource"] = object{"type": "grafana", "uid": "grafana"}
	p["targets"] = []any{object{
		"refId": "A", "datasource": object{"type": "grafana", "uid": "grafana"}, "queryType": "snapshot", "snapshot": frames,
	}}
}

// hasTimeAxis reports whether annotations are drawn in a panel.
func hasTimeAxis(p object) bool {
	switch text(p, "type") {
	case "timeseries", "graph", "candlestick", "state-timeline", "status-history", "heatmap":
		return true
	}
	return false
}
