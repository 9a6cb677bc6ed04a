package main

import (
	"context"
	"errors"
	"flag"
	"os"
	"slices"
	"strings"
	"time"

	"collector/lab/incidents"
	"collector/lab/load"
	"collector/lab/servers"
)

// benchLoad saturates any machine that this is likely to run on, and its sessions do
// not wait for each other's rows most of the time.
var benchLoad = load.Sysbench{Threads: 64, Rows: 100_000}

// runBench measures what watching costs a saturated server of each flavour.
func runBench(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	on := flags.String("flavour", strings.Join(incidents.Flavours(), ","), "mariadb, mysql or both")
	pairs := flags.Int("pairs", 20, "how often each monitor is measured, at least 7")
	block := flags.Duration("block", 3*time.Second, "of one stretch with or without a monitor")
	turns := flags.Int("turns", 300, "seconds in which a monitor that looks once in each is measured, and as many without it")
	steady := flags.Duration("steady", time.Minute, "of the stretch in which processor time is counted")
	only := flags.String("monitors", "", "only those whose names begin with one of these words, like \"collector,pt-stalk\"; all if empty")
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
		plan := load.Plan{Pairs: *pairs, Block: *block, Settle: 500 * time.Millisecond, Steady: *steady, Turns: *turns}
		if err := benchFlavour(ctx, flavour, program, strings.Split(*only, ","), plan); err != nil {
			return err
		}
	}
	return nil
}

func benchFlavour(ctx context.Context, flavour, program string, only []string, plan load.Plan) (err error) {
	db, err := servers.Database(ctx, flavour, servers.DBOptions{Lines: saturable(flavour)})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := errors.Join(db.CreateCollectorAccount(ctx), benchLoad.Prepare(ctx, db)); err != nil {
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
	sysbench, err := benchLoad.Start(db, dirs[0])
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, sysbench.Close()) }()
	monitors := chosen(only, load.Collector(db, program, dirs[0]), load.Exporter(db, exporter), load.Stalk(db, dirs[1], false), load.Stalk(db, dirs[2], true))
	losses, err := load.Measure(ctx, db, sysbench, plan, monitors, sayer(flavour+": "))
	if err != nil {
		return err
	}
	return load.Print(os.Stdout, flavour, benchLoad, losses)
}

// saturable lets a server use all of the processors: what waits for a disk, or writes
// pages out in bursts, makes one stretch differ from the next by many times of what
// is to be measured, and leaves processor time over in which watching costs nothing.
func saturable(flavour string) []string {
	log := "innodb_redo_log_capacity=2G"
	if flavour == servers.FlavourMariaDB {
		log = "innodb_log_file_size=2G"
	}
	return []string{"max_connections=200", "innodb_buffer_pool_size=1G", log, "innodb_flush_log_at_trx_commit=0", "sync_binlog=0"}
}

// chosen are the monitors whose names begin with one of some words.
func chosen(words []string, all ...load.Monitor) []load.Monitor {
	return slices.DeleteFunc(all, func(m load.Monitor) bool {
		return !slices.ContainsFunc(words, func(word string) bool { return strings.HasPrefix(m.Name, strings.TrimSpace(word)) })
	})
}
