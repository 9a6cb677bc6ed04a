package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"collector/internal/config"
	"collector/internal/sources"
	"collector/internal/store"
)

// stale is how old the newest tick of all may be while `collector serve` runs:
// a few of the longest intervals that are configured, and its waits.
func stale(c *config.Config) time.Duration {
	longest := time.Second
	for _, m := range c.MySQL {
		longest = max(longest, time.Duration(m.Interval), time.Duration(m.QueryTimeout))
	}
	return 10 * longest
}

// checkStore says whether there is a recording, of whom, and whether it goes on.
// There is nothing to say where no server is configured.
func checkStore(ctx context.Context, c *config.Config, now time.Time) []sources.Diagnosis {
	if len(c.MySQL) == 0 {
		return nil
	}
	line := func(level sources.Level, text, fix string) []sources.Diagnosis {
		d := sources.Diagnosis{Source: "store", Level: level, Text: text}
		if fix != "" {
			d.Fix = []string{fix}
		}
		return []sources.Diagnosis{d}
	}
	path := c.Storage.Path
	reader, err := store.OpenReadOnly(ctx, path)
	switch {
	case errors.Is(err, store.ErrMissing):
		if err := canMake(path); err != nil {
			return line(sources.Degraded, fmt.Sprintf("%s: no recording yet, and this user cannot make one: %v", path, err),
				"run collector serve as a user that may write there, or change storage.path")
		}
		return line(sources.Degraded, path+": no recording yet: a draft would hold no sessions and no replication", "start collector serve")
	case err != nil:
		return line(sources.Failed, err.Error(), "")
	}
	defer func() { _ = reader.Close() }() // it only reads
	r, err := readRecording(ctx, reader, c)
	if err != nil {
		return line(sources.Failed, err.Error(), "")
	}
	return line(r.judge(path, now, stale(c)))
}

// recording is what a store holds of the configured servers.
type recording struct {
	servers int
	newest  time.Time
	absent  []string // configured and not recorded
}

func readRecording(ctx context.Context, reader *store.Reader, c *config.Config) (r recording, err error) {
	for _, m := range c.MySQL {
		held, err := reader.Coverage(ctx, m.Name)
		if err != nil {
			return r, err
		}
		if held.Ticks == 0 {
			r.absent = append(r.absent, m.Name)
			continue
		}
		r.servers++
		if held.Last.After(r.newest) {
			r.newest = held.Last
		}
	}
	return r, nil
}

// judge says what the recording is worth now.
func (r recording) judge(path string, now time.Time, limit time.Duration) (level sources.Level, text, fix string) {
	age := max(0, now.Sub(r.newest)).Round(time.Second)
	text = fmt.Sprintf("%s: recording of %s, newest tick %s ago", path, plural(r.servers, "server"), age)
	switch {
	case r.servers == 0:
		return sources.Degraded, path + ": no tick of any configured server", "start collector serve; if it runs, restart it with this configuration"
	case age > limit:
		return sources.Degraded, text + ": nothing is being recorded", "start collector serve, or look into its log"
	case len(r.absent) > 0:
		return sources.Degraded, text + "; none of " + strings.Join(r.absent, ", "), "restart collector serve, so that it reads this configuration"
	}
	return sources.OK, text, ""
}

// canMake tries whether this user may make the directory, or write into it,
// without leaving anything behind.
func canMake(dir string) error {
	for {
		probe, err := os.MkdirTemp(dir, ".collector-check-")
		if err == nil {
			return os.Remove(probe)
		}
		parent := filepath.Dir(dir)
		if !errors.Is(err, fs.ErrNotExist) || parent == dir {
			return err
		}
		dir = parent
	}
}
