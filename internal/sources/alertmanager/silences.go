package alertmanager

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"time"

	"collector/internal/timeline"
)

// maxSilences is how many silences the evidence of one draft holds; of those beyond,
// the latest starts, only the number is kept.
const maxSilences = 1000

// gettableSilence is what is needed of models.GettableSilence.
type gettableSilence struct {
	ID       string `json:"id"`
	Matchers []struct {
		Name    string `json:"name"`
		Value   string `json:"value"`
		IsRegex bool   `json:"isRegex"`
		IsEqual *bool  `json:"isEqual"` // 0.22 or newer; true before
	} `json:"matchers"`
	CreatedBy string    `json:"createdBy"`
	Comment   string    `json:"comment"`
	StartsAt  time.Time `json:"startsAt"`
	EndsAt    time.Time `json:"endsAt"`
	UpdatedAt time.Time `json:"updatedAt"`
	Status    struct {
		State string `json:"state"` // expired, active, pending
	} `json:"status"`
}

func (s gettableSilence) silence() silence {
	out := silence{ID: s.ID, CreatedBy: s.CreatedBy, Comment: s.Comment, StartsAt: s.StartsAt, EndsAt: s.EndsAt, UpdatedAt: s.UpdatedAt}
	var set []matcher
	for _, m := range s.Matchers {
		set = append(set, matcher{m.Name, op(m.IsEqual == nil || *m.IsEqual, m.IsRegex), m.Value})
	}
	if len(set) > 0 {
		out.Matchers = [][]matcher{set}
	}
	return out
}

// eachSilence reads an answer silence by silence. An answer that is none of
// Alertmanager's is an error.
func eachSilence(body io.Reader, take func(gettableSilence)) error {
	return eachOf(body, func(s gettableSilence) bool {
		if !whole(s.ID, s.StartsAt, s.EndsAt) || s.Status.State == "" {
			return false
		}
		take(s)
		return true
	})
}

// eachOf reads a JSON array element by element, until take refuses one.
func eachOf[T any](body io.Reader, take func(T) bool) error {
	d := json.NewDecoder(body)
	if start, err := d.Token(); err != nil || start != json.Delim('[') {
		return malformed(err)
	}
	for d.More() {
		var one T
		if err := d.Decode(&one); err != nil {
			return malformed(cutOff(err))
		}
		if !take(one) {
			return malformed(nil)
		}
	}
	if _, err := d.Token(); err != nil {
		return malformed(cutOff(err))
	}
	return nil
}

// silences asks for all silences that are kept, and records those of the window.
func (g *gathering) silences(ctx context.Context) ([]timeline.Evidence, error) {
	q := g.question(kindSilences)
	now := g.req.Now().UTC()
	retention := time.Duration(g.source.cfg.Retention)
	q.Retention, q.KeptSince = g.source.cfg.Retention.String(), now.Add(-retention)
	q.Now, q.EventsFile = g.isNow(), g.source.cfg.EventsFile
	version, started, err := g.source.started(ctx)
	if err != nil {
		return g.failed(q, fmt.Errorf("it does not say its status: %w", err))
	}
	answer := silencesAnswer{Version: g.mask.word(version, maxName), Started: writable(started), Asked: now}
	var list []silence
	asked := time.Now()
	err = g.source.get(ctx, "silences", nil, func(body io.Reader, date time.Time) error {
		answer.Clock = compared(asked, time.Now(), date)
		return eachSilence(body, func(s gettableSilence) {
			one, in := s.silence(), false
			if one.Target, in = g.overlapping(one, answer.Clock); !in {
				answer.Others++
				return
			}
			one.Comment = head(one.Comment)
			list = append(list, one)
			if len(list) > 2*maxSilences { // what is left out is not kept in memory
				list, answer.LeftOut = firstSilences(list, answer.LeftOut)
			}
		})
	})
	if err != nil {
		return g.failed(q, fmt.Errorf("it does not say its silences: %w", err))
	}
	list, answer.LeftOut = firstSilences(list, answer.LeftOut)
	for i, one := range list { // not while the server waits
		list[i] = g.masked(one)
	}
	g.req.Notify(fmt.Sprintf("%d silences", len(list)+answer.LeftOut))
	return answered(g, q, list, func(part []silence, first bool) any {
		answer := answer
		answer.Silences = part
		if !first {
			answer.LeftOut, answer.Others = 0, 0 // they are said once
		}
		return answer
	})
}

// firstSilences keeps those that began first.
func firstSilences(list []silence, leftOut int) ([]silence, int) {
	slices.SortFunc(list, func(a, b silence) int {
		return cmp.Or(a.StartsAt.Compare(b.StartsAt), cmp.Compare(a.ID, b.ID))
	})
	if extra := len(list) - maxSilences; extra > 0 {
		return list[:maxSilences], leftOut + extra
	}
	return list, leftOut
}

// overlapping is whom a silence is about, or false when it is not of the window or out
// of scope. One that was removed before it began silenced nothing.
func (g *gathering) overlapping(s silence, c clock) (target string, in bool) {
	target, in = g.admit.silence(s.Matchers)
	begins, ends := c.ours(writable(s.StartsAt)), c.ours(writable(s.EndsAt))
	began := s.StartsAt.Before(s.EndsAt) && !begins.Earliest.After(g.req.Now())
	return target, in && began && begins.Earliest.Before(g.req.Window.To) && !ends.Latest.Before(g.req.Window.From)
}

// masked is a silence as evidence. Its target may be a person's machine.
func (g *gathering) masked(s silence) silence {
	labels := map[string]string{}
	for _, set := range s.Matchers {
		for _, m := range set {
			labels[m.Name] = m.Value
		}
	}
	out := g.mask.silence(s)
	out.Target = g.mask.target(s.Target, labels)
	return out
}
