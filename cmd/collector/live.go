package main

import (
	"time"

	"collector/internal/incident"
	"collector/internal/live"
)

// Now is what the recorders saw last at the servers that an incident is about, and
// the zone in which people read times. It asks no server.
func (d *daemon) Now(i incident.Incident, at time.Time) (live.State, *time.Location) {
	c, scope := d.current().config, d.scope(i)
	var servers []live.Server
	if d.ready.Load() { // the recorders are there, also for who reads them here
		servers = d.recorders.latest(scope, at, c.Roles())
	} else {
		for _, m := range c.MySQL {
			if scope.Includes(m.Cluster, m.Name) {
				servers = append(servers, live.Server{Name: m.Name, Cluster: m.Cluster, Health: live.Unknown})
			}
		}
	}
	return live.NewState(i.ID, at, servers), c.Location()
}
