package mysql

import (
	"context"
	"errors"
	"iter"

	"collector/internal/sources/mysql/episodes"
	"collector/internal/store"
	"collector/internal/timeline"
)

// errNotRecorded stands in evidence, so it names no path of this machine.
var errNotRecorded = errors.New("nothing was recorded: `collector serve` never ran with this storage.path; what sessions, replication and restarts did then can no longer be known")

// openRecording opens the store at a path for reading, or a reader that says at
// every question why it could not.
func openRecording(ctx context.Context, path string) (reader episodes.Reader, closeReader func()) {
	recording, err := store.OpenReadOnly(ctx, path)
	switch {
	case errors.Is(err, store.ErrMissing):
		return unreadable{errNotRecorded}, func() {}
	case err != nil:
		return unreadable{err}, func() {}
	}
	return recording, func() { recording.Close() }
}

// unreadable is a store that could not be opened: every stream says so.
type unreadable struct{ err error }

func (u unreadable) Heartbeats(context.Context, string, timeline.Window) iter.Seq2[store.Heartbeat, error] {
	return failing[store.Heartbeat](u.err)
}

func (u unreadable) Sessions(context.Context, string, timeline.Window) iter.Seq2[store.SessionsAt, error] {
	return failing[store.SessionsAt](u.err)
}

func (u unreadable) Replicas(context.Context, string, timeline.Window) iter.Seq2[store.ReplicasAt, error] {
	return failing[store.ReplicasAt](u.err)
}

func (u unreadable) Status(context.Context, string, timeline.Window) iter.Seq2[store.StatusAt, error] {
	return failing[store.StatusAt](u.err)
}

func (u unreadable) Waits(context.Context, string, timeline.Window) iter.Seq2[store.WaitsAt, error] {
	return failing[store.WaitsAt](u.err)
}

func (u unreadable) Digests(context.Context, string, timeline.Window) iter.Seq2[store.DigestsAt, error] {
	return failing[store.DigestsAt](u.err)
}

func (u unreadable) Facts(context.Context, string, timeline.Window) iter.Seq2[store.FactsAt, error] {
	return failing[store.FactsAt](u.err)
}

func failing[T any](err error) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		yield(none, err)
	}
}
