package mysql

import (
	"context"
	"net"
	"sync/atomic"
)

// abandonable is a connection whose closing tells the server at once, unless we
// took leave properly, and takes back what was not delivered.
//
// An ordinary close lets the kernel go on delivering: behind a network that stalls,
// the question that we gave up on would reach the server when the network is back,
// beside the one that the next connection asks. A reset discards it.
type abandonable struct {
	*net.TCPConn
	polite atomic.Bool
}

// Close closes the connection, with a reset unless leave was taken.
func (c *abandonable) Close() error {
	if !c.polite.Load() {
		_ = c.SetLinger(0) // fails only where it is closed already
	}
	return c.TCPConn.Close()
}

// dialer opens the one connection of a login and remembers it.
type dialer struct {
	opened net.Conn
	tcp    *abandonable // nil over a Unix socket
}

func (d *dialer) dial(ctx context.Context, network, address string) (net.Conn, error) {
	c, err := (&net.Dialer{}).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	d.opened = c // a Unix socket delivers at once
	if tcp, ok := c.(*net.TCPConn); ok {
		d.tcp = &abandonable{TCPConn: tcp}
		d.opened = d.tcp
	}
	return d.opened, nil
}

// giveUp ends the connection, and with it what waits for its answer.
func (d *dialer) giveUp() { _ = d.opened.Close() }

// takeLeave makes the next close an ordinary one.
func (d *dialer) takeLeave() {
	if d.tcp != nil {
		d.tcp.polite.Store(true)
	}
}
