package main

import (
	"context"
	"errors"
	"flag"
	"os"
	"strings"
	"time"

	"collector/lab/incidents"
	"collector/lab/load"
	"collector/lab/servers"
)

// benchThreads saturate any machine that this is likely to run on.
const benchThreads = 64

// runBench measures what watching costs a saturated server of each flavour.
func runBench(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	on := flags.String("flavour", strings.Join(incidents.Flavours(), ","), "mariadb, mysql or both")
	pairs := flags.Int("pairs", 20, "how often each monitor is measured, at least 7")
	block := flags.Duration("block", 4*time.Second, "of one stretch with or without a monitor")
	if _, err := parse(flags, args); err != nil {
		return err
	}
	all, err := flavours(*on)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "lab-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	program, err := buildCollector(ctx, dir)
	if err != nil {
		return err
	}
	for _, flavour := range all {
		plan := load.Plan{Pairs: *pairs, Block: *block, Settle: time.Second}
		if err := benchFlavour(ctx, flavour, program, plan); err != nil {
			return err
		}
	}
	return nil
}

func benchFlavour(ctx context.Context, flavour, program string, plan load.Plan) (err error) {
	db, err := servers.Database(ctx, flavour, servers.DBOptions{Lines: []string{"max_connections=200", "innodb_buffer_pool_size=512M"}})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := errors.Join(db.CreateCollectorAccount(ctx), load.Prepare(ctx, db)); err != nil {
		return err
	}
	exporter := servers.Exporter014
	if flavour == servers.FlavourMySQL {
		exporter = servers.Exporter019
	}
	var dirs [3]string
	for i := range dirs {
		if dirs[i], err = os.MkdirTemp("", "lab-bench-"); err != nil {
			return err
		}
		defer os.RemoveAll(dirs[i])
	}
	bench, err := load.Start(ctx, db, benchThreads)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, bench.Close()) }()
	losses, err := load.Measure(ctx, db, bench, plan, []load.Monitor{
		load.Nothing(), load.Collector(db, program, dirs[0]), load.Exporter(db, exporter), load.Stalk(db, dirs[1], false), load.Stalk(db, dirs[2], true),
	}, sayer(flavour+": "))
	if err != nil {
		return err
	}
	return load.Print(os.Stdout, flavour, losses)
}
