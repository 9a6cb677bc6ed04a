package sources

import "collector/internal/timeline"

// Target is a configured server as other systems know it.
type Target struct {
	Name    string            `json:"name"`
	Cluster string            `json:"cluster,omitempty"`
	Labels  map[string]string `json:"labels,omitempty"` // {instance: "db1:9104"}
}

// Targets are all configured servers.
type Targets []Target

// Resolve is the name of the server whose labels a series or an alert carries,
// else its instance, else its job, else "".
func (ts Targets) Resolve(labels map[string]string) string {
	for _, t := range ts {
		if len(t.Labels) > 0 && carries(labels, t.Labels) {
			return t.Name
		}
	}
	if instance := labels["instance"]; instance != "" {
		return instance
	}
	return labels["job"]
}

// In returns the targets that a scope includes.
func (ts Targets) In(scope timeline.Scope) Targets {
	var in Targets
	for _, t := range ts {
		if scope.Includes(t.Cluster, t.Name) {
			in = append(in, t)
		}
	}
	return in
}

func carries(labels, want map[string]string) bool {
	for k, v := range want {
		if labels[k] != v {
			return false
		}
	}
	return true
}
