package forge

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestCheck(t *testing.T) {
	tests := []struct {
		name string
		make func(f *fakeAPI)
		want string
	}{
		{"all is well", func(f *fakeAPI) { f.deployment(1, "09:10:00", commitA) },
			"ok http://127.0.0.1:1: fine | ok acme/shop: the last deployment of checkout to production is of 2024-07-12T09:10:00Z"},
		{"another environment", func(f *fakeAPI) { f.deployment(1, "09:10:00", commitA); f.list[0].Environment = "prod" },
			"ok http://127.0.0.1:1: fine | degraded acme/shop: of late there is no deployment to production → name the ones that matter in environments; there are prod"},
		{"no deployments", func(*fakeAPI) {},
			"ok http://127.0.0.1:1: fine | degraded acme/shop has no deployments of late: if its pipelines declare no environment, nothing of them is seen → give the deploying job an environment, or let the deploy write a log and name that in deploys"},
		{"a repository that may not be read", func(f *fakeAPI) {
			f.fail = func(string, int64) error { return &Refusal{Reason: "it may not", Fix: []string{"let it"}} }
		}, "ok http://127.0.0.1:1: fine | failed acme/shop cannot be read: it may not → let it"},
		{"something else", func(f *fakeAPI) { f.fail = func(string, int64) error { return errors.New("broken") } },
			"ok http://127.0.0.1:1: fine | failed acme/shop cannot be read: broken"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := &fakeAPI{}
			tt.make(f)
			var got []string
			for _, d := range sourceOf(t, f).Check(t.Context()) {
				line := fmt.Sprintf("%s %s", d.Level, d.Text)
				if len(d.Fix) > 0 {
					line += " → " + strings.Join(d.Fix, ", ")
				}
				got = append(got, line)
			}
			if text := strings.Join(got, " | "); text != tt.want {
				t.Errorf("got  %s\nwant %s", text, tt.want)
			}
		})
	}
}

// TestUnusable: a token that is not there is a gap, and a diagnosis that says so.
func TestUnusable(t *testing.T) {
	s := sourceOf(t, &fakeAPI{}).settings
	s.TokenEnv = "COLLECTOR_TEST_NO_SUCH_TOKEN"
	source, err := New(forgeOf(&fakeAPI{}), s, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	records, err := source.Gather(t.Context(), request(t, window))
	if err != nil {
		t.Fatal(err)
	}
	found, err := source.forge.Interpret(window, records)
	if err != nil {
		t.Fatal(err)
	}
	const want = "gap: deployments of checkout to production could not be listed: the environment variable COLLECTOR_TEST_NO_SUCH_TOKEN (token_env) is not set"
	if got := summaries(found); got != want {
		t.Errorf("got %s", got)
	}
	if d := source.Check(t.Context()); len(d) != 1 || !strings.Contains(d[0].Text, "COLLECTOR_TEST_NO_SUCH_TOKEN") {
		t.Errorf("%+v", d)
	}
}
