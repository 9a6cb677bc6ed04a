package servers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"time"
)

const (
	startLimit = 60 * time.Second // a loaded machine initialises slowly
	stopLimit  = 15 * time.Second // from SIGTERM to SIGKILL
	tailBytes  = 4 << 10          // how much of a log an error quotes
)

// Process is one running program, its output in a log file.
type Process struct {
	LogFile string

	name string
	cmd  *exec.Cmd
	done chan struct{} // closed when the process has ended
}

// Spawn starts a program whose output is appended to logFile. Extra
// environment variables have the form NAME=value.
func Spawn(logFile string, env []string, program string, args ...string) (*Process, error) {
	path, err := lookUp(program)
	if err != nil {
		return nil, fmt.Errorf("starting %s: %w; run: %s", program, err, InstallCommand)
	}
	log, err := os.OpenFile(logFile, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("starting %s: opening its log: %w", program, err)
	}
	cmd := exec.Command(path, args...) //nolint:noctx // the life of a server is longer than the call that starts it
	cmd.Env = append(os.Environ(), env...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = dieWithParent()
	p := &Process{LogFile: logFile, name: program, cmd: cmd, done: make(chan struct{})}
	started := make(chan error)
	go p.run(log, started)
	if err := <-started; err != nil {
		return nil, fmt.Errorf("starting %s: %w", program, err)
	}
	return p, nil
}

// run starts and awaits the process on one locked thread: the parent-death
// signal is sent when the starting thread ends, not the whole program.
func (p *Process) run(log io.Closer, started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer log.Close()
	if err := p.cmd.Start(); err != nil {
		started <- err
		return
	}
	started <- nil
	_ = p.cmd.Wait() // how it ended stands in ProcessState
	close(p.done)
}

// Pid is the process ID.
func (p *Process) Pid() int { return p.cmd.Process.Pid }

// Done is closed when the process has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// Stop sends SIGTERM, after a bounded time SIGKILL, and returns when the
// process has ended.
func (p *Process) Stop() error {
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("stopping %s: %w", p.name, err)
	}
	select {
	case <-p.done:
		return nil
	case <-time.After(stopLimit):
		return p.Kill()
	}
}

// Kill sends SIGKILL, as a crash or the kernel's memory killer would, and
// returns when the process has ended.
func (p *Process) Kill() error {
	if err := p.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("killing %s: %w", p.name, err)
	}
	<-p.done
	return nil
}

// KillGroup kills the process and all that it started: it has a group of its own.
func (p *Process) KillGroup() error {
	if err := syscall.Kill(-p.Pid(), syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("killing %s and what it started: %w", p.name, err)
	}
	<-p.done
	return nil
}

// Pause stops the process and all that it started where they are, until Resume.
func (p *Process) Pause() error { return p.signalGroup(syscall.SIGSTOP) }

// Resume lets a paused process go on.
func (p *Process) Resume() error { return p.signalGroup(syscall.SIGCONT) }

func (p *Process) signalGroup(signal syscall.Signal) error {
	if err := syscall.Kill(-p.Pid(), signal); err != nil {
		return fmt.Errorf("signalling %s and what it started: %w", p.name, err)
	}
	return nil
}

// awaitReady calls probe until it succeeds, the process ends, the context is
// done, or startLimit has passed.
func (p *Process) awaitReady(ctx context.Context, probe func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	for {
		err := probe(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-p.done:
			return fmt.Errorf("%s ended (%s) before it was ready; its log ends:\n%s", p.name, p.cmd.ProcessState, p.tail())
		case <-ctx.Done():
			return fmt.Errorf("%s was not ready: %w; its log ends:\n%s", p.name, err, p.tail())
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// tail is the end of the log.
func (p *Process) tail() string {
	data, err := os.ReadFile(p.LogFile)
	if err != nil {
		return fmt.Sprintf("(log unreadable: %v)", err)
	}
	if len(data) > tailBytes {
		data = data[len(data)-tailBytes:]
	}
	return strings.TrimSpace(string(data))
}
