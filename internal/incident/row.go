package incident

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"
)

const episodeColumns = `fingerprint, starts_at, first, latest, received, repeated, fired_at, resolved_at, ends_at, known_at, missed_at, receiver, group_key, external_url, truncated`

const selectEpisodes = `SELECT ` + episodeColumns + `, id, sealed, rev FROM episode`

const putEpisode = `INSERT INTO episode (` + episodeColumns + `) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
	ON CONFLICT (fingerprint, starts_at) DO UPDATE SET first = excluded.first, latest = excluded.latest, received = excluded.received,
	repeated = excluded.repeated, fired_at = excluded.fired_at, resolved_at = excluded.resolved_at, ends_at = excluded.ends_at,
	known_at = excluded.known_at, missed_at = excluded.missed_at, receiver = excluded.receiver, group_key = excluded.group_key,
	external_url = excluded.external_url, truncated = excluded.truncated`

// row is a row of a query.
type row interface{ Scan(dest ...any) error }

// episodeRow is a row of selectEpisodes.
type episodeRow struct {
	Episode
	number int64
	sealed string // the incident
	rev    int64  // see counted
}

// scanEpisode reads a row of selectEpisodes. One whose words cannot be read is
// [Episode.Damaged]; it has those that can, if any.
func scanEpisode(r row) (e episodeRow, err error) {
	var starts, received, repeated, fired, resolved, ends, known, missed int64
	var first, last string
	err = r.Scan(&e.Fingerprint, &starts, &first, &last, &received, &repeated, &fired, &resolved, &ends, &known, &missed,
		&e.Receiver, &e.GroupKey, &e.ExternalURL, &e.Truncated, &e.number, &e.sealed, &e.rev)
	if err != nil {
		return episodeRow{}, err
	}
	e.readWords(first, last)
	e.StartsAt, e.Received, e.Repeated = time.UnixMilli(starts).UTC(), fromMillis(received), fromMillis(repeated)
	e.FiredAt, e.ResolvedAt, e.EndsAt = fromMillis(fired), fromMillis(resolved), fromMillis(ends)
	e.KnownAt, e.MissedAt = fromMillis(known), fromMillis(missed)
	return e, nil
}

// readWords reads the first and the latest words from disk; no latest ones are the
// first ones again. Where one of them cannot be read, the other stands for both.
func (e *Episode) readWords(first, last string) {
	early, err := decodeWords(first)
	late, lateErr := early, err
	if last != "" {
		late, lateErr = decodeWords(last)
	}
	if lateErr != nil {
		late = early
	} else if err != nil {
		early = late
	}
	e.First, e.Latest, e.Damaged = early, late, err != nil || lateErr != nil
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
		return nil, fmt.Errorf("a decision's alerts: %w", err)
	}
	anchors := make([]Anchor, 0, len(rows))
	for _, r := range rows {
		anchors = append(anchors, Anchor{r.Fingerprint, time.UnixMilli(r.StartsAt).UTC()})
	}
	return anchors, nil
}
