package incident

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"collector/internal/store"
)

const episodeColumns = `fingerprint, starts_at, first, latest, received, repeated, fired_at, resolved_at, ends_at, known_at, missed_at, receiver, group_key, external_url, truncated`

const selectEpisodes = `SELECT ` + episodeColumns + ` FROM episode`

const putEpisode = `INSERT INTO episode (` + episodeColumns + `) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
	ON CONFLICT (fingerprint, starts_at) DO UPDATE SET first = excluded.first, latest = excluded.latest, received = excluded.received,
	repeated = excluded.repeated, fired_at = excluded.fired_at, resolved_at = excluded.resolved_at, ends_at = excluded.ends_at,
	known_at = excluded.known_at, missed_at = excluded.missed_at, receiver = excluded.receiver, group_key = excluded.group_key,
	external_url = excluded.external_url, truncated = excluded.truncated`

// row is a row of a query.
type row interface{ Scan(dest ...any) error }

// scanEpisode reads a row of selectEpisodes.
func scanEpisode(r row) (e Episode, err error) {
	var starts, received, repeated, fired, resolved, ends, known, missed int64
	var first, last string
	err = r.Scan(&e.Fingerprint, &starts, &first, &last, &received, &repeated, &fired, &resolved, &ends, &known, &missed,
		&e.Receiver, &e.GroupKey, &e.ExternalURL, &e.Truncated)
	if err != nil {
		return Episode{}, err
	}
	if e.First, err = decodeWords(first); err != nil {
		return Episode{}, fmt.Errorf("%w: %w", store.ErrCorrupt, err)
	}
	e.Latest = e.First
	if last != "" {
		if e.Latest, err = decodeWords(last); err != nil {
			return Episode{}, fmt.Errorf("%w: %w", store.ErrCorrupt, err)
		}
	}
	e.StartsAt, e.Received, e.Repeated = time.UnixMilli(starts).UTC(), fromMillis(received), fromMillis(repeated)
	e.FiredAt, e.ResolvedAt, e.EndsAt = fromMillis(fired), fromMillis(resolved), fromMillis(ends)
	e.KnownAt, e.MissedAt = fromMillis(known), fromMillis(missed)
	return e, nil
}

// writeEpisode writes a row with putEpisode. The latest words are left out where
// they are the first.
func writeEpisode(ctx context.Context, put *sql.Stmt, e Episode) error {
	first, err := e.First.encode()
	if err != nil {
		return err
	}
	last, err := e.Latest.encode()
	if err != nil {
		return err
	}
	if last == first {
		last = ""
	}
	_, err = put.ExecContext(ctx, e.Fingerprint, e.StartsAt.UnixMilli(), first, last, millis(e.Received), millis(e.Repeated),
		millis(e.FiredAt), millis(e.ResolvedAt), millis(e.EndsAt), millis(e.KnownAt), millis(e.MissedAt),
		e.Receiver, e.GroupKey, e.ExternalURL, e.Truncated)
	return err
}

// anchorJSON is an anchor on disk.
type anchorJSON struct {
	Fingerprint string `json:"fingerprint"`
	StartsAt    int64  `json:"starts_at"`
}

func encodeAnchors(anchors []Anchor) (string, error) {
	rows := make([]anchorJSON, 0, len(anchors))
	for _, a := range anchors {
		rows = append(rows, anchorJSON{a.Fingerprint, a.StartsAt.UnixMilli()})
	}
	text, err := json.Marshal(rows)
	return string(text), err
}

func decodeAnchors(text string) ([]Anchor, error) {
	var rows []anchorJSON
	if err := json.Unmarshal([]byte(text), &rows); err != nil {
		return nil, fmt.Errorf("%w: a decision's alerts: %w", store.ErrCorrupt, err)
	}
	anchors := make([]Anchor, 0, len(rows))
	for _, r := range rows {
		anchors = append(anchors, Anchor{r.Fingerprint, time.UnixMilli(r.StartsAt).UTC()})
	}
	return anchors, nil
}
