package github

import (
	"testing"

	"collector/internal/sources/forge"
)

func TestCourse(t *testing.T) {
	tests := []struct {
		name  string
		steps []step // in order of time
		want  forge.Course
	}{
		{"nothing reported", nil, forge.Course{Start: at("09:00:00"), Outcome: forge.Unfinished}},
		{"waits", []step{{"09:00:01", "waiting", ""}, {"09:00:02", "queued", ""}}, forge.Course{Start: at("09:00:00"), Outcome: forge.Unfinished, Started: true, Waits: true}},
		{"pending is no waiting", []step{{"09:00:01", "pending", ""}}, forge.Course{Start: at("09:00:00"), Outcome: forge.Unfinished, Started: true}},
		{"in progress", []step{{"09:00:01", "queued", ""}, {"09:00:05", "in_progress", ""}}, forge.Course{Start: at("09:00:05"), Outcome: forge.Unfinished, Started: true}},
		{"success", []step{{"09:00:05", "in_progress", ""}, {"09:01:00", "success", "done"}, {"12:00:00", "inactive", ""}},
			forge.Course{Start: at("09:00:05"), End: at("09:01:00"), Outcome: forge.Finished, Started: true, Message: "done"}},
		{"success without in_progress", []step{{"09:01:00", "success", ""}}, forge.Course{Start: at("09:00:00"), End: at("09:01:00"), Outcome: forge.Finished, Started: true}},
		{"failure", []step{{"09:00:05", "in_progress", ""}, {"09:01:00", "failure", "no"}}, forge.Course{Start: at("09:00:05"), End: at("09:01:00"), Outcome: forge.Failed, Started: true, Message: "no"}},
		{"error", []step{{"09:01:00", "error", ""}}, forge.Course{Start: at("09:00:00"), End: at("09:01:00"), Outcome: forge.Failed, Started: true}},
		{"tried again", []step{{"09:01:00", "failure", ""}, {"09:02:00", "in_progress", ""}, {"09:03:00", "success", ""}},
			forge.Course{Start: at("09:00:00"), End: at("09:01:00"), Outcome: forge.Failed, Started: true, Later: "success at 2024-07-12T09:03:00.000Z"}},
		{"never ended, replaced", []step{{"09:00:05", "in_progress", ""}, {"09:30:00", "inactive", ""}}, forge.Course{Start: at("09:00:05"), End: at("09:30:00"), Outcome: forge.Inactive, Started: true}},
		{"inactive is told before the success", []step{{"09:00:30", "inactive", ""}, {"09:01:00", "success", ""}}, forge.Course{Start: at("09:00:00"), End: at("09:01:00"), Outcome: forge.Finished, Started: true}},
		{"an unknown word", []step{{"09:01:00", "other", ""}}, forge.Course{Start: at("09:00:00"), Outcome: forge.Unfinished, Started: true}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := forge.Deployment{CreatedAt: at("09:00:00")}
			for _, s := range tt.steps {
				d.Statuses = append(d.Statuses, forge.Status{State: s.state, At: at(s.clock), Message: s.description})
			}
			if got := course(d); got != tt.want {
				t.Errorf("got  %+v\nwant %+v", got, tt.want)
			}
		})
	}
}
