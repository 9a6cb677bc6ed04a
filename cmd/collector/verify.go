package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"collector/internal/report"
)

func (a app) verifyCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "verify DIR",
		Short: "check that a draft's evidence is intact and gives the same draft again",
		Long: `Verify needs no server and no configuration: it recomputes every sum, derives the
draft again from its evidence, and names every file that differs and where. A
document that people have edited differs; their edits are named, not blamed.`,
		Example: `  collector verify postmortems/2024-07-12T0900Z-db1-down`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage(errors.New("name one draft directory: collector verify DIR"))
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error { return a.verify(args[0]) },
	}
}

func (a app) verify(dir string) error {
	differences, err := report.Verify(dir, derive)
	if err != nil {
		return err
	}
	edits := 0
	for _, d := range differences {
		fmt.Fprintln(a.stdout, d)
		if d.Edited {
			edits++
		}
	}
	if broken := len(differences) - edits; broken > 0 {
		return fmt.Errorf("%s: %s", dir, plural(broken, "difference"))
	}
	if edits > 0 {
		fmt.Fprintf(a.stdout, "%s: evidence intact; the document differs only where people edited it\n", dir)
		return nil
	}
	fmt.Fprintf(a.stdout, "%s: evidence intact, draft derived again byte for byte\n", dir)
	return nil
}
