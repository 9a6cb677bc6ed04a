package grafana

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
)

// stored is a snapshot as Grafana has it.
type stored struct {
	key    string
	url    string // "" when it was found and not made
	reused bool
	made   made
	panels []panelRecord
}

// read reads a snapshot back.
func (g *gathering) read(ctx context.Context, key string) (*stored, error) {
	var answer struct{ Dashboard json.RawMessage }
	if err := g.get(ctx, "/api/snapshots/"+key, nil, &answer); err != nil {
		return nil, err
	}
	s, err := readSnapshot(answer.Dashboard)
	if err != nil {
		return nil, err
	}
	s.key = key
	return s, nil
}

// snapshotPanel is what is looked at of a panel of a snapshot.
type snapshotPanel struct {
	ID         int    `json:"id"`
	Title      string `json:"title"`
	Type       string `json:"type"`
	ScopedVars map[string]struct{ Text any }
	Panels     []snapshotPanel `json:"panels"`
	Targets    []struct {
		QueryType string  `json:"queryType"`
		Snapshot  []frame `json:"snapshot"`
	} `json:"targets"`
}

// readSnapshot takes a stored dashboard apart.
func readSnapshot(dashboard []byte) (*stored, error) {
	var d struct {
		Made   *made           `json:"collector"`
		Panels []snapshotPanel `json:"panels"`
	}
	if err := json.Unmarshal(dashboard, &d); err != nil {
		return nil, fmt.Errorf("%w (%w)", errNotGrafana, err)
	}
	if d.Made == nil {
		return nil, errors.New("the snapshot of that key is not one of collector's")
	}
	s := &stored{made: *d.Made}
	s.add(d.Panels)
	s.compare()
	return s, nil
}

// compare finds the panels that hold less than they were given.
func (s *stored) compare() {
	given := maps.Clone(s.made.Frames)
	for _, p := range s.panels {
		if want := given[p.ID]; p.Frames < want {
			s.made.Problems = append(s.made.Problems, problem{p.Title, fmt.Sprintf("Grafana kept %d of its %d series", p.Frames, want)})
		}
		delete(given, p.ID)
	}
	for _, id := range slices.Sorted(maps.Keys(given)) {
		if given[id] > 0 {
			s.made.Problems = append(s.made.Problems, problem{fmt.Sprintf("panel %d", id), "Grafana did not keep it"})
		}
	}
}

func (s *stored) add(panels []snapshotPanel) {
	for _, p := range panels {
		s.add(p.Panels)
		if p.Type == "row" || len(s.panels) >= maxPanels {
			continue
		}
		r := panelRecord{ID: p.ID, Title: titleOf(object{"title": p.Title, "id": p.ID}, s.values(p)), Type: clip(p.Type, 40)}
		for _, t := range p.Targets {
			if t.QueryType == "snapshot" {
				n, rows := count(t.Snapshot)
				r.Frames, r.Rows = r.Frames+n, r.Rows+rows
			}
		}
		_, r.Asked = s.made.Frames[p.ID] // one that only has hidden queries was given nothing
		s.panels = append(s.panels, r)
	}
}

// values are what the variables of a panel's title showed.
func (s *stored) values(p snapshotPanel) values {
	vals := values{}
	for name, shown := range s.made.Vars {
		vals[name] = variable{Name: name, Texts: shown, Values: shown}
	}
	for name, v := range p.ScopedVars {
		shown := stringsOf(v.Text)
		vals[name] = variable{Name: name, Texts: shown, Values: shown}
	}
	return vals
}

// answer is what the draft keeps of the snapshot, each text of bearable length.
func (s *stored) answer(title string, cfg Config) snapshotAnswer {
	a := snapshotAnswer{
		Title: clip(title, maxTitle), URL: s.address(cfg), Reused: s.reused, Vars: map[string][]string{}, Panels: s.panels, Problems: []problem{}, Notes: []string{},
	}
	for _, p := range s.made.Problems[:min(len(s.made.Problems), maxPanels)] {
		a.Problems = append(a.Problems, problem{clip(p.Panel, maxTitle), clip(p.Reason, maxReason)})
	}
	for _, n := range s.made.Notes[:min(len(s.made.Notes), 20)] {
		a.Notes = append(a.Notes, clip(n, maxReason))
	}
	for name, vs := range s.made.Vars {
		if len(a.Vars) == 50 {
			break
		}
		for _, v := range vs[:min(len(vs), 20)] {
			a.Vars[name] = append(a.Vars[name], clip(v, 100))
		}
	}
	if a.Panels == nil {
		a.Panels = []panelRecord{}
	}
	return a
}

// address is where people see the snapshot: where the configuration says that
// they reach Grafana, or where Grafana says, or where we do.
func (s *stored) address(cfg Config) string {
	own := func(base string) string {
		u, err := url.Parse(base)
		if err != nil {
			return ""
		}
		u.User, u.RawQuery, u.Fragment = nil, "", ""
		return u.JoinPath("dashboard", "snapshot", s.key).String()
	}
	if cfg.ExternalURL != "" {
		return own(cfg.ExternalURL)
	}
	if u, err := url.Parse(s.url); err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.User == nil && strings.HasSuffix(u.Path, "/dashboard/snapshot/"+s.key) {
		return u.String()
	}
	return own(cfg.URL)
}

// public is the address of a snapshot as Grafana would tell it when it makes one;
// "" when it does not say where people reach it.
func (g *gathering) public(ctx context.Context, key string) string {
	var settings struct{ AppURL string }
	if g.get(ctx, "/api/frontend/settings", nil, &settings) != nil || settings.AppURL == "" {
		return ""
	}
	return strings.TrimRight(settings.AppURL, "/") + "/dashboard/snapshot/" + key
}
