package episodes

import (
	"net"
	"strconv"

	"collector/internal/store"
)

// Limits of texts in a record, in bytes.
const (
	gtidShown  = 300
	errorShown = 500
)

// replicaSample is one look at one replication channel.
type replicaSample struct {
	look
	Absent     bool   `json:"absent,omitempty"` // the replica had no such channel
	Source     string `json:"source,omitempty"` // host:port
	SourceUUID string `json:"source_uuid,omitempty"`
	SourceID   uint32 `json:"source_id,omitempty"`
	IO         string `json:"io_running,omitempty"`
	SQL        string `json:"sql_running,omitempty"`
	IOErrno    uint16 `json:"io_errno,omitempty"`
	SQLErrno   uint16 `json:"sql_errno,omitempty"`
	IOError    string `json:"io_error,omitempty"`
	SQLError   string `json:"sql_error,omitempty"`
	LagMS      *int64 `json:"lag_ms"` // null: the server says NULL
	GTID       string `json:"gtid,omitempty"`
}

// newReplicaSample converts a channel's state.
func newReplicaSample(l look, r *store.Replica) replicaSample {
	s := replicaSample{
		look: l, SourceUUID: r.SourceUUID, SourceID: r.SourceID,
		IO: r.IORunning, SQL: r.SQLRunning, IOErrno: r.IOErrno, SQLErrno: r.SQLErrno,
		IOError: shown(r.IOError, errorShown), SQLError: shown(r.SQLError, errorShown),
		GTID: shown(r.GTID, gtidShown),
	}
	if r.SourceHost != "" {
		s.Source = net.JoinHostPort(r.SourceHost, strconv.Itoa(int(r.SourcePort)))
	}
	if r.LagKnown {
		ms := r.Lag.Milliseconds()
		s.LagMS = &ms
	}
	return s
}

// channelName is how a channel is called in sentences and keys.
func channelName(channel string) string {
	if channel == "" {
		return "default"
	}
	return channel
}
