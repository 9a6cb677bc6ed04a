package sources

import (
	"net"
	"strings"

	"collector/internal/timeline"
)

// Target is a configured server as other systems know it.
type Target struct {
	Name    string            `json:"name"`
	Cluster string            `json:"cluster,omitempty"`
	Labels  map[string]string `json:"labels,omitempty"` // {instance: "db1:9104"}
}

// Targets are all configured servers.
type Targets []Target

// Resolve is the name of the server that a series or an alert is about, else its
// instance, else its job, else "". It is about a server when
//   - it carries all of the server's labels; or else
//   - the host of its instance is that of exactly one server's instance label, and
//     no other label but the job says otherwise: db1:9100 is node_exporter on
//     the machine of db1, which mysqld_exporter calls db1:9104. Several servers on
//     one machine are not told apart, so there it stays the instance. A loopback
//     address names no machine.
func (ts Targets) Resolve(labels map[string]string) string {
	for _, t := range ts {
		if len(t.Labels) > 0 && carries(labels, t.Labels) {
			return t.Name
		}
	}
	instance := labels["instance"]
	if t, only := ts.onHost(hostOf(instance), labels); only {
		return t.Name
	}
	if instance != "" {
		return instance
	}
	return labels["job"]
}

// onHost is the one server on a machine, if it is the only one there.
func (ts Targets) onHost(host string, labels map[string]string) (on Target, only bool) {
	if host == "" {
		return on, false
	}
	for _, t := range ts {
		if hostOf(t.Labels["instance"]) != host || contradicts(labels, t.Labels) {
			continue
		}
		if only {
			return Target{}, false
		}
		on, only = t, true
	}
	return on, only
}

// hostOf is the host of an instance label, with or without a port, and "" for
// one that names no machine.
func hostOf(instance string) string {
	host := instance
	if h, _, err := net.SplitHostPort(instance); err == nil {
		host = h
	}
	host = strings.ToLower(host)
	if ip := net.ParseIP(host); host == "localhost" || strings.Contains(host, "/") || ip != nil && (ip.IsLoopback() || ip.IsUnspecified()) {
		return ""
	}
	return host
}

// contradicts reports whether the labels have another value for what is wanted;
// the job and the instance belong to the exporter, not to the machine.
func contradicts(labels, want map[string]string) bool {
	for k, v := range want {
		if got, has := labels[k]; has && got != v && k != "instance" && k != "job" {
			return true
		}
	}
	return false
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
