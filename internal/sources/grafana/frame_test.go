package grafana

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestJoined(t *testing.T) {
	series := func(labels, values, entities string) frame {
		f := decoded[frame](t, []byte(`{"schema":{"refId":"A","fields":[{"name":"Time","type":"time"},{"name":"Value","type":"number","labels":`+labels+`}]},"data":{"values":`+values+`}}`))
		if entities != "" {
			f.Data["entities"] = json.RawMessage(entities)
		}
		return f
	}
	got := joined([]frame{
		series(`{"job":"a"}`, `[[1,2],[10,null]]`, `[null,{"NaN":[1]}]`),
		series(`{"job":"b","zone":"z"}`, `[[1],[null]]`, `[null,{"NegInf":[0]}]`),
	}, "B", true)
	if len(got) != 1 {
		t.Fatalf("%d frames", len(got))
	}
	if values := string(got[0].Data["values"]); values != `[[1,2,1],["a","a","b"],["","","z"],[10,null,null]]` {
		t.Errorf("values %s", values)
	}
	if places := string(got[0].Data["entities"]); places != `[null,null,null,{"NaN":[1],"NegInf":[2]}]` {
		t.Errorf("entities %s", places)
	}
	fields := children(got[0].Schema, "fields")
	if len(fields) != 4 || text(fields[2], "name") != "zone" || text(fields[3], "name") != "Value #B" {
		t.Errorf("fields %v", fields)
	}
	odd := []frame{decoded[frame](t, []byte(`{"schema":{"fields":[{"name":"A","type":"number"}]},"data":{"values":[[1]]}}`))}
	if same := joined(odd, "A", false); len(same) != 1 || same[0].rows() != 1 {
		t.Errorf("what is no series became %v", same)
	}
}

func TestIntervals(t *testing.T) {
	for raw, want := range map[int64]int64{5: 1, 750: 1000, 8000: 10000, 60000: 60000, 100000: 120000, 1 << 60: 31536000000} {
		if got := roundStep(raw); got != want {
			t.Errorf("roundStep(%d) = %d, want %d", raw, got, want)
		}
	}
	for text, want := range map[string]string{"90s": "1m30s", ">10s": "10s", "1d": "24h0m0s", "500ms": "500ms", "1M": "720h0m0s"} {
		if got, ok := parseSpan(text); !ok || got.String() != want {
			t.Errorf("parseSpan(%s) = %s, want %s", text, got, want)
		}
	}
	for _, text := range []string{"", "now/d", "1x", "-1h", "999999999y", "0s"} {
		if got, ok := parseSpan(text); ok {
			t.Errorf("parseSpan(%s) = %s, want none", text, got)
		}
	}
	if got := spanText(90000) + spanText(3600000) + spanText(1500); got != "90s1h1500ms" {
		t.Errorf("spanText: %s", got)
	}
}

// TestFramesTellNoQuery: nor where it was put.
func TestFramesTellNoQuery(t *testing.T) {
	f := decoded[frame](t, []byte(`{"schema":{"meta":{"executedQueryString":"Expr: up","type":"x"},"fields":[{"name":"Time"},{"name":"Value","config":{"unit":"s","links":[{"internal":{"datasourceUid":"tempo"}}]}}]}}`))
	f.private()
	if data, err := json.Marshal(f.Schema); err != nil || strings.Contains(string(data), "Expr") || strings.Contains(string(data), "tempo") || !strings.Contains(string(data), `"unit":"s"`) {
		t.Errorf("%s, %v", data, err)
	}
}

// FuzzReadSnapshot reads what Grafana, or whoever answers in its place, gives back.
func FuzzReadSnapshot(f *testing.F) {
	f.Add([]byte(`{"collector":{"problems":[],"vars":{"a":["b"]}},"panels":[{"id":1,"title":"$a","targets":[{"queryType":"snapshot","snapshot":[{"schema":{},"data":{"values":[[1]]}}]}]}]}`))
	f.Add([]byte(`{"collector":null,"panels":[{"panels":[{}]}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := readSnapshot(data)
		if err != nil {
			return
		}
		a := s.answer("t", Config{URL: "http://127.0.0.1"})
		if text, err := json.Marshal(a); err != nil || len(text) > 256<<10 {
			t.Errorf("an answer of %d bytes: %v", len(text), err)
		}
	})
}

// FuzzArrange lays out whatever is called a dashboard: nothing fails, no panel is
// lost or there twice.
func FuzzArrange(f *testing.F) {
	for _, name := range []string{"04_dashboard_get_by_uid_viewer", "04_dashboard_get_with_library_panel"} {
		f.Add([]byte(recorded(f, name).Response.Body))
	}
	f.Add([]byte(`{"dashboard":{"panels":[{"type":"row","collapsed":true,"repeat":"job","panels":[{"repeat":"job","gridPos":{"w":-1,"h":1e308}}]},{"id":1e300,"repeat":"job","maxPerRow":-3}]}}`))
	vals := values{"job": {Name: "job", Values: []string{"a", "b", "c"}, Texts: []string{"a", "b", "c"}, Multi: true}}
	f.Fuzz(func(t *testing.T, data []byte) {
		var o object
		if json.Unmarshal(data, &o) != nil {
			return
		}
		model := child(o, "dashboard")
		l := arrange(model, vals)
		if len(l.flat) > maxPanels {
			t.Errorf("%d panels", len(l.flat))
		}
		for _, p := range l.flat {
			strip(p.panel, nil, true)
			_ = titleOf(p.panel, p.values)
			_ = panelWindow(p.panel, story)
		}
		for _, m := range children(child(model, "templating"), "list") {
			_ = readVariable(m).embedded()
		}
	})
}
