package alertmanager

import (
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/model"
)

func TestConfig(t *testing.T) {
	for name, tt := range map[string]struct {
		config Config
		want   string
	}{
		"the least":          {Config{URL: "http://127.0.0.1:9093"}, ""},
		"a path prefix":      {Config{URL: "https://mimir.example/alertmanager", Timeout: model.Duration(time.Minute)}, ""},
		"no URL":             {Config{}, "url: the URL is empty (write http://host:9093, with the path prefix if there is one)"},
		"no scheme":          {Config{URL: "127.0.0.1:9093"}, "url: not a URL (write http://host:9093, with the path prefix if there is one)"},
		"two words":          {Config{Name: "of shop", URL: "http://a"}, `name: "of shop" has a space or a slash (write one word)`},
		"hardly any timeout": {Config{URL: "http://a", Timeout: model.Duration(time.Millisecond)}, "timeout: is less than 1s (write a duration such as 10s)"},
	} {
		t.Run(name, func(t *testing.T) {
			tt.config.SetDefaults()
			var said []string
			for _, p := range tt.config.Validate() {
				said = append(said, p.Error())
			}
			if got := strings.Join(said, "\n"); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
	var c Config
	c.SetDefaults()
	if c.Name != "main" || c.Timeout != model.Duration(10*time.Second) {
		t.Errorf("the defaults are %+v", c)
	}
}

func TestEventsFile(t *testing.T) {
	for glob, want := range map[string]string{
		"":                                    "",
		"/var/lib/alertmanager/events.jsonl*": "",
		"~/events.jsonl":                      `events_file: "~/events.jsonl": ~ is not expanded (write the whole path from /)`,
		"/var/lib/alertmanager/":              `events_file: "/var/lib/alertmanager/" names a directory (write /var/lib/alertmanager/*.jsonl*)`,
		"/var/lib/[":                          `events_file: "/var/lib/[" is not a valid glob (close every [ and {, or put a \ before those that belong to the name)`,
		" ":                                   `events_file: " " is no path (write a glob such as /var/lib/alertmanager/events.jsonl*, or remove it)`,
	} {
		c := Config{URL: "http://a", EventsFile: glob}
		c.SetDefaults()
		said := ""
		for _, p := range c.Validate() {
			said += p.Error()
		}
		if said != want {
			t.Errorf("%q: %q, want %q", glob, said, want)
		}
	}
}
