package main

import (
	"context"
	"fmt"
	"sync"

	"github.com/spf13/cobra"

	"collector/internal/config"
	"collector/internal/sources"
)

func (a app) checkCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "check",
		Short: "try every source: reachable? privileges? clock? recorded?",
		Long: `Check tries every configured source as a draft would use it, and looks whether the
servers are being recorded. It prints a line for each; for a missing privilege it
prints the exact GRANT statements. It changes nothing and exits with 1 when
something required is missing.`,
		Example: `  collector check --config collector.yaml`,
		Args:    noArguments,
	}
	load := configFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		c, err := load()
		if err != nil {
			return err
		}
		return a.check(cmd.Context(), c)
	}
	return cmd
}

func (a app) check(ctx context.Context, c *config.Config) error {
	asked, err := witnesses(c)
	if err != nil {
		return err
	}
	all := trials(asked)
	found := make([][]sources.Diagnosis, len(all))
	var wg sync.WaitGroup
	for i, w := range all {
		wg.Go(func() {
			ctx, cancel := context.WithTimeout(ctx, w.limit)
			defer cancel()
			found[i] = w.Check(ctx)
		})
	}
	wg.Wait()
	found = append(found, checkAccess(ctx, c, a.now()), checkStore(ctx, c, a.now()), checkDocuments(c))
	failed := 0
	for _, diagnoses := range found {
		for _, d := range diagnoses {
			a.printDiagnosis(d)
			if d.Level == sources.Failed {
				failed++
			}
		}
	}
	if len(asked) == 0 {
		return errNoWitness
	}
	if failed > 0 {
		return fmt.Errorf("%s; what to do stands below each", plural(failed, "check")+" failed")
	}
	return nil
}

func (a app) printDiagnosis(d sources.Diagnosis) {
	fmt.Fprintf(a.stdout, "%-9s %-20s %s\n", d.Level, d.Source, d.Text)
	for _, line := range d.Fix {
		fmt.Fprintf(a.stdout, "%30s %s\n", "→", line)
	}
}
