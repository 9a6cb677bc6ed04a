package notify

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	"github.com/prometheus/common/model"

	"collector/internal/sources/httpclient"
)

func TestValidate(t *testing.T) {
	for name, tt := range map[string]struct {
		config Config
		want   string
	}{
		"nothing":          {Config{}, "url: is empty"},
		"both":             {Config{URL: "http://x", URLFile: "f"}, "url_file: url is set too"},
		"no address":       {Config{URL: "chat/" + token}, "url: the URL does not begin with http"},
		"unknown step":     {Config{URL: "http://x", On: []string{"fired"}}, `on[0]: there is no step "fired"`},
		"no step":          {Config{URL: "http://x", On: []string{}}, "on: is empty"},
		"negative timeout": {Config{URL: "http://x", Timeout: -1}, "timeout: must be more than 0"},
		"two templates":    {Config{URL: "http://x", Template: "{}", TemplateFile: "f"}, "template_file: template is set too"},
		"bad template":     {Config{URL: "http://x", Template: "{{ .Nobody }}"}, "template: "},
		"fine":             {Config{URL: "http://x", Template: `{"text": {{ json .Kind }}}`}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			tt.config.SetDefaults()
			problems := tt.config.Validate()
			got := ""
			if len(problems) > 0 {
				got = problems[0].Error()
			}
			if !strings.HasPrefix(got, tt.want) || (tt.want == "") != (got == "") || strings.Contains(got, token) {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}

func TestSecret(t *testing.T) {
	c := Config{URL: "https://chat.example/" + token, HTTPClient: httpclient.Config{}, Timeout: model.Duration(time.Second)}
	marshalled, err := json.Marshal(c.URL)
	if err != nil {
		t.Fatal(err)
	}
	var logged bytes.Buffer
	slog.New(slog.NewTextHandler(&logged, nil)).Info("x", "url", c.URL)
	for _, text := range []string{fmt.Sprint(c), fmt.Sprintf("%+v", c), fmt.Sprintf("%#v", c), fmt.Sprintf("%q", c.URL), string(marshalled), logged.String()} {
		if strings.Contains(text, token) {
			t.Error(text)
		}
	}
}

func TestBackOff(t *testing.T) {
	for attempt, want := range map[int]time.Duration{1: time.Second, 2: 2 * time.Second, 6: 32 * time.Second, 7: time.Minute, 1000: time.Minute} {
		if got := backOff(attempt); got != want {
			t.Errorf("attempt %d: %v, want %v", attempt, got, want)
		}
	}
}

func TestMetricNames(t *testing.T) {
	w := newWorld(t)
	w.metrics.follow("chat")
	families, err := w.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	problems, err := promlint.NewWithMetricFamilies(families).Lint()
	if err != nil || len(problems) > 0 {
		t.Errorf("%v, %v", problems, err)
	}
}
