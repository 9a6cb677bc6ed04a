package mysql

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"syscall"
	"testing"
	"time"
)

// fault is what the wire does to whoever uses it.
type fault struct {
	refuse bool          // nothing listens
	stall  bool          // nothing gets through, not even that a side has closed; later all does
	reset  bool          // every connection is reset at once
	half   bool          // the server's side is closed, the client's stays open
	cut    int           // each answer ends after so many bytes, and with it the connection
	delay  time.Duration // of each answer
	slow   time.Duration // of each byte of an answer
}

// wire is a TCP proxy between a client and a real server.
type wire struct {
	address, upstream string
	mu                sync.Mutex
	listener          net.Listener
	fault             fault
	changed           chan struct{} // closed when the fault changes
	links             map[*link]struct{}
	overlaps          int // connections that were opened while another was open
	crossed           int // commands that were sent while another was not answered
	late              int // commands that reached the server after who sent them had left
	commands          int
	running           sync.WaitGroup
}

// link is one connection through the wire.
type link struct {
	client, server *net.TCPConn
	done           chan struct{} // closed with the connection
	once           sync.Once
	left           bool // the client closed its side
	aborted        bool // with a reset
	busy           bool // a command was sent, and nothing came back yet
}

func newWire(t *testing.T, upstream string) *wire {
	t.Helper()
	w := &wire{upstream: upstream, changed: make(chan struct{}), links: map[*link]struct{}{}}
	w.listen(t, "127.0.0.1:0")
	w.address = w.listener.Addr().String()
	return w
}

func (w *wire) listen(t *testing.T, address string) {
	t.Helper()
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	w.listener = l
	w.running.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			w.running.Go(func() { w.carry(c.(*net.TCPConn)) })
		}
	})
}

// set changes what the wire does, for connections that are open too.
func (w *wire) set(t *testing.T, f fault) {
	t.Helper()
	w.mu.Lock()
	was := w.fault
	w.fault = f
	close(w.changed)
	w.changed = make(chan struct{})
	open := make([]*link, 0, len(w.links))
	for l := range w.links {
		open = append(open, l)
	}
	w.mu.Unlock()
	if f.refuse && !was.refuse {
		w.listener.Close()
	}
	for _, l := range open {
		switch {
		case f.refuse, f.reset:
			l.reset()
		case f.half:
			l.client.CloseWrite()
		}
	}
	if was.refuse && !f.refuse {
		w.listen(t, w.address)
	}
}

func (w *wire) close() {
	w.listener.Close()
	w.mu.Lock()
	for l := range w.links {
		l.reset()
	}
	w.mu.Unlock()
	w.running.Wait()
}

// open is how many clients think that they have a connection.
func (w *wire) open() (n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for l := range w.links {
		if !l.left {
			n++
		}
	}
	return n
}

func (w *wire) now() (fault, <-chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.fault, w.changed
}

// passable waits while the wire is stalled, at most until the connection ends.
func (w *wire) passable(l *link) fault {
	for {
		f, changed := w.now()
		if !f.stall {
			return f
		}
		select {
		case <-changed:
		case <-l.done:
			return f
		}
	}
}

func (l *link) close() {
	l.once.Do(func() {
		close(l.done)
		l.client.Close()
		if l.server != nil {
			l.server.Close()
		}
	})
}

func (l *link) reset() {
	l.client.SetLinger(0)
	l.close()
}

// sleep ends with the connection, and with the fault.
func (l *link) sleep(d time.Duration, changed <-chan struct{}) {
	select {
	case <-time.After(d):
	case <-changed:
	case <-l.done:
	}
}

// carry serves one connection until it ends.
func (w *wire) carry(client *net.TCPConn) {
	l := &link{client: client, done: make(chan struct{})}
	time.Sleep(20 * time.Millisecond) // so that it is seen when the one before was closed
	w.mu.Lock()
	for other := range w.links {
		if !other.left {
			w.overlaps++
		}
	}
	w.links[l] = struct{}{}
	w.mu.Unlock()
	defer func() {
		l.close()
		w.mu.Lock()
		delete(w.links, l)
		w.mu.Unlock()
	}()
	up := w.read(client, func(err error) {
		w.mu.Lock()
		l.left, l.busy = true, false
		l.aborted = errors.Is(err, syscall.ECONNRESET)
		w.mu.Unlock()
	})
	f := w.passable(l)
	if f.reset || f.refuse {
		l.reset()
		return
	}
	server, err := (&net.Dialer{Timeout: time.Second}).DialContext(context.Background(), "tcp", w.upstream)
	if err != nil {
		l.reset()
		return
	}
	w.mu.Lock()
	l.server = server.(*net.TCPConn)
	w.mu.Unlock()
	if f.half {
		client.CloseWrite()
	}
	w.running.Go(func() {
		for chunk := range up {
			w.passable(l)
			if !w.sent(l, chunk) {
				break
			}
			if _, err := server.Write(chunk); err != nil {
				break
			}
		}
		w.passable(l) // a stalled wire does not tell that the client left
		l.close()
	})
	for chunk := range w.read(l.server, func(error) {}) {
		if !w.answer(l, chunk) {
			break
		}
	}
	w.passable(l)
}

