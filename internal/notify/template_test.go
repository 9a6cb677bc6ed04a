package notify

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestContribTemplates renders the examples with hostile texts: JSON comes out,
// nobody is mentioned, nothing foreign is linked.
func TestContribTemplates(t *testing.T) {
	files, err := filepath.Glob("../../contrib/notify/*.tmpl")
	if err != nil || len(files) < 2 {
		t.Fatalf("templates %v, %v", files, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		b, err := compile(string(text))
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		for _, s := range trials() {
			t.Run(filepath.Base(file)+" "+s.Kind, func(t *testing.T) {
				out, err := b.render(s)
				if err != nil {
					t.Fatal(err)
				}
				bad := []string{"<!", "<@U", "@all", "\n"}
				if filepath.Base(file) == "mattermost.tmpl" { // Slack reads no such link
					bad = append(bad, "](http://f)")
				}
				for _, text := range marked(t, out) {
					for _, bad := range bad {
						if strings.Contains(text, bad) {
							t.Errorf("%q in %q", bad, text)
						}
					}
				}
				if s.Draft != nil && !strings.Contains(string(out), "https://x.example/a%7Cb%3Ec") {
					t.Errorf("no link to the draft in %s", out)
				}
			})
		}
	}
}

// marked are all texts of a body whose markup is read: not Slack's plain_text.
func marked(t *testing.T, raw []byte) (texts []string) {
	t.Helper()
	var body any
	if err := json.Unmarshal(raw, &body); err != nil {
		t.Fatal(err)
	}
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case string:
			texts = append(texts, v)
		case []any:
			for _, e := range v {
				walk(e)
			}
		case map[string]any:
			if v["type"] == "plain_text" {
				return
			}
			for _, e := range v {
				walk(e)
			}
		}
	}
	walk(body)
	return texts
}

// TestSlackShape checks the limits that Slack refuses a body for.
func TestSlackShape(t *testing.T) {
	text, err := os.ReadFile("../../contrib/notify/slack.tmpl")
	if err != nil {
		t.Fatal(err)
	}
	b, err := compile(string(text))
	if err != nil {
		t.Fatal(err)
	}
	s := trials()[1]
	s.Incident.Title = strings.Repeat("ü", 5000)
	out, err := b.render(s)
	if err != nil {
		t.Fatal(err)
	}
	var body struct {
		Text   string
		Blocks []struct {
			Type string
			Text struct{ Type, Text string }
		}
	}
	if err := json.Unmarshal(out, &body); err != nil {
		t.Fatal(err)
	}
	header := body.Blocks[0]
	if header.Type != "header" || header.Text.Type != "plain_text" || len([]rune(header.Text.Text)) > 150 || header.Text.Text == "" || body.Text == "" {
		t.Errorf("header %+v, text %q", header, body.Text)
	}
}

func TestDefaultTemplate(t *testing.T) {
	b, err := compile("")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range trials() {
		out, err := b.render(want)
		if err != nil {
			t.Fatal(err)
		}
		var got Step
		if err := json.Unmarshal(out, &got); err != nil {
			t.Fatal(err)
		}
		if got.Kind != want.Kind || got.Incident.Title != strings.ToValidUTF8(want.Incident.Title, "\uFFFD") || (got.Draft == nil) != (want.Draft == nil) {
			t.Errorf("got %+v", got)
		}
	}
}

func TestBadTemplates(t *testing.T) {
	for name, tt := range map[string]struct{ text, says string }{
		"quotes by hand":   {`{"text": "{{ .Incident.Title }}"}`, "does not make JSON"},
		"no draft yet":     {`{"text": {{ json .Draft.Path }}}`, "step opened"},
		"unknown field":    {`{{ json .Incident.Author }}`, "Author"},
		"unknown function": {`{{ html .Kind | shout }}`, "shout"},
		"broken":           {`{{ json .Kind`, "unclosed"},
		"endless":          {`"{{ range $i := .Incident.Clusters }}` + strings.Repeat("x", maxBody) + `{{ end }}"`, "64 KiB"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := compile(tt.text)
			if err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("error %v, want %q", err, tt.says)
			}
		})
	}
}

func TestLinks(t *testing.T) {
	for address, want := range map[string]string{
		"https://x.example/a?b=c&d=e#f": "https://x.example/a?b=c&d=e#f",
		"javascript:alert(1)":           "",
		"/srv/postmortems":              "",
		"https://x.example/a) [b](c":    "https://x.example/a%29%20%5Bb%5D%28c",
		"https://x.example/|<!channel>": "https://x.example/%7C%3C%21channel%3E",
		"":                              "",
	} {
		if got := safeLink(address); got != want && strings.ReplaceAll(got, "!", "%21") != want {
			t.Errorf("%q: %q, want %q", address, got, want)
		}
	}
}

// FuzzTemplates renders the examples with any text.
func FuzzTemplates(f *testing.F) {
	var bodies []body
	for _, name := range []string{"slack", "mattermost"} {
		text, err := os.ReadFile("../../contrib/notify/" + name + ".tmpl")
		if err != nil {
			f.Fatal(err)
		}
		b, err := compile(string(text))
		if err != nil {
			f.Fatal(err)
		}
		bodies = append(bodies, b)
	}
	f.Add("shop is slow", "https://x.example/1")
	f.Add("<!channel> \"*\" \\ \n \xff @here", "javascript:1|>")
	f.Fuzz(func(t *testing.T, title, address string) {
		s := Step{Kind: Drafted, At: time.Unix(0, 0), Incident: Incident{ID: title, Title: title, State: title, Clusters: []string{title}},
			Draft: &Draft{Path: title, URL: address}, Snapshots: []Link{{title, address}}}
		for _, b := range bodies {
			out, err := b.render(s)
			if err != nil {
				t.Fatal(err)
			}
			for _, text := range marked(t, out) {
				if strings.Contains(text, "<!") || strings.Contains(text, "<@") && !strings.Contains(text, "<@"+zeroWidth) {
					t.Errorf("%q", text)
				}
			}
		}
	})
}
