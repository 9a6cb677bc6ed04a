package incident

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// Probe says which of some alerts still fire, by [Alert.Key]; what it does not name
// does not. It asks everybody who may know, and fails when one of them does not
// answer: an alert is only given up when all of them say that they do not list it.
type Probe func(ctx context.Context, alerts []Alert) (firing map[string]bool, err error)

// Key is what a [Probe] names an alert by.
func (a Alert) Key() string {
	return fmt.Sprintf("%s@%d", a.Fingerprint, a.StartsAt.UnixMilli())
}

// The probes.
const (
	// probeAfter is how long nothing is heard of an alert before others are asked:
	// Alertmanager repeats what fires, but by default only every four hours.
	probeAfter = 2 * time.Minute
	// probeEvery is the pause between two probes.
	probeEvery = time.Minute
	probeLimit = 30 * time.Second
)

// Ask looks for lost resolves: it asks the probe about every alert that counts as
// firing, or that contradicts itself, and of which nothing was heard for two
// minutes, and keeps the answer.
func (b *Book) Ask(ctx context.Context, now time.Time) error {
	if b.opt.StillFiring == nil {
		return nil
	}
	v, err := b.view(ctx)
	if err != nil {
		return err
	}
	asked := questionable(v.incidents(&b.opt.Config, now), now)
	if len(asked) == 0 {
		return nil
	}
	limited, cancel := context.WithTimeout(ctx, probeLimit)
	defer cancel()
	firing, err := b.opt.StillFiring(limited, asked)
	if err != nil {
		return fmt.Errorf("asking whether alerts still fire: %w", err)
	}
	return b.answer(ctx, asked, firing, now)
}

// questionable are the alerts to ask about: of incidents that are not closed, what
// fires or was given up by a probe, and what notifications contradict each other on.
func questionable(incidents []Incident, now time.Time) []Alert {
	var asked []Alert
	for _, i := range incidents {
		for _, m := range i.Alerts {
			open := i.State != StateClosed && (m.Ended == StillFires || m.Ended == WasForgotten)
			if !open && !m.doubtful() || now.Sub(m.Repeated) < probeAfter {
				continue
			}
			asked = append(asked, Alert{
				Fingerprint: m.Fingerprint, Status: Firing, Labels: m.Latest.Labels, Annotations: m.Latest.Annotations,
				StartsAt: m.StartsAt, GeneratorURL: m.Latest.GeneratorURL,
			})
		}
	}
	return asked
}

// answer keeps what a probe found. What was told in the meantime is not lost: the
// rows are read again, and a notification that is younger than the probe wins.
func (b *Book) answer(ctx context.Context, asked []Alert, firing map[string]bool, at time.Time) error {
	err := b.write(ctx, "keeping which alerts fire", func(tx *sql.Tx) error {
		find, put := tx.StmtContext(ctx, b.find), tx.StmtContext(ctx, b.put)
		defer func() { _, _ = find.Close(), put.Close() }() // the transaction closes them too
		for _, a := range asked {
			e, err := scanEpisode(find.QueryRowContext(ctx, a.Fingerprint, a.StartsAt.UnixMilli()))
			if err != nil {
				return err
			}
			if err := writeEpisode(ctx, put, e.probed(firing[a.Key()], whole(at))); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		b.tell()
	}
	return err
}
