package web

import "time"

const (
	maxHeader      = 32 << 10 // bytes of a request's header
	maxStreams     = 32       // requests at once on one HTTP/2 connection
	maxConnections = 512      // at once; further ones wait until one ends
)

// Limits bound what one client and all of them together can take. Zero means the
// default.
type Limits struct {
	Header   time.Duration // to send a request's header; default 10 s
	Read     time.Duration // to send a whole request; default 30 s
	Write    time.Duration // from the header to the end of the answer; default 90 s
	Idle     time.Duration // of a connection between two requests; default 75 s
	Keep     time.Duration // for the Intake to keep a notification; default 30 s
	Draft    time.Duration // that a request for a draft is kept waiting for it, less than Write; default 60 s
	Body     int64         // bytes of a webhook's body; default 64 MiB, some 50,000 alerts
	Bodies   int64         // bytes of all webhook bodies that are being read; default 96 MiB, or one and a half of Body
	Requests int           // webhook calls at once; default 256
	Streams  int           // clients that follow incidents at once; default 64
	Stall    time.Duration // for a client to take a piece of an answer that may take long: a stream's, a bundle's; default 10 s
}

func (l Limits) withDefaults() Limits {
	orTime := func(value *time.Duration, otherwise time.Duration) {
		if *value == 0 {
			*value = otherwise
		}
	}
	orTime(&l.Header, 10*time.Second)
	orTime(&l.Read, 30*time.Second)
	orTime(&l.Write, 90*time.Second)
	orTime(&l.Idle, 75*time.Second)
	orTime(&l.Keep, 30*time.Second)
	orTime(&l.Draft, 60*time.Second)
	orTime(&l.Stall, 10*time.Second)
	if l.Body == 0 {
		l.Body = 64 << 20
	}
	if l.Bodies == 0 {
		l.Bodies = max(96<<20, l.Body*3/2)
	}
	if l.Requests == 0 {
		l.Requests = 256
	}
	if l.Streams == 0 {
		l.Streams = 64
	}
	return l
}
