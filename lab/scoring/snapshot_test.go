package scoring

import (
	"reflect"
	"testing"
)

func TestPanels(t *testing.T) {
	const dashboard = `{"panels": [
		{"type": "stat", "title": "Up", "targets": [{"expr": "up"}]},
		{"type": "text", "title": "Words"},
		{"type": "timeseries", "title": "Only hidden", "targets": [{"expr": "up", "hide": true}]},
		{"type": "row", "title": "Folded", "panels": [{"type": "timeseries", "title": "Of $server", "repeat": "server", "targets": [{"expr": "x"}]}]},
		{"type": "timeseries", "title": "Empty", "targets": [{"expr": "none"}]},
		{"type": "timeseries", "title": "Lost", "targets": [{"expr": "y"}]}]}`
	const snapshot = `{"panels": [
		{"type": "stat", "title": "Up", "targets": [{"snapshot": [{"data": {"values": [[1], [1]]}}, {"data": {"values": [[], []]}}]}]},
		{"type": "row", "title": "Folded", "panels": [
			{"type": "timeseries", "title": "Of $server", "scopedVars": {"server": {"text": "db1"}}, "targets": [{"snapshot": [{"data": {"values": [[1, 2], [null, null]]}}]}]},
			{"type": "timeseries", "title": "Of $server", "scopedVars": {"server": {"text": "db2"}}, "targets": [{"snapshot": []}]}]},
		{"type": "timeseries", "title": "Empty", "targets": [{"snapshot": [{"data": {"values": [[], []]}}]}]}]}`
	panels, err := Panels([]byte(dashboard), []byte(snapshot))
	if err != nil {
		t.Fatal(err)
	}
	want := []Panel{{"Up", []int{1, 0}}, {"Of db1", []int{2}}, {"Of db2", []int{}}, {"Empty", []int{0}}, {Title: "Lost"}}
	if !reflect.DeepEqual(panels, want) {
		t.Errorf("got %+v, want %+v", panels, want)
	}
	for _, p := range panels {
		if full := p.Title == "Up" || p.Title == "Of db1"; p.Empty() == full {
			t.Errorf("%s is empty: %t", p.Title, p.Empty())
		}
	}
}
