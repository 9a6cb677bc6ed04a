package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"collector/lab/incidents"
	"collector/lab/scoring"
	"collector/lab/servers"
)

// recorded names the incident that the repository holds a draft of, by flavour. They
// differ so that the tests of documents see more kinds of events.
var recorded = map[string]string{servers.FlavourMariaDB: "schema-change", servers.FlavourMySQL: "metadata-lock"}

// runRecord stages the recorded incidents and puts their drafts, with all evidence, in
// the place of those in the repository.
func runRecord(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("record", flag.ContinueOnError)
	on := flags.String("flavour", strings.Join(incidents.Flavours(), ","), "mariadb, mysql or both")
	if names, err := parse(flags, args); err != nil || len(names) > 0 {
		return errors.Join(err, errors.New("usage: go run ./lab record [--flavour mariadb|mysql]"))
	}
	chosen, err := flavours(*on)
	if err != nil {
		return err
	}
	root, err := moduleRoot(ctx)
	if err != nil {
		return err
	}
	for _, flavour := range chosen {
		if err := record(ctx, flavour, filepath.Join(root, "cmd", "collector", "testdata", "recorded", flavour)); err != nil {
			return fmt.Errorf("%s on %s: %w", recorded[flavour], flavour, err)
		}
	}
	fmt.Println("Now run: go test ./cmd/collector -run 'Demo|Recordings' -update, and read what differs; tests that name figures of the old recording fail.")
	return nil
}

// record stages one incident and replaces a recording, unless a bar was not cleared, the
// machine was too busy for the draft to say much, or the draft names the machine.
func record(ctx context.Context, flavour, place string) error {
	chosen, err := incidents.Named([]string{recorded[flavour]})
	if err != nil {
		return err
	}
	out, err := os.MkdirTemp("", "collector-lab-record-")
	if err != nil {
		return fmt.Errorf("recording: %w", err)
	}
	defer os.RemoveAll(out)
	result, err := playOne(ctx, chosen[0], flavour, "", out)
	if err != nil {
		return err
	}
	if err := scoring.Print(os.Stdout, []scoring.Result{result}); err != nil {
		return err
	}
	switch {
	case result.Disturbed != "":
		return fmt.Errorf("nothing was replaced: %s", result.Disturbed)
	case len(result.Failures) > 0:
		return fmt.Errorf("nothing was replaced: %w", errBars)
	}
	if err := namesMachine(result.Draft); err != nil {
		return err
	}
	if err := errors.Join(os.RemoveAll(place), os.CopyFS(place, os.DirFS(result.Draft))); err != nil {
		return fmt.Errorf("replacing the recording: %w", err)
	}
	return nil
}

// namesMachine is an error where a file below a directory holds the name of this machine
// as a word.
func namesMachine(dir string) error {
	host, err := os.Hostname()
	if err != nil {
		return fmt.Errorf("asking for the machine's name: %w", err)
	}
	word, err := regexp.Compile(`\b` + regexp.QuoteMeta(host) + `\b`)
	if err != nil {
		return fmt.Errorf("looking for the machine's name: %w", err)
	}
	return filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if err == nil && word.Match(data) {
			return fmt.Errorf("%s holds the machine's name, %s", path, host)
		}
		return err
	})
}
