package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"collector/lab/incidents"
	"collector/lab/scoring"
)

// runScore stages incidents on each flavour and prints how the drafts did.
func runScore(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("score", flag.ContinueOnError)
	on := flags.String("flavour", strings.Join(incidents.Flavours(), ","), "mariadb, mysql or both")
	keep := flags.String("keep", "", "keep stores, drafts and truths in this `directory`")
	asJSON := flags.Bool("json", false, "print the results as JSON")
	jobs := flags.Int("jobs", 2, "how many incidents run at once, each on servers of its own")
	names, err := parse(flags, args)
	if err != nil {
		return err
	}
	chosen, err := incidents.Named(names)
	if err != nil {
		return err
	}
	all, err := flavours(*on)
	if err != nil {
		return err
	}
	dir, remove, err := workDir(*keep)
	if err != nil {
		return err
	}
	results, err := playAll(ctx, chosen, all, dir, max(*jobs, 1))
	err = errors.Join(err, printResults(results, *asJSON))
	for _, r := range results {
		if len(r.Failures) > 0 {
			err = errors.Join(err, errBars)
			break
		}
	}
	if err != nil && *keep == "" {
		fmt.Fprintf(os.Stderr, "everything of the run is in %s\n", dir)
		return err
	}
	return errors.Join(err, remove())
}

// playAll runs every incident on every flavour and returns the results of
// those that could be staged, in the order of the table.
func playAll(ctx context.Context, chosen []incidents.Incident, flavours []string, dir string, jobs int) ([]scoring.Result, error) {
	program, err := buildCollector(ctx, dir)
	if err != nil {
		return nil, err
	}
	count := len(chosen) * len(flavours)
	results, errs := make([]*scoring.Result, count), make([]error, count)
	slots := make(chan struct{}, jobs)
	var done sync.WaitGroup
	for i := range count {
		incident, flavour := chosen[i/len(flavours)], flavours[i%len(flavours)]
		name := incident.Name + " " + flavour
		slots <- struct{}{}
		done.Go(func() {
			defer func() { <-slots }()
			p := play{incident: incident, flavour: flavour, program: program, dir: filepath.Join(dir, incident.Name+"-"+flavour), say: sayer(name + ": ")}
			p.out = filepath.Join(p.dir, "postmortems")
			if errs[i] = os.MkdirAll(p.dir, 0o755); errs[i] != nil {
				return
			}
			result, err := p.run(ctx)
			if err != nil {
				errs[i] = fmt.Errorf("%s: %w", name, err)
				return
			}
			results[i] = &result
		})
	}
	done.Wait()
	var scored []scoring.Result
	for _, r := range results {
		if r != nil {
			scored = append(scored, *r)
		}
	}
	return scored, errors.Join(errs...)
}

func printResults(results []scoring.Result, asJSON bool) error {
	if !asJSON {
		return scoring.Print(os.Stdout, results)
	}
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetIndent("", "  ")
	return encoder.Encode(results)
}
