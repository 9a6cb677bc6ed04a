package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"time"

	"github.com/spf13/cobra"

	"collector/internal/config"
)

// The exit codes of the contract.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
	exitGaps   = 3 // --strict, and the draft has gaps
)

// app is what a command needs of the process, so that tests can run it in theirs.
type app struct {
	stdout, stderr io.Writer
	now            func() time.Time
}

// exitError ends the program with a code of its own.
type exitError struct {
	code int
	err  error
}

func (e exitError) Error() string { return e.err.Error() }
func (e exitError) Unwrap() error { return e.err }

// usage marks an error as the caller's: exit code 2.
func usage(err error) error { return exitError{exitUsage, err} }

// run executes one command line and returns its exit code.
func run(ctx context.Context, args []string, a app) int {
	root := a.root()
	root.SetArgs(args)
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitOK
	}
	fmt.Fprintf(a.stderr, "collector: %s\n", printableLines(err.Error())) // it may quote what somebody else wrote
	var exit exitError
	if errors.As(err, &exit) {
		return exit.code
	}
	return exitFailed
}

// root is the command tree.
func (a app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "collector",
		Short: "flight recorder for MySQL and MariaDB, and historian of their incidents",
		Long: `collector records MySQL and MariaDB servers all the time and, for an incident
window, writes a prefilled, blameless postmortem draft in which every statement
cites its evidence.`,
		Example: `  collector check --config collector.yaml      what works, and which GRANTs are missing
  collector serve --config collector.yaml      record
  collector draft --config collector.yaml --from 09:00 --to 12:45`,
		Version:       version(),
		SilenceUsage:  true,
		SilenceErrors: true,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usage(fmt.Errorf("there is no command %q; collector --help lists them", args[0]))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.CompletionOptions.HiddenDefaultCmd = true
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usage(fmt.Errorf("%w; %s --help has an example", err, cmd.CommandPath()))
	})
	root.AddCommand(a.draftCommand(), a.serveCommand(), a.checkCommand(), a.verifyCommand(), a.bundleCommand(), a.sealCommand(), a.storeCommand(), a.incidentsCommand(), a.noteCommand(), a.lintCommand(), a.healthcheckCommand(), a.actionsCommand(), a.patternsCommand())
	return root
}

// noArguments refuses what stands behind the flags, naming it.
func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usage(fmt.Errorf("unexpected %q; %s --help has an example", args[0], cmd.CommandPath()))
	}
	return nil
}

// configFlag adds --config and returns the loader of the file it names.
func configFlag(cmd *cobra.Command) func() (*config.Config, error) {
	path := cmd.Flags().StringP("config", "c", "/etc/collector/collector.yaml", "the configuration `file`")
	return func() (*config.Config, error) { return config.Load(*path) }
}

// release is the version that the builder of an image gives it with -ldflags=-X: the
// commit is not there to be seen. Nothing else sets it.
var release string

// version is the release, the commit that this binary was built from, or the module's
// version.
func version() string {
	if release != "" {
		return release
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 {
			return s.Value[:12]
		}
	}
	return info.Main.Version
}
