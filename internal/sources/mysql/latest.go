package mysql

import (
	"time"

	"collector/internal/live"
	"collector/internal/sources"
	"collector/internal/store"
)

// Latest is what the last ticks say is so at now, with roles in the place of
// accounts. It asks the server nothing and is safe for concurrent use.
func (r *Recorder) Latest(now time.Time, roles sources.Roles) live.Server {
	server := r.latest.Load().Server(now, roles)
	server.Name, server.Cluster = r.config.Name, r.config.Cluster
	return server
}

// notice takes one more tick for those who want to know what is so now.
func (r *Recorder) notice(tick *store.Tick) {
	r.latest.Store(r.latest.Load().Next(tick, r.lastStatements()))
}

// lastStatements are what the reader of locks remembers of sessions in their
// transactions.
func (r *Recorder) lastStatements() map[uint64]string {
	for _, p := range r.parts {
		if reader, ok := p.reader.(*lockReader); ok {
			return reader.last
		}
	}
	return nil
}
