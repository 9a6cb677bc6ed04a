// Package export writes what the store recorded as JSON lines: flat rows, each
// with its tick's time and its server, for jq and DuckDB. The names of the fields
// are a contract, described in docs/store.md: they are added to, never changed.
package export

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"time"

	"collector/internal/store"
	"collector/internal/timeline"
)

// Stream is a kind of rows that can be exported.
type Stream struct {
	Name string // as on the command line
	Row  string // what one row is
	rows func(ctx context.Context, from source, put func(row any) error) error
}

// source is what a stream is read from.
type source struct {
	reader *store.Reader
	server string
	window timeline.Window
}

func (s source) at(t time.Time) place { return place{instant(t), s.server} }

// Streams lists all streams.
func Streams() []Stream {
	return []Stream{
		{"heartbeats", "a tick", heartbeats},
		{"sessions", "an active session at a tick", sessions},
		{"idle", "an account with idle sessions at a tick", idles},
		{"replication", "a replication channel at a tick", replication},
		{"status", "a status variable at a tick", status},
		{"waits", "a session that waits for a lock, and one it waits for, at a tick", waits},
		{"digests", "what a statement digest did since the reading before", digests},
		{"facts", "something that was noticed", facts},
	}
}

// Write writes the rows of a server in the window to out, in time order, and says
// how many. An error of out is returned as it is.
func (s Stream) Write(ctx context.Context, r *store.Reader, server string, w timeline.Window, out io.Writer) (rows int64, err error) {
	buffer := bufio.NewWriterSize(out, 1<<16)
	lines := json.NewEncoder(buffer)
	lines.SetEscapeHTML(false)
	err = s.rows(ctx, source{r, server, w}, func(row any) error {
		rows++
		return lines.Encode(row)
	})
	if err != nil {
		return rows, err
	}
	return rows, buffer.Flush()
}

// each yields the looks of a stream to do, until one of them fails.
func each[T any](looks iter.Seq2[T, error], do func(T) error) error {
	for look, err := range looks {
		if err != nil {
			return err
		}
		if err := do(look); err != nil {
			return err
		}
	}
	return nil
}

func heartbeats(ctx context.Context, from source, put func(any) error) error {
	return each(from.reader.Heartbeats(ctx, from.server, from.window), func(h store.Heartbeat) error {
		return put(heartbeatRow(from.at(h.At), &h))
	})
}

func sessions(ctx context.Context, from source, put func(any) error) error {
	return each(from.reader.Sessions(ctx, from.server, from.window), func(v store.SessionsAt) error {
		for i := range v.Active {
			if err := put(sessionRow(from.at(v.At), &v.Active[i])); err != nil {
				return err
			}
		}
		return nil
	})
}

func idles(ctx context.Context, from source, put func(any) error) error {
	return each(from.reader.Sessions(ctx, from.server, from.window), func(v store.SessionsAt) error {
		for _, account := range slices.Sorted(maps.Keys(v.Idle)) {
			if err := put(idle{from.at(v.At), account, v.Idle[account]}); err != nil {
				return err
			}
		}
		return nil
	})
}

func replication(ctx context.Context, from source, put func(any) error) error {
	return each(from.reader.Replicas(ctx, from.server, from.window), func(v store.ReplicasAt) error {
		for i := range v.Channels {
			if err := put(channelRow(from.at(v.At), &v.Channels[i])); err != nil {
				return err
			}
		}
		return nil
	})
}

func status(ctx context.Context, from source, put func(any) error) error {
	return each(from.reader.Status(ctx, from.server, from.window), func(v store.StatusAt) error {
		for _, name := range slices.Sorted(maps.Keys(v.Status)) {
			if err := put(variable{from.at(v.At), name, v.Status[name]}); err != nil {
				return err
			}
		}
		return nil
	})
}

func waits(ctx context.Context, from source, put func(any) error) error {
	return each(from.reader.Waits(ctx, from.server, from.window), func(v store.WaitsAt) error {
		for i := range v.Waits {
			if err := put(waitRow(from.at(v.At), &v.Waits[i])); err != nil {
				return err
			}
		}
		return nil
	})
}

func digests(ctx context.Context, from source, put func(any) error) error {
	return each(from.reader.Digests(ctx, from.server, from.window), func(v store.DigestsAt) error {
		for i := range v.Digests {
			if err := put(digestRow(from.at(v.At), &v.Digests[i])); err != nil {
				return err
			}
		}
		return nil
	})
}

func facts(ctx context.Context, from source, put func(any) error) error {
	return each(from.reader.Facts(ctx, from.server, from.window), func(v store.FactsAt) error {
		for i := range v.Facts {
			row, err := factRow(from.at(v.At), &v.Facts[i])
			if err != nil {
				return fmt.Errorf("exporting a fact: %w", err)
			}
			if err := put(row); err != nil {
				return err
			}
		}
		return nil
	})
}
