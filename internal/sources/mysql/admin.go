package mysql

import (
	"context"
	"time"

	"collector/internal/store"
)

// adminDoor is the way into a server without a free connection: MySQL's
// admin_address, MariaDB's extra_port. The server has few places there and a
// person may need one, so the recorder takes it only when the ordinary door is
// shut, and gives it back as soon as the server has room.
type adminDoor struct {
	open   func(ctx context.Context, limit time.Duration) (asker, error) // nil: none is configured
	inside bool                                                          // the connection came through it
	room   bool                                                          // the last look showed free connections
}

// enter is tried when the ordinary login was refused with 1040.
func (d *adminDoor) enter(ctx context.Context, limit time.Duration) (asker, error) {
	conn, err := d.open(ctx, limit)
	if err == nil {
		d.inside, d.room = true, false
	}
	return conn, err
}

// leaves reports whether it is time to try the ordinary door again.
func (d *adminDoor) leaves() bool { return d.inside && d.room }

// observe looks at how many connections are free. One is what the recorder needs;
// MySQL keeps another one for an administrator.
func (d *adminDoor) observe(tick *store.Tick) {
	if limit := tick.Status[maxConnections]; d.inside && limit > 0 {
		d.room = tick.Status["Threads_connected"]+roomWanted < limit
	}
}

// roomWanted is how many connections stay free after the recorder took one.
const roomWanted = 2

// viaAdmin is the configuration of a login through the other door.
func (c *Config) viaAdmin() Config {
	admin := *c
	admin.Address = c.AdminAddress
	return admin
}
