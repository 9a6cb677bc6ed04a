package forge

import (
	"testing"

	"collector/internal/sources/deployline"
	"collector/internal/timeline"
)

// TestTwoWitnesses: what the deploy log and a forge tell of one deploy is one event, of
// the deploy log's own form.
func TestTwoWitnesses(t *testing.T) {
	reader, err := deployline.Grammar{Format: "logfmt", Timezone: "UTC"}.Reader()
	if err != nil {
		t.Fatal(err)
	}
	var lines []deployline.Entry
	for _, text := range []string{
		"time=2024-07-12T09:10:02Z service=checkout version=v1.4.2 environment=production event=deploy_started",
		"time=2024-07-12T09:10:58Z service=checkout version=v1.4.2 environment=production event=deploy_finished",
	} {
		e, err := reader.Read(deployline.Line{File: "deploy.log", Text: text})
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, e)
	}
	log := deployline.Assemble(lines, nil).Event("deploylog", "deploylog-1")

	f := &fakeAPI{}
	f.deployment(1, "09:10:00", commitA)
	f.list[0].Ref = "v1.4.2"
	told := ask(t, f, window).Events
	if len(told) != 1 || told[0].Key != log.Key || told[0].Target != log.Target || told[0].Kind != log.Kind {
		t.Fatalf("%+v, and in the log %+v", told, log)
	}
	events := timeline.Build(window, timeline.Scope{}, timeline.Findings{Events: told}, timeline.Findings{Events: []timeline.Event{log}}).Events
	if len(events) != 1 || len(events[0].Evidence) != 2 || events[0].Attributes["deployment"] != "1" {
		t.Errorf("%+v", events)
	}
}

func TestAttributes(t *testing.T) {
	f := &fakeAPI{}
	f.deployment(1, "07:00:00", commitA)
	f.deployment(2, "08:00:00", commitB)
	f.deployment(3, "09:10:00", commitA, Status{State: "failure", At: at("09:11:00"), Message: "exit 1", URL: "https://ci.example/7?token=abc"})
	f.list[0].Message = "again, for carol and Mallory"
	f.list[0].People = []Person{{"mallory", "Mallory Doe"}, {"carol"}}
	events := timeline.Build(window, timeline.Scope{}, ask(t, f, window)).Events
	if len(events) != 1 {
		t.Fatalf("%+v", events)
	}
	e := events[0]
	if e.Severity != timeline.Critical || e.Kind != timeline.Rollback || e.Target != "checkout" || e.Grade != timeline.Logged {
		t.Errorf("%+v", e)
	}
	author := masker{}.person(Person{"mallory"})
	for key, want := range map[string]string{
		"outcome": "failed", "service": "checkout", "version": "aaaaaaa", "commit": commitA, "environment": "production", "author": author,
		"message": "again, for the release engineer and " + author, "end_message": "exit 1", "url": "https://ci.example/7", "repository": "acme/shop",
		"deployment": "3", "ref": "main",
		"rollback_rule": "commit aaaaaaa was deployed at 2024-07-12T07:00:00.000Z, and bbbbbbb after it at 2024-07-12T08:00:00.000Z",
	} {
		if e.Attributes[key] != want {
			t.Errorf("%s is %q, want %q", key, e.Attributes[key], want)
		}
	}
}

func TestVersion(t *testing.T) {
	tests := []struct {
		ref  string
		tag  bool
		rule string
		want string
	}{
		{"v1.4.2", false, VersionAuto, "v1.4.2"},
		{"1.4", false, VersionAuto, "1.4"},
		{"shop/v1.4.2-rc.1", false, VersionAuto, "shop/v1.4.2-rc.1"},
		{"refs/tags/v1.4.2", false, VersionAuto, "v1.4.2"},
		{"nightly", true, VersionAuto, "nightly"},
		{"main", false, VersionAuto, "aaaaaaa"},
		{"release/1.4", false, VersionAuto, "aaaaaaa"},
		{"feature-42", false, VersionAuto, "aaaaaaa"},
		{commitA, false, VersionAuto, "aaaaaaa"},
		{"", false, VersionAuto, "aaaaaaa"},
		{"main", false, VersionRef, "main"},
		{"", false, VersionRef, commitA},
		{"v1.4.2", false, VersionCommit, commitA},
		{"v1.4.2", false, VersionShort, "aaaaaaa"},
	}
	for _, tt := range tests {
		t.Run(tt.rule+" "+tt.ref, func(t *testing.T) {
			if got := (Deployment{Ref: tt.ref, Tag: tt.tag, Commit: commitA}).version(tt.rule); got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
	if got := (Deployment{Ref: "main"}).version(VersionShort); got != "main" {
		t.Errorf("without a commit it is %q", got)
	}
}

// TestRollbackNeedsBoth: a record in which the rule does not hold is a deploy.
func TestRollbackNeedsBoth(t *testing.T) {
	success := func(clock string) []Status { return []Status{{State: stateSuccess, At: at(clock)}} }
	good := func() deploymentAnswer {
		return deploymentAnswer{
			Deployment: Deployment{ID: 3, Environment: "production", Commit: commitA, CreatedAt: at("09:00:00")},
			Again:      &Deployment{ID: 1, Environment: "production", Commit: commitA, CreatedAt: at("07:00:00"), Statuses: success("07:01:00")},
			Other:      &Deployment{ID: 2, Environment: "production", Commit: commitB, CreatedAt: at("08:00:00"), Statuses: success("08:01:00")},
		}
	}
	tests := []struct {
		name  string
		spoil func(a *deploymentAnswer)
		want  bool
	}{
		{"all holds", func(*deploymentAnswer) {}, true},
		{"its task", func(a *deploymentAnswer) { a.Again, a.Deployment.Task = nil, "rollback" }, true},
		{"nothing before", func(a *deploymentAnswer) { a.Again = nil }, false},
		{"nothing between", func(a *deploymentAnswer) { a.Other = nil }, false},
		{"another commit before", func(a *deploymentAnswer) { a.Again.Commit = commitB }, false},
		{"the same commit between", func(a *deploymentAnswer) { a.Other.Commit = commitA }, false},
		{"another environment", func(a *deploymentAnswer) { a.Other.Environment = "staging" }, false},
		{"the order", func(a *deploymentAnswer) { a.Other.CreatedAt = at("06:00:00") }, false},
		{"no success before", func(a *deploymentAnswer) { a.Again.Statuses = nil }, false},
		{"no success between", func(a *deploymentAnswer) { a.Other.Statuses = nil }, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := good()
			tt.spoil(&a)
			if rule := forgeOf(nil).rollback(a); (rule != "") != tt.want {
				t.Errorf("rule %q", rule)
			}
		})
	}
}
