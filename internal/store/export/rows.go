package export

import (
	"encoding/json"
	"time"

	"collector/internal/store"
)

// place stands at the start of every row.
type place struct {
	At     instant `json:"at"` // of the tick, on the collector's clock
	Server string  `json:"server"`
}

// instant is a time as jq and DuckDB read it: UTC, milliseconds.
type instant time.Time

func (t instant) MarshalText() ([]byte, error) {
	return time.Time(t).UTC().AppendFormat(nil, "2006-01-02T15:04:05.000Z"), nil
}

// milliseconds is a duration with its microseconds.
func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// orNull is nil for the zero time.
func orNull(t time.Time) *instant {
	if t.IsZero() {
		return nil
	}
	return (*instant)(&t)
}

type heartbeat struct {
	place
	Outcome       string   `json:"outcome"`
	ErrorNumber   uint16   `json:"error_number"`
	RoundTripMS   float64  `json:"round_trip_ms"`
	ClockOffsetMS float64  `json:"clock_offset_ms"`
	SpentMS       float64  `json:"spent_ms"`
	Queries       uint32   `json:"queries"`
	IntervalMS    int64    `json:"interval_ms"`
	UptimeS       uint64   `json:"uptime_s"`
	ServerUUID    string   `json:"server_uuid"`
	ServerID      uint32   `json:"server_id"`
	Version       string   `json:"version"`
	ReadOnly      bool     `json:"read_only"`
	Looked        []string `json:"looked"`
}

func heartbeatRow(p place, h *store.Heartbeat) heartbeat {
	return heartbeat{
		p, h.Outcome.String(), h.ErrorNumber, milliseconds(h.RoundTrip), milliseconds(h.ClockOffset), milliseconds(h.Spent), h.Queries,
		h.Interval.Milliseconds(), h.UptimeSec, h.ServerUUID, h.ServerID, h.Version, h.ReadOnly, h.Looked.Names(),
	}
}

type session struct {
	place
	ID            uint64 `json:"id"`
	Account       string `json:"account"`
	Host          string `json:"host"`
	DB            string `json:"db"`
	Command       string `json:"command"`
	State         string `json:"state"`
	ElapsedMS     int64  `json:"elapsed_ms"`
	Statement     string `json:"statement"`
	TransactionMS int64  `json:"transaction_ms"`
	RowsLocked    uint64 `json:"rows_locked"`
	RowsModified  uint64 `json:"rows_modified"`
	RowsExamined  uint64 `json:"rows_examined"`
	LockWait      bool   `json:"lock_wait"`
}

func sessionRow(p place, s *store.Session) session {
	return session{
		p, s.ID, s.User, s.Host, s.DB, s.Command, s.State, s.Elapsed.Milliseconds(), s.SQL,
		s.Transaction.Milliseconds(), s.RowsLocked, s.RowsModified, s.RowsExamined, s.LockWait,
	}
}

type idle struct {
	place
	Account  string `json:"account"`
	Sessions int    `json:"sessions"`
}

type channel struct {
	place
	Channel    string `json:"channel"`
	SourceHost string `json:"source_host"`
	SourcePort uint16 `json:"source_port"`
	SourceUUID string `json:"source_uuid"`
	SourceID   uint32 `json:"source_id"`
	IORunning  string `json:"io_running"`
	IOErrno    uint16 `json:"io_errno"`
	IOError    string `json:"io_error"`
	SQLRunning string `json:"sql_running"`
	SQLErrno   uint16 `json:"sql_errno"`
	SQLError   string `json:"sql_error"`
	LagMS      *int64 `json:"lag_ms"`
	GTID       string `json:"gtid"`
}

func channelRow(p place, r *store.Replica) channel {
	row := channel{
		p, r.Channel, r.SourceHost, r.SourcePort, r.SourceUUID, r.SourceID, r.IORunning, r.IOErrno, r.IOError,
		r.SQLRunning, r.SQLErrno, r.SQLError, nil, r.GTID,
	}
	if lag := r.Lag.Milliseconds(); r.LagKnown {
		row.LagMS = &lag
	}
	return row
}

type variable struct {
	place
	Name  string `json:"name"`
	Value int64  `json:"value"`
}

type wait struct {
	place
	WaiterID  uint64  `json:"waiter_id"`
	BlockerID *uint64 `json:"blocker_id"`
	LockClass string  `json:"lock_class"`
	Object    string  `json:"object"`
	IndexName string  `json:"index_name"`
	Mode      string  `json:"mode"`
	HeldMode  string  `json:"held_mode"`
	WaitedMS  int64   `json:"waited_ms"`
	Guessed   bool    `json:"guessed"`
}

func waitRow(p place, w *store.LockWait) wait {
	row := wait{p, w.Waiter, nil, w.Class, w.Object, w.Index, w.Mode, w.Held, w.Waited.Milliseconds(), w.Guessed}
	if blocker := w.Blocker; blocker != 0 {
		row.BlockerID = &blocker
	}
	return row
}

type digest struct {
	place
	DigestID     string   `json:"digest_id"`
	DB           string   `json:"db"`
	Statement    string   `json:"statement"`
	FirstSeen    *instant `json:"first_seen"`
	Executions   int64    `json:"executions"`
	Errors       int64    `json:"errors"`
	TimeMS       float64  `json:"time_ms"`
	LockTimeMS   float64  `json:"lock_time_ms"`
	RowsExamined int64    `json:"rows_examined"`
	RowsSent     int64    `json:"rows_sent"`
	RowsAffected int64    `json:"rows_affected"`
	NoIndex      int64    `json:"no_index"`
	TmpDisk      int64    `json:"tmp_disk_tables"`
}

func digestRow(p place, d *store.Digest) digest {
	return digest{
		p, d.ID, d.DB, d.SQL, orNull(d.FirstSeen), d.Count, d.Errors, milliseconds(d.Time), milliseconds(d.LockTime),
		d.RowsExamined, d.RowsSent, d.RowsAffected, d.NoIndex, d.TmpDisk,
	}
}

type fact struct {
	place
	Kind string          `json:"kind"`
	Body json.RawMessage `json:"body"`
}

// factRow keeps a body that is no JSON, which nobody writes, as a string.
func factRow(p place, f *store.Fact) (fact, error) {
	body := json.RawMessage(f.Body)
	if !json.Valid(body) {
		text, err := json.Marshal(f.Body)
		if err != nil {
			return fact{}, err
		}
		body = text
	}
	return fact{p, f.Kind, body}, nil
}
