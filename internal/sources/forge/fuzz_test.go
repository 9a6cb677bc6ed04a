package forge

import (
	"encoding/json"
	"testing"
	"unicode/utf8"

	"collector/internal/sources"
	"collector/internal/timeline"
)

// FuzzDeployment: whatever a record or a forge says of a deployment, it is told without a
// panic, as an event that a timeline takes or as none; and what is masked can be told too.
func FuzzDeployment(f *testing.F) {
	f.Add(`{"deployment":{"id":1,"environment":"production","ref":"v1.4.2","commit":"`+commitA+`","created_at":"2024-07-12T09:10:00Z","statuses":[{"state":"success","at":"2024-07-12T09:11:00Z"}]}}`, "mallory")
	f.Add(`{"deployment":{"id":3,"environment":"production","commit":"`+commitA+`","created_at":"2024-07-12T09:10:00Z"},`+
		`"same_commit_before":{"id":1,"environment":"production","commit":"`+commitA+`","created_at":"2024-07-12T07:10:00Z","statuses":[{"state":"success","at":"2024-07-12T07:11:00Z"}]},`+
		`"other_commit_between":{"id":2,"environment":"production","commit":"`+commitB+`","created_at":"2024-07-12T08:10:00Z","statuses":[{"state":"success","at":"2024-07-12T08:11:00Z"}]}}`, "")
	f.Add(`{"deployment":{"id":1,"environment":"p","created_at":"9999-12-31T23:59:59Z","statuses":[{"state":"failure","at":"0001-01-01T00:00:00Z","message":"x. ."}]}}`, "x")
	f.Add(`{"deployment":{"id":1,"environment":"\u202e\u0000","ref":"\n","created_at":"2024-07-12T09:10:00.123456789+23:59","statuses":[{"state":"failure","at":"2024-07-12T09:00:00Z","message":"password=x"}]}}`, "\u0130")
	f.Add(`{"deployment":null,"same_commit_before":{}}`, "p")
	f.Fuzz(func(t *testing.T, answer, name string) {
		var told deploymentAnswer
		if json.Unmarshal([]byte(answer), &told) != nil {
			return
		}
		kind := forgeOf(nil)
		q := question{Kind: deploymentAsked, Instance: "github", Repository: "acme/shop", Service: "checkout", Environments: []string{"production"}, Version: VersionAuto, Lookaround: "6h0m0s"}
		interpreted(t, kind, q, told)

		m := masker{repository: "acme/shop"}
		d := m.deployment(Told{Deployment: told.Deployment, People: []Person{{name}}})
		for _, text := range []string{d.Environment, d.Ref, d.Message, d.URL, d.Task, d.Status, d.Author} {
			if !utf8.ValidString(text) || len(text) > maxLink {
				t.Errorf("a record would hold %q", text)
			}
		}
		if told.Deployment.usable() && !d.usable() {
			t.Errorf("masking left %+v of %+v", d, told.Deployment)
		}
		if d.usable() {
			interpreted(t, kind, q, deploymentAnswer{Deployment: d})
		}
	})
}

func interpreted(t *testing.T, kind Forge, q question, told deploymentAnswer) {
	t.Helper()
	record, err := sources.Answer(sources.Ask{Source: kind.Kind, Target: q.Repository, Query: "x", Question: q, Observed: window}, told, window.To)
	if err != nil {
		return // a time that JSON cannot hold
	}
	found, err := kind.Interpret(window, []timeline.Evidence{record})
	if err != nil {
		return
	}
	if gaps := timeline.Build(window, timeline.Scope{}, found).Gaps; len(gaps) != 0 {
		t.Errorf("%s\nis not taken: %s", record.Body, gaps[0].Reason)
	}
}
