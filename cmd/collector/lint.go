package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"collector/internal/report/lint"
)

// lintFlags are the flags of collector lint.
type lintFlags struct {
	format  string
	disable []string
	rules   bool
}

func (a app) lintCommand() *cobra.Command {
	var f lintFlags
	cmd := &cobra.Command{
		Use:   "lint FILE...",
		Short: "check postmortems: blameless, cited, complete?",
		Long: `Lint reads postmortems in Markdown and reports blame, guesses without a citation,
citations that were removed or no longer match, actions without an owner, a
priority or a date, unanswered questions, times that contradict the timeline.
It needs no server and no configuration. A directory means all Markdown below it,
- means standard input. Where a draft lies beside a document, the document is
compared with its timeline and its evidence.
docs/lint.md describes every rule. Exit code: 0 nothing found, 1 findings, 2 usage.`,
		Example: `  collector lint postmortems/2024-07-12T0700Z-db1-down
  collector lint --format sarif docs/postmortems > lint.sarif
  collector lint --disable account-named review.md docs/postmortems
  git show HEAD:review.md | collector lint -`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 && !f.rules {
				return usage(errors.New("name files or directories, as in: collector lint docs/postmortems"))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return a.lint(cmd.Context(), cmd.InOrStdin(), args, f) },
	}
	cmd.Flags().StringVar(&f.format, "format", "text", "text, json, sarif (2.1.0, for code review on GitHub) or codequality (for merge requests of GitLab)")
	cmd.Flags().StringSliceVar(&f.disable, "disable", nil, "do not apply the rule with this `ID`; may be repeated")
	cmd.Flags().BoolVar(&f.rules, "rules", false, "list the rules and end")
	return cmd
}

func (a app) lint(ctx context.Context, stdin io.Reader, args []string, f lintFlags) error {
	if !slices.Contains([]string{"text", "json", "sarif", "codequality"}, f.format) {
		return usage(fmt.Errorf("--format %s: choose text, json, sarif or codequality", f.format))
	}
	if f.rules && f.format != "text" {
		return usage(errors.New("--rules is a list for people; --format sarif has all rules for programs, beside the findings: leave one of the two out"))
	}
	disabled := map[string]bool{}
	for _, id := range f.disable {
		if !lint.Known(id) {
			return usage(fmt.Errorf("--disable %s: there is no such rule; collector lint --rules lists them", id))
		}
		disabled[id] = true
	}
	if f.rules {
		for _, r := range lint.Rules() {
			fmt.Fprintf(a.stdout, "%-20s %-8s %s\n", r.ID, r.Severity, r.Summary)
		}
		return nil
	}
	files, err := lintFiles(args)
	if err != nil {
		return usage(err)
	}
	found, err := interruptible(ctx, func() ([]lint.Finding, error) { return a.findings(stdin, files, disabled) })
	if err != nil {
		return err
	}
	return a.tellFindings(found, len(files), f.format)
}

// findings checks documents one after the other.
func (a app) findings(stdin io.Reader, files []string, disabled map[string]bool) ([]lint.Finding, error) {
	drafts := lintDrafts{warn: a.stderr, seen: map[string]draftSeen{}}
	var found []lint.Finding
	for _, name := range files {
		text, err := readDocument(stdin, name)
		if err != nil {
			return nil, usage(err)
		}
		doc := lint.Document{Name: name, Text: text}
		if name == "-" {
			doc.Name = "stdin"
		} else {
			doc.Facts = drafts.beside(name)
		}
		found = append(found, lint.Check(doc, disabled)...)
	}
	return found, nil
}

// tellFindings writes the findings; any makes the command fail.
func (a app) tellFindings(found []lint.Finding, files int, format string) error {
	var err error
	switch format {
	case "json":
		err = lint.WriteJSON(a.stdout, found, files)
	case "sarif":
		err = lint.WriteSARIF(a.stdout, found, version())
	case "codequality":
		err = lint.WriteCodeQuality(a.stdout, found)
	default:
		lint.WriteText(a.stdout, found)
	}
	if err = unlessPipeClosed(err); err != nil {
		return err
	}
	if len(found) > 0 {
		wrong, unfinished := lint.Count(found)
		return fmt.Errorf("%s: %s, %s", plural(files, "document"), plural(wrong, "error"), plural(unfinished, "warning"))
	}
	if format == "text" {
		fmt.Fprintf(a.stdout, "%s: nothing found\n", plural(files, "document"))
	}
	return nil
}

// lintFiles are the documents that the arguments mean, each once: files as they are
// named, of directories all Markdown below them.
func lintFiles(args []string) ([]string, error) {
	var out []string
	for _, arg := range args {
		info, err := os.Stat(arg)
		switch {
		case arg == "-":
			out = append(out, arg)
			continue
		case err != nil:
			return nil, fmt.Errorf("reading the documents: %w", err)
		case !info.IsDir():
			out = append(out, filepath.Clean(arg))
			continue
		}
		found, err := markdownBelow(arg)
		if err != nil {
			return nil, err
		}
		if len(found) == 0 {
			return nil, fmt.Errorf("%s has no Markdown in it (.md, .markdown)", arg)
		}
		out = append(out, found...)
	}
	var once []string
	for _, name := range out {
		if !slices.Contains(once, name) {
			once = append(once, name)
		}
	}
	return once, nil
}

// markdownBelow are the Markdown files below a directory, in order. Hidden
// directories, dependencies and the evidence of drafts are passed over.
func markdownBelow(dir string) ([]string, error) {
	var out []string
	err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := e.Name()
		if e.IsDir() {
			if path != dir && (strings.HasPrefix(name, ".") || name == "node_modules" || name == "vendor" || name == "evidence" || name == "charts") {
				return filepath.SkipDir
			}
			return nil
		}
		if ext := strings.ToLower(filepath.Ext(name)); e.Type().IsRegular() && (ext == ".md" || ext == ".markdown") {
			out = append(out, filepath.Clean(path))
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading the documents: %w", err)
	}
	return out, nil
}
