package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"collector/lab/incidents"
)

const usage = `usage: go run ./lab COMMAND

  help                 this text
  install              everything that the lab runs, on Debian, as root; quick when done
  demo                 stage an incident, draft it, show the draft
  score [INCIDENT...]  stage incidents on MariaDB and MySQL and score their drafts
  run INCIDENT         stage one incident and keep everything
  record               record the incidents of cmd/collector/testdata/recorded anew (6 minutes)
  bench                what watching costs a saturated server, beside other monitors (35 minutes)

Each command has --help. Incidents:
`

// command is one command of the lab.
type command struct {
	name string
	run  func(ctx context.Context, args []string) error
}

var errBars = errors.New("a bar was not cleared")

func main() { os.Exit(run(os.Args[1:])) }

// run returns the exit code: 0 done, 1 failed, 2 usage.
func run(args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if len(args) == 0 || args[0] == "help" || args[0] == "--help" || args[0] == "-h" {
		fmt.Print(help())
		return 0
	}
	for _, c := range []command{{"install", runInstall}, {"demo", runDemo}, {"score", runScore}, {"run", runOne}, {"record", runRecord}, {"bench", runBench}} {
		if c.name != args[0] {
			continue
		}
		if err := c.run(ctx, args[1:]); err != nil {
			fmt.Fprintf(os.Stderr, "lab %s: %v\n", c.name, err)
			return 1
		}
		return 0
	}
	fmt.Fprintf(os.Stderr, "lab: there is no command %q\n\n%s", args[0], help())
	return 2
}

func help() string {
	var b strings.Builder
	b.WriteString(usage)
	for _, i := range incidents.All() {
		fmt.Fprintf(&b, "  %-20s %s\n", i.Name, i.Title)
	}
	return b.String()
}
