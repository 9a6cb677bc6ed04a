package servers

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

// HTTPServer is a Prometheus, an Alertmanager or an exporter.
type HTTPServer struct {
	Addr string // host:port
	URL  string // http://host:port
	Dir  string // its configuration, data and log

	process *Process
	program string
	args    []string
	ready   string // path that answers 200 when it is ready
}

// startHTTP starts a program in dir that will listen on addr, and removes dir
// when it does not get ready.
func startHTTP(ctx context.Context, dir, addr, ready, program string, args ...string) (*HTTPServer, error) {
	s := &HTTPServer{Addr: addr, URL: "http://" + addr, Dir: dir, program: program, args: args, ready: ready}
	if err := s.Start(ctx); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return s, nil
}

// Start starts the server on its files and port; it is for one that was stopped.
func (s *HTTPServer) Start(ctx context.Context) error {
	process, err := Spawn(filepath.Join(s.Dir, "log"), nil, s.program, s.args...)
	if err != nil {
		return err
	}
	if err := process.awaitReady(ctx, s.probe); err != nil {
		return errors.Join(err, process.Kill())
	}
	s.process = process
	return nil
}

func (s *HTTPServer) probe(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+s.ready, nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", s.ready, resp.Status)
	}
	return nil
}

// Stop ends the server in good order. Its files stay.
func (s *HTTPServer) Stop() error { return s.process.Stop() }

// Pid is the server's process ID.
func (s *HTTPServer) Pid() int { return s.process.Pid() }

// LogFile is the path of the server's log.
func (s *HTTPServer) LogFile() string { return filepath.Join(s.Dir, "log") }

// Close ends the server and removes its files.
func (s *HTTPServer) Close() error {
	return errors.Join(s.process.Kill(), os.RemoveAll(s.Dir))
}

// place makes a server's directory and picks its address.
func place(name string) (dir, addr string, err error) {
	port, err := FreePort()
	if err != nil {
		return "", "", err
	}
	dir, err = os.MkdirTemp("", "lab-"+name+"-")
	if err != nil {
		return "", "", fmt.Errorf("starting %s: %w", name, err)
	}
	return dir, fmt.Sprintf("127.0.0.1:%d", port), nil
}
