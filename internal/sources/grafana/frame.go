package grafana

import (
	"encoding/json"
	"maps"
	"slices"
)

// frame is one data frame in the form of /api/ds/query, which is also the form of
// a snapshot. Numbers stay as they were written.
type frame struct {
	Schema object                     `json:"schema"`
	Data   map[string]json.RawMessage `json:"data"`
}

// columns are the values of each field.
func (f frame) columns() [][]json.RawMessage {
	var columns [][]json.RawMessage
	if json.Unmarshal(f.Data["values"], &columns) != nil {
		return nil
	}
	return columns
}

// rows is the length of the frame.
func (f frame) rows() int {
	if columns := f.columns(); len(columns) > 0 {
		return len(columns[0])
	}
	return 0
}

// annotates reports whether the frame holds annotations instead of data.
func (f frame) annotates() bool { return text(child(f.Schema, "meta"), "dataTopic") == "annotations" }

// size is about how many bytes the frame has.
func (f frame) size() int {
	n := 200
	for _, part := range f.Data {
		n += len(part)
	}
	return n
}

// count is how many frames hold data, and how many rows they have together.
func count(frames []frame) (n, rows int) {
	for _, f := range frames {
		if r := f.rows(); r > 0 && !f.annotates() {
			n, rows = n+1, rows+r
		}
	}
	return n, rows
}

// private removes what a viewer need not know: the query as it was run, and links
// that lead to data sources.
func (f frame) private() {
	delete(child(f.Schema, "meta"), "executedQueryString")
	for _, field := range children(f.Schema, "fields") {
		delete(child(field, "config"), "links")
	}
}

// special values: JSON has no NaN and no infinity, so they travel as null and are
// listed by their places.
type entities struct {
	NaN    []int `json:"NaN,omitempty"`
	Inf    []int `json:"Inf,omitempty"`
	NegInf []int `json:"NegInf,omitempty"`
}

// joined makes the frames of one query in table format one table, as Grafana's
// browser side does: the time, a column for each label, the value. several says
// that the panel has more than one such query: their values are told apart.
func joined(frames []frame, refID string, several bool) []frame {
	labels, ok := labelNamesOf(frames)
	if !ok || len(frames) == 0 {
		return frames
	}
	columns := make([][]json.RawMessage, len(labels)+2)
	var odd entities
	for _, f := range frames {
		data := f.columns()
		own := child(children(f.Schema, "fields")[1], "labels")
		var fields []*entities
		_ = json.Unmarshal(f.Data["entities"], &fields) // absent when there are none
		begins := len(columns[0])
		columns[0] = append(columns[0], data[0]...)
		for i, label := range labels {
			value, err := json.Marshal(text(own, label))
			if err != nil { // a string always marshals
				return frames
			}
			columns[i+1] = append(columns[i+1], slices.Repeat([]json.RawMessage{value}, len(data[0]))...)
		}
		columns[len(labels)+1] = append(columns[len(labels)+1], data[1]...)
		if len(fields) > 1 && fields[1] != nil {
			odd.NaN = append(odd.NaN, moved(fields[1].NaN, begins)...)
			odd.Inf = append(odd.Inf, moved(fields[1].Inf, begins)...)
			odd.NegInf = append(odd.NegInf, moved(fields[1].NegInf, begins)...)
		}
	}
	return tableOf(frames[0], labels, columns, odd, refID, several)
}

// labelNamesOf is the sorted union of the labels; ok is false when a frame is not
// a series of times and values.
func labelNamesOf(frames []frame) (names []string, ok bool) {
	all := map[string]bool{}
	for _, f := range frames {
		fields, data := children(f.Schema, "fields"), f.columns()
		if len(fields) != 2 || len(data) != 2 || len(data[0]) != len(data[1]) || text(fields[0], "type") != "time" {
			return nil, false
		}
		for name := range child(fields[1], "labels") {
			all[name] = true
		}
	}
	return slices.Sorted(maps.Keys(all)), true
}

func moved(places []int, by int) []int {
	out := make([]int, len(places))
	for i, p := range places {
		out[i] = p + by
	}
	return out
}

func tableOf(first frame, labels []string, columns [][]json.RawMessage, odd entities, refID string, several bool) []frame {
	value := "Value"
	if several {
		value = "Value #" + refID
	}
	fields := []any{object{"name": "Time", "type": "time", "config": object{}}}
	for _, label := range labels {
		fields = append(fields, object{"name": label, "type": "string", "config": object{"filterable": true}})
	}
	fields = append(fields, object{"name": value, "type": "number", "config": object{}})
	schema := object{"refId": refID, "fields": fields}
	if meta := child(first.Schema, "meta"); meta != nil {
		schema["meta"] = meta
	}
	data, err := json.Marshal(columns)
	if err != nil {
		return nil
	}
	table := frame{schema, map[string]json.RawMessage{"values": data}}
	if len(odd.NaN)+len(odd.Inf)+len(odd.NegInf) > 0 {
		places := make([]*entities, len(columns))
		places[len(columns)-1] = &odd
		if table.Data["entities"], err = json.Marshal(places); err != nil {
			return nil
		}
	}
	return []frame{table}
}
