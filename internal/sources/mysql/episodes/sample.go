package episodes

import (
	"time"

	"collector/internal/store"
	"collector/internal/timeline"
)

// look is when a reading was made: not before At, and not after At plus Spent.
type look struct {
	At      time.Time `json:"at"`
	SpentMS int64     `json:"spent_ms"` // all queries of the tick together, rounded up; a tick's time was rounded down
}

func (l look) when() look { return l }

// latest is when the reading was made at the latest.
func (l look) latest() time.Time { return l.At.Add(time.Duration(l.SpentMS) * time.Millisecond) }

// sample is any reading with its look.
type sample interface{ when() look }

// beat is a heartbeat as an excerpt shows it.
type beat struct {
	look
	Outcome       string `json:"outcome"`
	ErrorNumber   uint16 `json:"error_number,omitempty"`
	UptimeSeconds uint64 `json:"uptime_seconds,omitempty"`
	OffsetUS      int64  `json:"clock_offset_us,omitempty"` // server's clock minus the collector's
	RoundTripUS   int64  `json:"round_trip_us,omitempty"`
	Version       string `json:"version,omitempty"`
	ServerUUID    string `json:"server_uuid,omitempty"`
	ServerID      uint32 `json:"server_id,omitempty"`
	ReadOnly      bool   `json:"read_only"`

	outcome  store.Outcome
	interval time.Duration
	looked   store.Parts
}

// newBeat converts a heartbeat; interval is used when it has none of its own.
func newBeat(h *store.Heartbeat, interval time.Duration) beat {
	if h.Interval > 0 {
		interval = h.Interval
	}
	return beat{
		look:    newLook(h.At, h.Spent),
		Outcome: h.Outcome.String(), ErrorNumber: h.ErrorNumber, UptimeSeconds: h.UptimeSec,
		OffsetUS: h.ClockOffset.Microseconds(), RoundTripUS: h.RoundTrip.Microseconds(),
		Version: h.Version, ServerUUID: h.ServerUUID, ServerID: h.ServerID, ReadOnly: h.ReadOnly,
		outcome: h.Outcome, interval: interval, looked: h.Looked,
	}
}

// newLook brings a tick to the resolution of the files, never excluding the truth.
func newLook(at time.Time, spent time.Duration) look {
	floor := at.UTC().Truncate(time.Millisecond)
	span := spent + time.Millisecond // the store keeps whole milliseconds of a tick's time
	return look{At: floor, SpentMS: int64((span + time.Millisecond - 1) / time.Millisecond)}
}

// tooLate is the pause after which a tick counts as missing.
func tooLate(interval time.Duration) time.Duration { return interval * 5 / 2 }

// changed is the instant of a change that lies between two readings. Without an
// earlier reading the change happened at some time since `since`.
func changed(before *look, first look, since time.Time) timeline.Instant {
	earliest := since
	if before != nil {
		earliest = before.At
	}
	if earliest.After(first.At) {
		earliest = first.At
	}
	return timeline.Instant{At: first.At, Earliest: earliest, Latest: first.latest()}
}
