package scoring

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"text/tabwriter"
)

// Panel is a panel with a query, and what its snapshot holds.
type Panel struct {
	Title string `json:"title"` // with the values of its repeat
	Rows  []int  `json:"rows"`  // of every frame, in order
}

// Empty reports whether no frame has a row.
func (p Panel) Empty() bool {
	for _, n := range p.Rows {
		if n > 0 {
			return false
		}
	}
	return true
}

// board is what is looked at of a dashboard or of its snapshot.
type board struct {
	Panels []boardPanel
}

type boardPanel struct {
	Type, Title, Repeat string
	ScopedVars          map[string]struct{ Text string }
	Panels              []boardPanel
	Targets             []struct {
		Expr     string
		Hide     bool
		Snapshot []struct {
			Data struct{ Values [][]json.RawMessage }
		}
	}
}

// flat are all panels but rows, also those in folded rows.
func flat(panels []boardPanel) (out []boardPanel) {
	for _, p := range panels {
		if p.Type != "row" {
			out = append(out, p)
		}
		out = append(out, flat(p.Panels)...)
	}
	return out
}

func (p boardPanel) asks() bool {
	for _, t := range p.Targets {
		if t.Expr != "" && !t.Hide {
			return true
		}
	}
	return false
}

// Panels compares a snapshot with its dashboard: a Panel for every panel with a
// query that somebody would see, and for each of its repeats. One that the snapshot
// lacks is there without frames. Panels are told by their titles.
func Panels(dashboard, snapshot []byte) ([]Panel, error) {
	var live, kept board
	if err := json.Unmarshal(dashboard, &live); err != nil {
		return nil, fmt.Errorf("reading the dashboard: %w", err)
	}
	if err := json.Unmarshal(snapshot, &kept); err != nil {
		return nil, fmt.Errorf("reading the snapshot: %w", err)
	}
	var out []Panel
	for _, want := range flat(live.Panels) {
		if !want.asks() {
			continue
		}
		before := len(out)
		for _, have := range flat(kept.Panels) {
			if have.Title == want.Title {
				out = append(out, have.read())
			}
		}
		if len(out) == before {
			out = append(out, Panel{Title: want.Title})
		}
	}
	return out, nil
}

// read is what a panel of a snapshot holds.
func (p boardPanel) read() Panel {
	out := Panel{Title: p.Title, Rows: []int{}}
	for name, v := range p.ScopedVars {
		out.Title = strings.ReplaceAll(out.Title, "$"+name, v.Text)
	}
	for _, t := range p.Targets {
		for _, f := range t.Snapshot {
			rows := 0
			if len(f.Data.Values) > 0 {
				rows = len(f.Data.Values[0])
			}
			out.Rows = append(out.Rows, rows)
		}
	}
	return out
}

const snapshotPath = "/dashboard/snapshot/"

// ReadSnapshot follows the draft's link to its snapshot as anybody can who has it,
// and reads from Grafana what is kept there: the dashboard of the snapshot.
func ReadSnapshot(ctx context.Context, draft Draft) (json.RawMessage, error) {
	for _, e := range draft.Evidence {
		base, key, found := strings.Cut(e.URL, snapshotPath)
		if e.Source != "grafana" || !found {
			continue
		}
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/api/snapshots/"+key, nil)
		if err != nil {
			return nil, fmt.Errorf("reading the snapshot back: %w", err)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			return nil, fmt.Errorf("reading the snapshot back: %w", err)
		}
		defer resp.Body.Close()
		var answer struct{ Dashboard json.RawMessage }
		if resp.StatusCode != http.StatusOK {
			return nil, fmt.Errorf("reading the snapshot back: %s", resp.Status)
		}
		if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
			return nil, fmt.Errorf("reading the snapshot back: %w", err)
		}
		return answer.Dashboard, nil
	}
	return nil, fmt.Errorf("the draft in %s leads to no snapshot", draft.Dir)
}

// JudgeSnapshot fills in what the snapshot of the draft holds. An empty panel is a
// bar that was not cleared.
func (r *Result) JudgeSnapshot(ctx context.Context, dashboard []byte) error {
	draft, err := Read(r.Draft)
	if err != nil {
		return err
	}
	snapshot, err := ReadSnapshot(ctx, draft)
	if err != nil {
		r.Failures = append(r.Failures, err.Error())
		return nil
	}
	if r.Panels, err = Panels(dashboard, snapshot); err != nil {
		return err
	}
	for _, p := range r.Panels {
		if p.Empty() {
			r.Failures = append(r.Failures, fmt.Sprintf("the panel %q is empty in the snapshot", p.Title))
		}
	}
	return nil
}

// PrintPanels lists the panels with the sizes of their frames.
func PrintPanels(w io.Writer, panels []Panel) error {
	table := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	for _, p := range panels {
		rows := 0
		for _, n := range p.Rows {
			rows += n
		}
		verdict := ""
		if p.Empty() {
			verdict = "EMPTY"
		}
		fmt.Fprintf(table, "  %s\t%d frames\t%d rows\t%s\n", p.Title, len(p.Rows), rows, verdict)
	}
	if err := table.Flush(); err != nil {
		return fmt.Errorf("printing the panels: %w", err)
	}
	return nil
}
