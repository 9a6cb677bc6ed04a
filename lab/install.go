package main

import (
	"context"
	"flag"
	"fmt"
	"os"

	"collector/lab/install"
	"collector/lab/servers"
)

func runInstall(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("install", flag.ContinueOnError)
	mirror := flags.String("mirror", "", "Debian `URL` for sid; default: where this machine's packages come from")
	check := flags.Bool("check", false, "install nothing: say what is missing")
	if _, err := parse(flags, args); err != nil {
		return err
	}
	if *check {
		return tellMissing()
	}
	return install.Run(ctx, install.Options{Mirror: *mirror, Out: os.Stderr})
}

// tellMissing names, after a run of the tests, what they had to skip.
func tellMissing() error {
	for _, kind := range servers.Kinds() {
		if err := servers.Available(kind); err != nil {
			fmt.Fprintf(os.Stderr, "NOT TESTED: what needs %s: %v\n", kind, err)
		}
	}
	return nil
}
