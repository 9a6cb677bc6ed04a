package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"collector/internal/config"
	"collector/internal/incident"
	"collector/internal/store"
)

func (a app) incidentsCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "incidents",
		Short: "what Alertmanager told: incidents, open and closed; close, merge, split, redraft",
		Long: `Incidents lists the incidents that Alertmanager's notifications made, the latest last.
Its subcommands show one, and change what the rules cannot know: that an incident is
over, that two are one, or that one is two. Nothing is ever deleted, and all of it
works while collector serve runs. docs/incidents.md has the rules.`,
		Example: `  collector incidents --config collector.yaml
  collector incidents show 2026-11-21T0902Z-shop
  collector incidents merge 2026-11-21T0902Z-shop 2026-11-21T0917Z-billing
  collector incidents list --json | jq -r '.incidents[] | select(.state == "open") | .id'`,
		Args: noArguments,
	}
	cmd.RunE = a.incidentsList(cmd)
	list := &cobra.Command{
		Use: "list", Short: "all incidents, the latest last", Args: noArguments,
		Example: "  collector incidents list --config collector.yaml",
	}
	list.RunE = a.incidentsList(list)
	cmd.AddCommand(list, a.incidentsShow(), a.incidentsClose(), a.incidentsMerge(), a.incidentsSplit(), a.incidentsRedraft())
	return cmd
}

// openedBook is the book with what the configuration says.
type openedBook struct {
	*incident.Book
	config *config.Config
}

// bookFlag adds --config and returns what opens the book of the file it names.
func bookFlag(cmd *cobra.Command) func(context.Context) (openedBook, error) {
	load := configFlag(cmd)
	return func(ctx context.Context) (openedBook, error) {
		c, err := load()
		if err != nil {
			return openedBook{}, err
		}
		b, err := incident.OpenExisting(ctx, incident.Options{Path: c.Storage.Path, Config: c.Incidents, Log: newLog(cmd.ErrOrStderr())})
		if errors.Is(err, store.ErrMissing) {
			return openedBook{}, fmt.Errorf("no incident was recorded yet: %w", err)
		}
		return openedBook{b, c}, err
	}
}

// asUsage marks what only the caller can mend.
func asUsage(err error) error {
	if errors.Is(err, incident.ErrUnknown) || errors.Is(err, incident.ErrNoAlert) {
		return usage(fmt.Errorf("%w; collector incidents list and show say what there is", err))
	}
	return err
}

// exactly refuses any other number of arguments, saying what they are.
func exactly(n int, what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) != n {
			return usage(fmt.Errorf("name %s; %s --help has an example", what, cmd.CommandPath()))
		}
		return nil
	}
}

func (a app) incidentsList(cmd *cobra.Command) func(*cobra.Command, []string) error {
	open := bookFlag(cmd)
	asJSON := cmd.Flags().Bool("json", false, "print JSON, for programs")
	return func(cmd *cobra.Command, _ []string) error {
		b, err := open(cmd.Context())
		if err != nil {
			return err
		}
		defer func() { _ = b.Close() }() // it only reads
		all, err := b.Incidents(cmd.Context(), a.now())
		if err != nil {
			return err
		}
		if *asJSON {
			return a.printJSON(incidentsJSON(all))
		}
		return unlessPipeClosed(writeIncidents(a.stdout, all, b.config.Location(), a.now()))
	}
}

func (a app) incidentsShow() *cobra.Command {
	cmd := &cobra.Command{
		Use: "show ID", Short: "one incident with its alerts", Args: exactly(1, "one incident"),
		Example: "  collector incidents show 2026-11-21T0902Z-shop --config collector.yaml",
	}
	open := bookFlag(cmd)
	asJSON := cmd.Flags().Bool("json", false, "print JSON, for programs")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		b, err := open(cmd.Context())
		if err != nil {
			return err
		}
		defer func() { _ = b.Close() }() // it only reads
		i, err := b.Incident(cmd.Context(), args[0], a.now())
		if err != nil {
			return asUsage(err)
		}
		if *asJSON {
			return a.printJSON(incidentJSON(i))
		}
		return unlessPipeClosed(writeIncident(a.stdout, i, b.config.Location()))
	}
	return cmd
}

func (a app) incidentsClose() *cobra.Command {
	cmd := &cobra.Command{
		Use: "close ID", Short: "an incident is over, whatever still fires", Args: exactly(1, "one incident"),
		Long: `Close ends an incident now. Alerts that still fire stay in it; an alert that starts
later begins another incident.`,
		Example: "  collector incidents close 2026-11-21T0902Z-shop --config collector.yaml",
	}
	cmd.RunE = a.deciding(cmd, func(ctx context.Context, b openedBook, args []string) (string, error) {
		return args[0] + " is closed", b.End(ctx, args[0], a.now())
	})
	return cmd
}

func (a app) incidentsMerge() *cobra.Command {
	cmd := &cobra.Command{
		Use: "merge ID ID", Short: "two incidents are one; the first keeps its ID and its draft", Args: exactly(2, "two incidents"),
		Example: "  collector incidents merge 2026-11-21T0902Z-shop 2026-11-21T0917Z-billing --config collector.yaml",
	}
	cmd.RunE = a.deciding(cmd, func(ctx context.Context, b openedBook, args []string) (string, error) {
		return fmt.Sprintf("%s is part of %s now", args[1], args[0]), b.Merge(ctx, args[0], args[1], a.now())
	})
	return cmd
}

func (a app) incidentsSplit() *cobra.Command {
	cmd := &cobra.Command{
		Use: "split ID ALERT...", Short: "some alerts are an incident of their own",
		Long: `Split moves alerts into a new incident and prints its ID. An ALERT is a fingerprint,
as collector incidents show prints them, or the name of an alert: all of that name.`,
		Example: "  collector incidents split 2026-11-21T0902Z-shop DiskFull 3fa9c1d2e4b5a697 --config collector.yaml",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) < 2 {
				return usage(fmt.Errorf("name an incident and its alerts; %s --help has an example", cmd.CommandPath()))
			}
			return nil
		},
	}
	cmd.RunE = a.deciding(cmd, func(ctx context.Context, b openedBook, args []string) (string, error) {
		return b.Split(ctx, args[0], args[1:], a.now())
	})
	return cmd
}

func (a app) incidentsRedraft() *cobra.Command {
	cmd := &cobra.Command{
		Use: "redraft ID", Short: "have collector serve draft an incident again", Args: exactly(1, "one incident"),
		Example: "  collector incidents redraft 2026-11-21T0902Z-shop --config collector.yaml",
	}
	cmd.RunE = a.deciding(cmd, func(ctx context.Context, b openedBook, args []string) (string, error) {
		return args[0] + " is due for a new draft", b.Redraft(ctx, args[0], a.now())
	})
	return cmd
}

// deciding runs a decision and prints what it says.
func (a app) deciding(cmd *cobra.Command, do func(context.Context, openedBook, []string) (string, error)) func(*cobra.Command, []string) error {
	open := bookFlag(cmd)
	return func(cmd *cobra.Command, args []string) error {
		b, err := open(cmd.Context())
		if err != nil {
			return err
		}
		said, err := do(cmd.Context(), b, args)
		if err := errors.Join(err, b.Close()); err != nil {
			return asUsage(err)
		}
		_, err = fmt.Fprintln(a.stdout, said)
		return unlessPipeClosed(err)
	}
}

func (a app) printJSON(v any) error {
	out := json.NewEncoder(a.stdout)
	out.SetIndent("", "  ")
	return unlessPipeClosed(out.Encode(v))
}
