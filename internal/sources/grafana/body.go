package grafana

import (
	"context"
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
	"time"

	gapi "github.com/grafana/grafana-api-golang-client"
)

// mark is where a snapshot keeps what is known about its making, for the next
// draft of the same window. Grafana keeps what it does not know.
const mark = "collector"

// made is the content of mark.
type made struct {
	Problems []problem           `json:"problems"`
	Notes    []string            `json:"notes"`
	Vars     map[string][]string `json:"vars"`
	Frames   map[int]int         `json:"frames"` // by panel ID, how many with data it was given
}

// build makes the dashboard of a snapshot out of the dashboard as it is.
func (g *gathering) build(ctx context.Context, model object, chosen assignment) (object, made) {
	model, lost := g.inlined(ctx, model)
	r, variables := g.resolve(ctx, model, chosen)
	b := &builder{gathering: g, window: g.window, asked: map[int]int{}}
	for _, l := range lost {
		b.fail(titleOf(l.panel, r.vals), l.reason)
		replaceBy(l.panel, titleOf(l.panel, r.vals)+": "+l.reason.Error())
	}
	l := arrange(model, r.vals)
	if len(children(model, "panels")) == 0 && len(children(model, "rows")) > 0 {
		r.note("the dashboard has the form of Grafana 4 and is embedded without panels: open it and save it once")
	}
	if l.cut > 0 {
		r.note("%d panels are left out: a snapshot has %d at most", l.cut, maxPanels)
	}
	list, marks := g.annotationList(ctx, model, r)
	b.embed(ctx, l.flat, marks)

	out := copied(model)
	for _, key := range []string{"gnetId", "revision", "iteration", "__inputs", "__requires", "__elements"} {
		delete(out, key)
	}
	out["panels"] = anys(l.out)
	out["links"], out["refresh"], out["liveNow"], out["timepicker"] = []any{}, "", false, object{}
	out["time"] = object{"from": isoTime(g.window.From), "to": isoTime(g.window.To)} // numbers crash the page, relative times drift
	out["templating"] = object{"list": embeddedVariables(variables)}
	out["annotations"] = object{"list": list}
	m := made{Problems: b.problems, Notes: r.notes, Vars: map[string][]string{}, Frames: b.asked}
	for _, x := range variables {
		m.Vars[x.Name] = x.shown()
	}
	out[mark] = m
	return out, m
}

func isoTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

func embeddedVariables(variables []variable) []any {
	out := []any{}
	for _, x := range variables {
		out = append(out, x.embedded())
	}
	return out
}

// annotationList is the list of a snapshot: every entry has data, if none, and
// there is an entry, because without one the viewer's browser asks for some. Up to
// Grafana 9 the data stands in the list, later in frames of the panels.
func (g *gathering) annotationList(ctx context.Context, model object, r *resolver) (list []any, marks []frame) {
	old := g.major(ctx) <= 9 && g.major(ctx) > 0
	var all []item
	for _, query := range children(child(model, "annotations"), "list") {
		entry := object{}
		for _, key := range []string{"name", "enable", "iconColor", "type", "builtIn", "hide"} {
			if v, has := query[key]; has {
				entry[key] = v
			}
		}
		entry["snapshotData"] = []item{}
		if truth(query, "enable") {
			items, err := g.annotationsOf(ctx, query, model, r.vals)
			if err != nil {
				r.note("the annotations %s are not embedded: %v", clip(text(query, "name"), 60), g.explain(ctx, err))
			}
			if old && len(items) > 0 {
				entry["snapshotData"] = items
			}
			all = append(all, items...)
		}
		list = append(list, entry)
	}
	if len(list) == 0 {
		list = append(list, object{"name": "Annotations & Alerts", "enable": true, "type": "dashboard", "builtIn": 1, "hide": true, "snapshotData": []item{}})
	}
	if old || len(all) == 0 {
		return list, nil
	}
	return list, []frame{frameOf(all)}
}

// item is an annotation in a snapshot.
type item struct {
	Time     int64    `json:"time"` // ms
	TimeEnd  int64    `json:"timeEnd"`
	IsRegion bool     `json:"isRegion"`
	Text     string   `json:"text"`
	Tags     []string `json:"tags"`
}

// annotationsOf asks for what an annotation query of a dashboard shows: Grafana's
// own annotations, or the stretches in which an expression of Prometheus holds.
func (g *gathering) annotationsOf(ctx context.Context, query, model object, vals values) ([]item, error) {
	ref := query["datasource"]
	own := ref == nil
	switch ref := ref.(type) {
	case string:
		own = special(ref) == typeGrafana
	case object:
		own = special(text(ref, "uid")) == typeGrafana || text(ref, "type") == "grafana"
	}
	if own {
		return g.ownAnnotations(ctx, query, model)
	}
	return g.promAnnotations(ctx, query, vals)
}

// ownAnnotations are Grafana's own.
func (g *gathering) ownAnnotations(ctx context.Context, query, model object) ([]item, error) {
	target := child(query, "target")
	params := url.Values{
		"from": {strconv.FormatInt(g.window.From.UnixMilli(), 10)}, "to": {strconv.FormatInt(g.window.To.UnixMilli(), 10)}, "limit": {"1000"},
	}
	if kind := text(target, "type"); kind == "tags" {
		params["tags"] = stringsOf(target["tags"])
		params.Set("matchAny", strconv.FormatBool(truth(target, "matchAny")))
	} else {
		params.Set("dashboardUID", text(model, "uid"))
	}
	library, err := g.library(ctx)
	if err != nil {
		return nil, err
	}
	found, err := library.Annotations(params)
	if err != nil {
		return nil, err
	}
	out := make([]item, 0, len(found))
	for _, a := range found {
		out = append(out, itemOf(a))
	}
	return out, nil
}

func itemOf(a gapi.Annotation) item {
	it := item{a.Time, max(a.Time, a.TimeEnd), a.TimeEnd > a.Time, a.Text, a.Tags}
	if it.Tags == nil {
		it.Tags = []string{}
	}
	return it
}

// frameOf is the frame that newer versions read annotations from.
func frameOf(items []item) frame {
	columns := make([][]any, 5)
	for _, it := range items {
		for i, v := range []any{it.Time, it.TimeEnd, it.IsRegion, it.Text, it.Tags} {
			columns[i] = append(columns[i], v)
		}
	}
	data, err := json.Marshal(columns)
	if err != nil { // numbers and texts always marshal
		data = []byte("[]")
	}
	field := func(name, kind string) object { return object{"name": name, "type": kind, "config": object{}} }
	return frame{
		object{"refId": "annotations", "meta": object{"dataTopic": "annotations"}, "fields": []any{
			field("time", "time"), field("timeEnd", "time"), field("isRegion", "boolean"), field("text", "string"), field("tags", "other"),
		}},
		map[string]json.RawMessage{"values": data},
	}
}

// major is Grafana's major version, 0 when it does not tell.
func (g *gathering) major(ctx context.Context) int {
	g.versionOnce.Do(func() {
		library, err := g.library(ctx)
		if err != nil {
			return
		}
		if health, err := library.Health(); err == nil {
			digits, _, _ := strings.Cut(health.Version, ".")
			g.version, _ = strconv.Atoi(digits)
		}
	})
	return g.version
}
