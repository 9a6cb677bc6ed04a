package main

import (
	"context"
	"flag"
	"os"

	"collector/lab/install"
)

func runInstall(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("install", flag.ContinueOnError)
	mirror := flags.String("mirror", "", "Debian `URL` for sid; default: where this machine's packages come from")
	if _, err := parse(flags, args); err != nil {
		return err
	}
	return install.Run(ctx, install.Options{Mirror: *mirror, Out: os.Stderr})
}
