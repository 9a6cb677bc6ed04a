package episodes

import (
	"fmt"
	"time"

	"collector/internal/timeline"
)

// The rule of mysql.replication_stopped, for each channel and thread: a thread
// that says No is stopped. An IO thread that says Connecting is stopped when it
// has said so in more than connectingTicks samples: one that connects anew is
// working. NULL or no answer at all says nothing. Every thread has its own
// event, because each is stopped and repaired on its own.
const connectingTicks = 2

// The threads of a channel, as the attribute names them.
const (
	ioThread  = "io"
	sqlThread = "sql"
)

// stopped is the answer of a mysql.replication_stopped record. Its peak is the
// first sample that has an error number.
type stopped struct {
	excerpt[replicaSample]
	Thread string `json:"thread"`
	Nos    int    `json:"no_samples"` // samples that said No; the others said Connecting
}

// threadScan follows one thread of one channel.
type threadScan struct {
	tracker[replicaSample]
	thread string
	nos    int
	done   []stopped
}

func newThreadScan(thread string) threadScan {
	t := threadScan{thread: thread}
	t.worse = func(a, b *replicaSample) bool { return a.errno(thread) != 0 && b.errno(thread) == 0 }
	return t
}

func (s *replicaSample) state(thread string) string {
	if thread == ioThread {
		return s.IO
	}
	return s.SQL
}

func (s *replicaSample) errno(thread string) uint16 {
	if thread == ioThread {
		return s.IOErrno
	}
	return s.SQLErrno
}

func (s *replicaSample) message(thread string) string {
	if thread == ioThread {
		return s.IOError
	}
	return s.SQLError
}

func (t *threadScan) observe(s *replicaSample, pause time.Duration) {
	switch state := s.state(t.thread); {
	case s.Absent, state == "Yes":
		t.fine(s)
		t.collect()
	case state == "":
		t.unknown(s.At)
	default:
		if t.open == nil {
			t.nos = 0
		}
		if state == "No" {
			t.nos++
		}
		t.bad(s, pause)
	}
}

func (t *threadScan) collect() {
	for _, x := range t.closed {
		if t.nos > 0 || x.Samples > connectingTicks {
			t.done = append(t.done, stopped{x, t.thread, t.nos})
		}
	}
	t.closed = t.closed[:0]
}

func (t *threadScan) finish() []stopped {
	t.close()
	t.collect()
	return t.done
}

// interpretStopped makes the event of a stopped thread.
func interpretStopped(q question, e timeline.Evidence) (timeline.Event, error) {
	s, err := read[stopped](e)
	if err != nil {
		return timeline.Event{}, err
	}
	if len(s.First) == 0 || s.Last == nil || s.Peak == nil {
		return timeline.Event{}, fmt.Errorf("evidence %s: %w", e.ID, errExcerpt)
	}
	event := s.episode(q, e, timeline.MySQLReplicationStopped)
	channel := channelName(q.Channel)
	event.Key = channel + " " + s.Thread
	event.Attributes["channel"], event.Attributes["thread"] = channel, s.Thread
	thread := "SQL"
	if s.Thread == ioThread {
		thread = "IO"
	}
	what := "stopped"
	if s.Nos == 0 {
		what = "could not connect to its source"
	}
	cause := " without an error"
	if number := s.Peak.errno(s.Thread); number != 0 {
		event.Attributes["error_code"] = fmt.Sprint(number)
		event.Attributes["error"] = s.Peak.message(s.Thread)
		cause = fmt.Sprintf(" with error %d", number)
	}
	event.Summary = fmt.Sprintf("replication %s thread %s%s on channel %s", thread, what, cause, channel)
	if s.Before == nil {
		event.Summary += ", before the first sample"
	}
	return event, nil
}
