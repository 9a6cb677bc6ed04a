package incident

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Probe asks others which of some alerts still fire. It answers by [Alert.Key] and
// leaves out what it does not know: an alert has ended only when everybody who may
// know was asked and none has it firing. It returns an error when one of them did
// not answer, beside what the others know.
type Probe func(ctx context.Context, alerts []Alert) (map[string]Answer, error)

// Answer is what a probe knows about one alert.
type Answer struct {
	Firing bool
	At     time.Time // a firing one fired then, and may have ended since; any other had ended by then
}

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
	// answerAlerts is how many alerts one transaction takes: notifications wait for it.
	answerAlerts = 500
)

// seek asks again and again, until ctx ends. It is not part of the look at incidents:
// who hangs when asked must not hold up an incident that begins.
func (b *Book) seek(ctx context.Context) {
	failing := false
	for {
		err := b.Ask(ctx, b.opt.Now())
		switch {
		case ctx.Err() != nil:
			return
		case err != nil && !failing:
			b.opt.Log.Warn("whether alerts still fire of which nothing is heard cannot be found out: they count as before", "err", err)
		case err == nil && failing:
			b.opt.Log.Info("whether alerts still fire can be found out again")
		}
		failing = err != nil
		select {
		case <-ctx.Done():
			return
		case <-time.After(probeEvery):
		}
	}
}

// Ask looks for lost resolves: it asks the probe about every alert that counts as
// firing, or that contradicts itself, and of which nothing was heard for two
// minutes, and keeps the answers.
func (b *Book) Ask(ctx context.Context, now time.Time) error {
	if b.opt.StillFiring == nil {
		return nil
	}
	var unsealed []Incident
	if err := b.see(ctx, func(v *view) { unsealed = v.incidents(now) }); err != nil {
		return err
	}
	asked := questionable(unsealed, now)
	if len(asked) == 0 {
		return nil
	}
	limited, cancel := context.WithTimeout(ctx, probeLimit)
	defer cancel()
	answers, err := b.opt.StillFiring(limited, asked)
	if err != nil {
		err = fmt.Errorf("asking whether alerts still fire: %w", err)
	}
	if len(answers) == 0 {
		return err
	}
	for part := range slices.Chunk(asked, answerAlerts) {
		err = errors.Join(err, b.answer(ctx, part, answers, now))
	}
	return err
}

// questionable are the alerts to ask about: of incidents that are not closed, what
// fires or was given up by a probe, and what notifications contradict each other on.
// What a damaged row does not say cannot be asked about.
func questionable(incidents []Incident, now time.Time) []Alert {
	var asked []Alert
	for _, i := range incidents {
		for _, m := range i.Alerts {
			open := i.State != StateClosed && (m.Ended == StillFires || m.Ended == WasForgotten)
			if m.Damaged || !open && !m.doubtful() || now.Sub(m.Repeated) < probeAfter {
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

// answer keeps what a probe found that began at a time. What was told in the meantime
// is not lost: the rows are read again, and a notification that is younger wins.
func (b *Book) answer(ctx context.Context, asked []Alert, answers map[string]Answer, began time.Time) error {
	err := b.write(ctx, "keeping which alerts fire", func(tx *sql.Tx) error {
		find, put := tx.StmtContext(ctx, b.find), tx.StmtContext(ctx, b.put)
		defer func() { _, _ = find.Close(), put.Close() }() // the transaction closes them too
		for _, a := range asked {
			found, known := answers[a.Key()]
			if !known {
				continue
			}
			e, err := scanEpisode(find.QueryRowContext(ctx, a.Fingerprint, a.StartsAt.UnixMilli()))
			if err != nil {
				return err
			}
			if e.Damaged { // just now
				continue
			}
			if err := writeEpisode(ctx, put, e.probed(found, began)); err != nil {
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
