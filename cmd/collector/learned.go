package main

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"collector/internal/config"
	"collector/internal/drafts"
)

// beside is the configuration for a draft that is written below out, or that stands in
// the directory to update: the earlier drafts that it is compared with, and leads to, are
// those that lie beside it.
func beside(c *config.Config, out, update string) *config.Config {
	here := *c
	here.Report.Out = out
	if update != "" {
		here.Report.Out = filepath.Dir(filepath.Clean(update))
	}
	return &here
}

// standing is where a draft to update stands, however it was named: an update replaces its
// directory, which "." has no name for and a link only stands for. What is not there stays
// as it was written, for the error that says so.
func standing(dir string) string {
	if dir == "" {
		return ""
	}
	followed, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return dir
	}
	whole, err := filepath.Abs(followed)
	if err != nil {
		return dir
	}
	return whole
}

// draftsFlag adds --config, and returns what lists the drafts that a command is about:
// those in the directories that it names, else those of the configuration. c is nil where
// no configuration was asked for.
func draftsFlag(cmd *cobra.Command) func(args []string) (dirs []string, c *config.Config, err error) {
	load := configFlag(cmd)
	return func(args []string) ([]string, *config.Config, error) {
		var c *config.Config
		if len(args) == 0 || cmd.Flags().Changed("config") {
			var err error
			if c, err = load(); err != nil {
				return nil, nil, err
			}
		}
		if len(args) == 0 {
			dirs, err := drafts.List(c.Report.Out)
			if err == nil && len(dirs) == 0 {
				fmt.Fprintf(cmd.ErrOrStderr(), "there is no draft in %s (report.out of the configuration); other directories can be named\n", c.Report.Out)
			}
			return dirs, c, err
		}
		var dirs []string
		for _, arg := range args {
			switch info, err := os.Stat(arg); {
			case err != nil: // a name that was mistyped is no empty directory
				return nil, nil, usage(err)
			case !info.IsDir():
				return nil, nil, usage(fmt.Errorf("%s is no directory: name drafts, or directories of drafts (collector draft --from-bundle puts a packed one back)", arg))
			}
			found, err := drafts.List(arg)
			if err != nil {
				return nil, nil, err
			}
			if len(found) == 0 {
				fmt.Fprintf(cmd.ErrOrStderr(), "there is no draft in %s\n", printable(arg))
			}
			dirs = append(dirs, found...)
		}
		slices.Sort(dirs)
		return slices.Compact(dirs), c, nil
	}
}

// documentOf is the path of the document of a draft that people read first, else the
// draft's directory.
func documentOf(d drafts.Draft) string { return filepath.Join(d.Dir, cmp.Or(d.Document, ".")) }
