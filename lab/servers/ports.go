package servers

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"sync"
	"syscall"
)

// The ports of servers lie below those that the kernel hands out by itself (Linux: from
// 32768, ip(7)): between FreePort and the start of a server, which may be seconds, no
// connection and no test's listener on port 0 takes one away.
const (
	firstPort = 10_000
	lastPort  = 32_767
)

var errNoPort = errors.New("every loopback port is taken")

// handedOut are the ports that this process was given.
var handedOut sync.Map

// FreePort is a loopback TCP port that nobody listens on, another one at each call.
func FreePort() (int, error) {
	const ports = lastPort - firstPort + 1
	start := rand.IntN(ports) //nolint:gosec // processes shall begin in different places, no more
	for i := range ports {
		port := firstPort + (start+i)%ports
		if _, before := handedOut.LoadOrStore(port, true); before {
			continue
		}
		free, err := isFree(port)
		if err != nil {
			return 0, fmt.Errorf("looking for a free port: %w", err)
		}
		if free {
			return port, nil
		}
	}
	return 0, errNoPort
}

// isFree says whether nobody listens on the port, on loopback or on every address.
func isFree(port int) (bool, error) {
	l, err := net.Listen("tcp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(port))) //nolint:noctx // returns at once
	if errors.Is(err, syscall.EADDRINUSE) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return true, l.Close()
}
