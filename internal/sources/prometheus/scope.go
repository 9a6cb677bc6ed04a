package prometheus

import (
	"collector/internal/sources"
	"collector/internal/timeline"
)

// admission decides which series belong to the request, names their target and
// masks people in their labels.
type admission struct {
	clusterLabel string
	targets      sources.Targets
	scope        timeline.Scope
	roles        sources.Roles
}

// admit returns the target of a series, or false when it is out of scope. The
// series' own cluster label decides before the configured server's cluster does; a
// series that is about no target and no cluster, such as a sum over all, is in.
func (a admission) admit(labels map[string]string) (target string, in bool) {
	target = a.targets.Resolve(labels)
	cluster := labels[a.clusterLabel]
	if cluster == "" {
		for _, t := range a.targets {
			if t.Name == target {
				cluster = t.Cluster
			}
		}
	}
	if target == "" {
		return cluster, timeline.Scope{Clusters: a.scope.Clusters}.Includes(cluster, "")
	}
	return target, a.scope.Includes(cluster, target)
}

// mask replaces the labels that name people or their machines. mysqld_exporter
// has them on its user and client statistics.
func (a admission) mask(labels map[string]string) map[string]string {
	masked := make(map[string]string, len(labels))
	for k, v := range labels {
		switch k {
		case "__name__":
			continue
		case "user", "username", "account", "author":
			v = a.roles.Account(v)
		case "client", "client_host", "client_ip":
			v = a.roles.Host(v)
		}
		masked[k] = v
	}
	return masked
}
