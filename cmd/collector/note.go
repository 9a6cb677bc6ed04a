package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"collector/internal/config"
	"collector/internal/store"
)

// noteFlags are the flags of `collector note`.
type noteFlags struct{ at, cluster, server, author, disputes string }

func (a app) noteCommand() *cobra.Command {
	var f noteFlags
	cmd := &cobra.Command{
		Use:   "note TEXT",
		Short: "write down what you saw or did, for the timeline",
		Long: `Note keeps a note in the storage directory; drafts of the time have it on their
timeline, as reported by a person. It works while collector serve runs, which then
makes the drafts of the incidents that it concerns again, and without it.

T is 09:00 (the most recent such time in the configured time zone),
"2024-07-12 09:00", 2024-07-12T09:00:00Z, -2h or now. A time is as exact as it is
written: 09:14 is some time from 09:14:00 to 09:15:00.

Names are masked by report.roles when a draft is made; passwords, and the literals of
SQL, are removed before the note is kept.`,
		Example: `  collector note --config collector.yaml "failed over to db2 by hand" --at 09:31 --cluster shop
  collector note "the lag alert was about the backup, not the deploy" --at -20m --disputes e-1f3c9a02`,
		Args: exactly(1, "the text of the note, in quotes"),
	}
	load := configFlag(cmd)
	flags := cmd.Flags()
	flags.StringVar(&f.at, "at", "", "when it was, a `T`; default now")
	flags.StringVar(&f.cluster, "cluster", "", "the `cluster` that it is about; default all")
	flags.StringVar(&f.server, "server", "", "the `server` that it is about, by its name in the configuration")
	flags.StringVar(&f.author, "author", "", "who says so, a `name` or a role; masked in drafts")
	flags.StringVar(&f.disputes, "disputes", "", "the `ID` of an event or of evidence that the note contradicts")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		c, err := load()
		if err != nil {
			return err
		}
		return a.note(cmd.Context(), c, args[0], f)
	}
	return cmd
}

// note is the command: resolve the time, keep the note, say for when.
func (a app) note(ctx context.Context, c *config.Config, text string, f noteFlags) error {
	now := a.now().UTC().Truncate(time.Millisecond)
	n := store.Note{Text: text, Author: f.author, Cluster: f.cluster, Target: f.server, Disputes: f.disputes}
	var err error
	if f.at != "" {
		if n.At, n.Until, err = noteTime(f.at, now, c.Location()); err != nil {
			return usage(fmt.Errorf("--at: %w", err))
		}
	}
	if known := c.Clusters(); f.cluster != "" && !slices.Contains(known, f.cluster) {
		return usage(noCluster(f.cluster, known))
	}
	if known := serverNames(c); f.server != "" && !slices.Contains(known, f.server) {
		return usage(fmt.Errorf("there is no server %q in the configuration; there is: %s", f.server, strings.Join(known, ", ")))
	}
	e, err := n.Entry(noteKey(n), now)
	if err != nil {
		return usage(err)
	}
	j, err := openJournal(ctx, c, nil)
	if err != nil {
		return err
	}
	defer func() { _ = j.Close() }() // what was kept is on disk
	fresh, err := j.Put(ctx, e)
	if err != nil {
		return err
	}
	what := "noted"
	if fresh == 0 {
		what = "noted before"
	}
	_, err = fmt.Fprintf(a.stdout, "%s: %s\n", what, describeMoment(e.At, c.Location()))
	return unlessPipeClosed(err)
}

// noteKey makes the same note about the same time one; what is noted about now is new
// each time.
func noteKey(n store.Note) string {
	if n.At.IsZero() {
		return "once\x00" + rand.Text()
	}
	sum := sha256.Sum256([]byte(strings.Join([]string{n.At.String(), n.Text, n.Author, n.Cluster, n.Target, n.Disputes}, "\x00")))
	return "command\x00" + hex.EncodeToString(sum[:])
}

func serverNames(c *config.Config) []string {
	var names []string
	for _, t := range c.Targets() {
		names = append(names, t.Name)
	}
	return names
}

// noteTime reads the time of a note, a T. It has happened from at to until.
func noteTime(text string, now time.Time, loc *time.Location) (at, until time.Time, err error) {
	if at, err = parseTime(text, now, loc); err != nil {
		return at, until, err
	}
	at = at.UTC().Truncate(time.Millisecond)
	return at, at.Add(exactness(strings.TrimSpace(text))), nil
}

// exactness is how long the moment is that a T names: a minute, where it has no seconds.
func exactness(text string) time.Duration {
	if _, err := time.Parse(time.RFC3339, text); err == nil {
		if strings.Contains(text, ".") {
			return 0
		}
		return time.Second
	}
	switch {
	case text == "now":
		return 0
	case strings.HasSuffix(text, "s"), strings.Count(text, ":") == 2:
		return time.Second
	}
	return time.Minute
}

// describeMoment is a resolved time as it is always echoed: UTC and local.
func describeMoment(t time.Time, loc *time.Location) string {
	const layout = "2006-01-02 15:04:05"
	text := t.UTC().Format(layout) + " UTC"
	if loc != time.UTC {
		text += fmt.Sprintf(" = %s %s", t.In(loc).Format(layout), loc)
	}
	return text
}