// read reads a side to its end, whether or not what was read can be passed on.
func (w *wire) read(from net.Conn, ended func(error)) <-chan []byte {
	chunks := make(chan []byte, 1<<12)
	w.running.Go(func() {
		defer close(chunks)
		buffer := make([]byte, 1<<16)
		for {
			n, err := from.Read(buffer)
			if n > 0 {
				chunks <- append([]byte(nil), buffer[:n]...)
			}
			if err != nil {
				ended(err)
				return
			}
		}
	})
	return chunks
}

// sent counts a command: a packet of the client that begins a sequence. What a
// client sent before it reset the connection is not delivered any more.
func (w *wire) sent(l *link, chunk []byte) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if l.aborted || len(chunk) < 5 {
		return !l.aborted
	}
	const quit, data, shortest = 1, 0x17, 27 // of MySQL's protocol; of TLS, whose records say no more than how long they are
	encrypted := chunk[1] == 3 && (chunk[2] == 3 || chunk[2] == 1)
	if encrypted && (chunk[0] != data || len(chunk) <= shortest) || !encrypted && (chunk[3] != 0 || chunk[4] == quit) {
		return true
	}
	w.commands++
	if l.left {
		w.late++
	}
	for other := range w.links {
		if other.busy && (!encrypted || other != l) { // a handshake has several in a row
			w.crossed++
		}
	}
	l.busy = true
	return true
}

// answer passes on what the server said, as the wire lets it.
func (w *wire) answer(l *link, chunk []byte) bool {
	f := w.passable(l)
	w.mu.Lock()
	l.busy = false
	changed := w.changed
	w.mu.Unlock()
	if f.delay > 0 {
		l.sleep(f.delay, changed)
	}
	switch {
	case f.half:
		return true // what the server says is lost
	case f.cut > 0:
		l.client.Write(chunk[:min(f.cut, len(chunk))])
		return false
	case f.slow > 0:
		for i := range chunk {
			if _, err := l.client.Write(chunk[i : i+1]); err != nil {
				return false
			}
			l.sleep(f.slow, changed)
		}
		return true
	}
	_, err := l.client.Write(chunk)
	return err == nil
}

// TestWire tries the proxy itself.
func TestWire(t *testing.T) {
	echo, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer echo.Close()
	go func() {
		for {
			c, err := echo.Accept()
			if err != nil {
				return
			}
			go func() { io.Copy(c, c); c.Close() }()
		}
	}()
	w := newWire(t, echo.Addr().String())
	defer w.close()
	ask := func(limit time.Duration) (string, error) {
		c, err := net.Dial("tcp", w.address)
		if err != nil {
			return "", err
		}
		defer c.Close()
		c.SetDeadline(time.Now().Add(limit))
		c.Write([]byte("hello"))
		answer := make([]byte, 5)
		n, err := io.ReadFull(c, answer)
		return string(answer[:n]), err
	}
	for _, tc := range []struct {
		name  string
		fault fault
		want  string
		fails bool
	}{
		{"passes", fault{}, "hello", false},
		{"refuses", fault{refuse: true}, "", true},
		{"stalls", fault{stall: true}, "", true},
		{"resets", fault{reset: true}, "", true},
		{"closes half", fault{half: true}, "", true},
		{"cuts", fault{cut: 2}, "he", true},
		{"delays", fault{delay: 50 * time.Millisecond}, "hello", false},
		{"is slow", fault{slow: 10 * time.Millisecond}, "hello", false},
		{"passes again", fault{}, "hello", false},
	} {
		w.set(t, tc.fault)
		got, err := ask(500 * time.Millisecond)
		if got != tc.want || (err != nil) != tc.fails {
			t.Errorf("%s: %q, %v", tc.name, got, err)
		}
	}
	if n := w.open(); n > 1 {
		t.Errorf("%d connections are open", n)
	}
	if w.overlaps != 0 {
		t.Errorf("%d connections at once", w.overlaps)
	}
}
