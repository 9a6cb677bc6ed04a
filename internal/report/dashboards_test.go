package report

import (
	"strings"
	"testing"

	"collector/internal/timeline"
)

func TestDashboards(t *testing.T) {
	f := newFixture(t, "07:00:00", "10:45:00")
	id := f.record("grafana", "main", "snapshot of dashboard mysql", "a panel")
	f.found.Links = []timeline.Link{
		{Source: "grafana", Target: "main", Title: "MySQL (mysql)", URL: "https://grafana.example/dashboard/snapshot/k1", Text: "3 of 3 panels with a query hold data", Evidence: []string{id}},
		{Source: "grafana", Target: "main", Title: "dashboard later", Text: "no snapshot was asked for", Evidence: []string{id}},
		{Source: "grafana", Target: "main", Title: "x](http://evil) <b>[grafana-00000000]", URL: "https://grafana.example/a)b\n[x](y)\"<i>", Text: "y", Evidence: []string{id}},
		{Source: "grafana", Target: "main", Title: "script", URL: "javascript:alert(1)", Text: "z", Evidence: []string{id}},
	}
	files, err := Render(f.draft())
	if err != nil {
		t.Fatal(err)
	}
	doc, page := "", ""
	for _, file := range files {
		switch file.Name {
		case "postmortem.md":
			doc = string(file.Data)
		case "postmortem.html":
			page = string(file.Data)
		}
	}
	for _, want := range []string{
		"collector:begin id=dashboards ",
		"- Snapshot of [MySQL (mysql)](https://grafana.example/dashboard/snapshot/k1): 3 of 3 panels with a query hold data. [" + id + "]\n",
		"- Dashboard later: no snapshot was asked for. [" + id + "]\n",
		"- Script: z. [" + id + "]\n",
	} {
		if !strings.Contains(doc, want) {
			t.Errorf("the document does not say %q", want)
		}
	}
	if !strings.Contains(page, `<a href="https://grafana.example/dashboard/snapshot/k1">MySQL (mysql)</a>`) {
		t.Error("the page does not lead to the snapshot")
	}
	for _, bad := range []string{`href="http://evil`, "javascript:", "<b>", "<i>"} {
		if strings.Contains(page, bad) {
			t.Errorf("the page holds %q", bad)
		}
	}
}

func TestLinkTarget(t *testing.T) {
	tests := map[string]string{
		"https://grafana.example:3000/g/dashboard/snapshot/ab": "https://grafana.example:3000/g/dashboard/snapshot/ab",
		"http://[::1]:3000/x":         "http://[::1]:3000/x",
		"http://h/a(b)c d":            "http://h/a%28b%29c%20d",
		"http://u:p@h/":               "",
		"ftp://h/":                    "",
		"/relative":                   "",
		"http://h\"><script>/":        "",
		"":                            "",
		"http://h/[grafana-00000000]": "http://h/%5Bgrafana-00000000%5D",
	}
	for in, want := range tests {
		if got := linkTarget(in); got != want {
			t.Errorf("linkTarget(%q) = %q, want %q", in, got, want)
		}
	}
}
