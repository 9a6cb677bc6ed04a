package main

import (
	"context"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"collector/internal/drafts"
	"collector/internal/timeline"
)

func (a app) patternsCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "patterns [DIR...]",
		Short: "what several incidents have in common",
		Long: `Patterns compares the drafts in report.out, or in the directories that are named, and
lists what at least two separate incidents share: the same alert, statement, blocking
statement, kind of trouble on a server, change, or table; what was there most often
first, with the drafts that have it. That the same was seen twice does not say that it
had the same cause. docs/patterns.md has the rules.`,
		Example: `  collector patterns --config collector.yaml
  collector patterns postmortems archive/2023
  collector patterns --format json | jq -r '.patterns[] | select(.kind == "alert") | .name'`,
	}
	list := draftsFlag(cmd)
	format := formatFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		asJSON, err := format()
		if err != nil {
			return err
		}
		dirs, c, err := list(args)
		if err != nil {
			return err
		}
		loc := time.UTC
		if c != nil {
			loc = c.Location()
		}
		return a.patterns(cmd.Context(), dirs, loc, asJSON)
	}
	return cmd
}

// formatFlag adds --format and returns what reads it: true for JSON.
func formatFlag(cmd *cobra.Command) func() (bool, error) {
	format := cmd.Flags().String("format", "text", "text, for people, or json")
	return func() (bool, error) {
		switch *format {
		case "text":
			return false, nil
		case "json":
			return true, nil
		}
		return false, usage(fmt.Errorf("there is no format %q; write text or json", *format))
	}
}

func (a app) patterns(ctx context.Context, dirs []string, loc *time.Location, asJSON bool) error {
	all, failed, err := drafts.ReadAll(ctx, dirs)
	if err != nil {
		return err
	}
	for _, f := range failed {
		fmt.Fprintf(a.stderr, "collector: not compared: %s\n", printableLines(f.Err.Error()))
	}
	found := drafts.Patterns(all)
	if asJSON {
		return a.printJSON(patternsJSON(all, found))
	}
	return unlessPipeClosed(writePatterns(a.stdout, all, found, loc))
}

// shownDrafts is how many drafts of a pattern people see; JSON has all.
const shownDrafts = 5

// writePatterns lists patterns for people.
func writePatterns(w io.Writer, all []drafts.Draft, found []drafts.Pattern, loc *time.Location) error {
	out := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	fmt.Fprintf(out, "%s of %s compared, %s in at least two of them\n", plural(len(all), "draft"), plural(separate(all), "separate time"), plural(len(found), "thing"))
	if len(found) > 0 {
		fmt.Fprintln(out, "\nTIMES\tLAST\tWHAT")
	}
	for _, p := range found {
		last := all[p.Drafts[0]]
		fmt.Fprintf(out, "%d\t%s\t%s: %s\n", p.Times, last.Window.From.In(loc).Format(time.DateOnly), p.Kind, printable(p.Name))
		for _, i := range p.Drafts[:min(len(p.Drafts), shownDrafts)] {
			fmt.Fprintf(out, "\t\t  %s\n", printable(documentOf(all[i])))
		}
		if more := len(p.Drafts) - shownDrafts; more > 0 {
			fmt.Fprintf(out, "\t\t  and %s more\n", plural(more, "draft"))
		}
	}
	return out.Flush()
}

func separate(all []drafts.Draft) int {
	windows := make([]timeline.Window, len(all))
	for i, d := range all {
		windows[i] = d.Window
	}
	return timeline.Occasions(windows)
}

// The form of `collector patterns --format json`. Its keys are added to, never changed.
type (
	patternsFile struct {
		Schema   string        `json:"schema"`
		Drafts   int           `json:"drafts"`
		Times    int           `json:"separate_times"`
		Patterns []patternFile `json:"patterns"`
	}
	patternFile struct {
		Kind   timeline.FeatureKind `json:"kind"`
		Name   string               `json:"name"`
		Times  int                  `json:"times"`
		First  time.Time            `json:"first"` // begin of the earliest window
		Last   time.Time            `json:"last"`  // and of the latest
		Drafts []draftFile          `json:"drafts"`
	}
	draftFile struct {
		Dir      string          `json:"dir"`
		Document string          `json:"document,omitempty"`
		Title    string          `json:"title"`
		Window   timeline.Window `json:"window"`
	}
)

func patternsJSON(all []drafts.Draft, found []drafts.Pattern) patternsFile {
	file := patternsFile{Schema: "collector/patterns/v1", Drafts: len(all), Times: separate(all), Patterns: []patternFile{}}
	for _, p := range found {
		one := patternFile{Kind: p.Kind, Name: p.Name, Times: p.Times}
		for _, i := range p.Drafts {
			d := all[i]
			one.Drafts = append(one.Drafts, draftFile{d.Dir, d.Document, d.Title, d.Window})
			if one.First.IsZero() || d.Window.From.Before(one.First) {
				one.First = d.Window.From
			}
			if d.Window.From.After(one.Last) {
				one.Last = d.Window.From
			}
		}
		file.Patterns = append(file.Patterns, one)
	}
	return file
}
