package incident

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"collector/internal/store"
	"collector/internal/timeline"
)

// queryer is a database or a transaction.
type queryer interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// each calls do for every row of a query.
func each(ctx context.Context, db queryer, do func(row) error, query string, args ...any) error {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		if err := do(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// Incidents are all incidents at now, the latest last. Those that are long over come
// without their alerts; [Book.Incident] has them.
func (b *Book) Incidents(ctx context.Context, now time.Time) (all []Incident, err error) {
	err = b.see(ctx, func(v *view) { all = append(v.sealed(), v.incidents(now)...) })
	slices.SortFunc(all, compareIncidents)
	return all, err
}

// Incident is one incident with all its alerts, also by the ID of one that became
// part of it.
//
// Errors: [ErrUnknown].
func (b *Book) Incident(ctx context.Context, id string, now time.Time) (Incident, error) {
	all, err := b.Incidents(ctx, now)
	if err != nil {
		return Incident{}, err
	}
	i, err := find(all, id)
	if err != nil || len(i.Alerts) > 0 {
		return i, err
	}
	members, err := b.sealedMembers(ctx, i.ID)
	i.Alerts = members
	return i, store.Explain("reading", b.path, err)
}

func (b *Book) sealedMembers(ctx context.Context, id string) ([]*Member, error) {
	var episodes []Episode
	err := each(ctx, b.reader, func(r row) error {
		e, err := scanEpisode(r)
		if e.First.Labels == nil {
			e.First.Labels = map[string]string{} // it is known whose it is
		}
		episodes = append(episodes, e.Episode)
		return err
	}, selectEpisodes+` WHERE sealed = ?`, id)
	return judge(episodes, b.rules()), err
}

// record is a sealed incident on disk.
type record struct {
	ID       string              `json:"id"`
	Aliases  []string            `json:"aliases,omitempty"`
	Groups   []map[string]string `json:"groups"`
	Window   timeline.Window     `json:"window"`
	ClosedAt time.Time           `json:"closed_at"`
	ClosedBy Closing             `json:"closed_by"`
	Count    int                 `json:"alerts"`
}

func encodeRecord(i Incident) (string, error) {
	text, err := json.Marshal(record{i.ID, i.Aliases, i.Groups, i.Window, i.ClosedAt, i.ClosedBy, len(i.Alerts)})
	return string(text), err
}

func decodeRecord(text string) (Incident, error) {
	var r record
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		return Incident{}, fmt.Errorf("a sealed incident: %w", err)
	}
	return Incident{
		ID: r.ID, Aliases: r.Aliases, Groups: r.Groups, State: StateClosed, Window: r.Window,
		ClosedAt: r.ClosedAt, ClosedBy: r.ClosedBy, Sealed: true, Count: r.Count,
	}, nil
}

// find is the incident that an ID or an alias means. An error names the IDs that
// are nearest to it.
func find(all []Incident, id string) (Incident, error) {
	for _, i := range all {
		if i.ID == id || slices.Contains(i.Aliases, id) {
			return i, nil
		}
	}
	return Incident{}, unknown(all, id)
}

// nearIDs is how many IDs an error names.
const nearIDs = 3

func unknown(all []Incident, id string) error {
	if len(all) == 0 {
		return fmt.Errorf("%w %q: none was recorded yet", ErrUnknown, id)
	}
	near := make([]string, 0, len(all))
	for _, i := range all {
		near = append(near, i.ID)
	}
	slices.Reverse(near) // the latest are meant more often
	slices.SortStableFunc(near, func(a, b string) int { return likeness(b, id) - likeness(a, id) })
	return fmt.Errorf("%w %q; near it: %s", ErrUnknown, id, strings.Join(near[:min(nearIDs, len(near))], ", "))
}

// likeness is how many bytes two IDs share at their beginning and end.
func likeness(a, b string) (n int) {
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	a, b = a[n:], b[n:]
	for len(a) > 0 && len(b) > 0 && a[len(a)-1] == b[len(b)-1] {
		a, b, n = a[:len(a)-1], b[:len(b)-1], n+1
	}
	return n
}
