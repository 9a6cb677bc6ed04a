package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"collector/lab/incidents"
	"collector/lab/scoring"
	"collector/lab/servers"
)

const shownLines = 60 // of the draft

// runDemo stages the first incident, drafts it and shows the draft's beginning.
func runDemo(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("demo", flag.ContinueOnError)
	flavour := flags.String("flavour", servers.FlavourMariaDB, "mariadb or mysql")
	out := flags.String("out", "postmortems", "the `directory` that the draft is written to")
	if _, err := parse(flags, args); err != nil {
		return err
	}
	result, err := playOne(ctx, incidents.All()[0], *flavour, "", *out)
	if err != nil {
		return err
	}
	fmt.Printf("\nOf %d events that really happened and that this version looks for, %d are in the draft, at most %.1f s off; %d are false.\n",
		result.Total, result.Found, result.StartWorst, len(result.False))
	fmt.Printf("\nThe draft leads to a snapshot of the dashboard contrib/grafana-mysql-incident.json. It was made in a stand-in for Grafana\n" +
		"(NOT Grafana: it has the real one's HTTP API, asks the real Prometheus, draws nothing, and is gone now), and read back:\n")
	if err := scoring.PrintPanels(os.Stdout, result.Panels); err != nil {
		return err
	}
	fmt.Printf("To see it in a Grafana of yours: curl -u admin -H 'Content-Type: application/json' -d @%s http://127.0.0.1:3000/api/snapshots\n\n", filepath.Join(*out, snapshotFile))
	fmt.Printf("The draft is in %s. Its first %d lines:\n\n", result.Draft, shownLines)
	return showHead(filepath.Join(result.Draft, "postmortem.md"))
}

// runOne stages one incident and keeps store, configuration, draft and truth.
func runOne(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("run", flag.ContinueOnError)
	flavour := flags.String("flavour", servers.FlavourMariaDB, "mariadb or mysql")
	keep := flags.String("keep", "", "the `directory` to keep everything in (required)")
	names, err := parse(flags, args)
	if err != nil {
		return err
	}
	if len(names) != 1 || *keep == "" {
		return errors.New("usage: go run ./lab run INCIDENT --flavour mariadb|mysql --keep DIR")
	}
	chosen, err := incidents.Named(names)
	if err != nil {
		return err
	}
	result, err := playOne(ctx, chosen[0], *flavour, *keep, filepath.Join(*keep, "postmortems"))
	if err != nil {
		return err
	}
	return scoring.Print(os.Stdout, []scoring.Result{result})
}

// playOne builds collector and plays one incident.
func playOne(ctx context.Context, incident incidents.Incident, flavour, keep, out string) (result scoring.Result, err error) {
	if _, err := flavours(flavour); err != nil {
		return result, err
	}
	dir, remove, err := workDir(keep)
	if err != nil {
		return result, err
	}
	defer func() { err = errors.Join(err, remove()) }()
	say := sayer("")
	program, err := buildCollector(ctx, dir)
	if err != nil {
		return result, err
	}
	say("collector is built")
	board, err := dashboard(ctx)
	if err != nil {
		return result, err
	}
	return play{incident: incident, flavour: flavour, program: program, board: board, dir: dir, out: out, say: say}.run(ctx)
}

func showHead(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("showing the draft: %w", err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for n := 0; n < shownLines && lines.Scan(); n++ {
		fmt.Println(lines.Text())
	}
	return lines.Err()
}
