package config

import (
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"collector/internal/incident"
)

// TestErrors reads one bad file per rule; the message stands in the file's first
// line, behind "# error: ".
func TestErrors(t *testing.T) {
	files, err := filepath.Glob("testdata/bad/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no fixtures: %v", err)
	}
	for _, path := range files {
		t.Run(filepath.Base(path), func(t *testing.T) {
			want := expectation(t, path)
			_, err := Load(path)
			if err == nil {
				t.Fatalf("no error, want %q", want)
			}
			got := strings.ReplaceAll(err.Error(), path, "FILE")
			if got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

func TestEmptyFileIsTheDefaults(t *testing.T) {
	c, err := Parse("empty.yaml", nil)
	if err != nil {
		t.Fatal(err)
	}
	if c.Server.Listen != "127.0.0.1:9950" || c.Report.Template != "postmortem" || c.Location().String() != "UTC" {
		t.Errorf("defaults are %+v", c)
	}
}

// TestIncidentsDefaults: a key that is left out keeps its default, one that is 0 is 0,
// and a block without a key is as if it were not there.
func TestIncidentsDefaults(t *testing.T) {
	want := incident.DefaultConfig()
	changed := want
	changed.Lead, changed.GroupBy = 0, []string{"team", "cluster"}
	everything := want
	everything.GroupBy = []string{}
	for text, want := range map[string]incident.Config{
		"":             want,
		"incidents:\n": want,
		"incidents: {lead: 0s, group_by: [team, cluster]}\n": changed,
		"incidents: {group_by: []}\n":                        everything,
	} {
		c, err := Parse("incidents.yaml", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(c.Incidents, want) {
			t.Errorf("%q is %+v, want %+v", text, c.Incidents, want)
		}
	}
}

// TestEditors reads what editors and generators make of a good file.
func TestEditors(t *testing.T) {
	const text = "timezone: Europe/Berlin\nmysql:\n  - {name: db1, address: '127.0.0.1:3306', user: c}\n"
	tests := map[string]string{
		"byte order mark":  "\ufeff" + text,
		"CRLF":             strings.ReplaceAll(text, "\n", "\r\n"),
		"document markers": "---\n" + text + "...\n",
		"merged keys":      strings.Replace(text, "{name: db1, address", "{name: db1, labels: &one {shard: a}, address", 1) + "  - {name: db2, address: '127.0.0.1:3306', user: c, labels: {<<: *one, zone: b}}\n",
	}
	for name, text := range tests {
		t.Run(name, func(t *testing.T) {
			c, err := Parse("editor.yaml", []byte(text))
			if err != nil {
				t.Fatal(err)
			}
			if last := c.MySQL[len(c.MySQL)-1]; c.Timezone != "Europe/Berlin" || last.Address != "127.0.0.1:3306" || last.User != "c" {
				t.Errorf("read as %+v", c)
			}
		})
	}
}

func TestMissingFile(t *testing.T) {
	_, err := Load("testdata/nowhere.yaml")
	if err == nil || !strings.Contains(err.Error(), "config.example.yaml") {
		t.Errorf("error %v, want one that names the example", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("timezone: UTC\nmysql:\n  - {name: db1, address: 127.0.0.1:3306, user: c}\n"))
	f.Add([]byte("prometheus: [{url: 'http://x'}]"))
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := Parse("fuzz.yaml", text)
		if (c == nil) == (err == nil) {
			t.Errorf("config %v with error %v", c, err)
		}
	})
}
