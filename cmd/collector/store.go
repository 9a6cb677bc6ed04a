package main

import (
	"context"
	"encoding/json"
	"errors"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"collector/internal/config"
	"collector/internal/store"
)

func (a app) storeCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "store",
		Short: "what is recorded: servers, times, holes, bytes; and its rows as JSON lines",
		Long: `Store says what the recording holds: for each server from when to when, where ticks
are missing, and what each stream takes on disk. It reads everything and looks at
every checksum on the way. It changes nothing, and works while collector serve writes.`,
		Example: `  collector store --config collector.yaml
  collector store --path /var/lib/collector --json | jq '.servers[].streams'
  collector store export --path /var/lib/collector --stream sessions --from -2h | jq -r .statement`,
		Args: noArguments,
	}
	open := storeFlags(cmd)
	asJSON := cmd.Flags().Bool("json", false, "print JSON, for programs")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		o, err := open(cmd.Context())
		if err != nil {
			return err
		}
		defer func() { _ = o.reader.Close() }() // it only reads
		return a.storeInventory(cmd.Context(), o, *asJSON)
	}
	cmd.AddCommand(a.storeExportCommand())
	return cmd
}

// openedStore is a store with what the configuration says about it, if there is one.
type openedStore struct {
	reader   *store.Reader
	location *time.Location
	storage  *config.Storage // nil without a configuration
}

// storeFlags adds --config and --path, and returns what opens the store they name.
func storeFlags(cmd *cobra.Command) func(context.Context) (openedStore, error) {
	load := configFlag(cmd)
	path := cmd.Flags().String("path", "", "the store's `directory`; without it, the configuration's storage.path")
	return func(ctx context.Context) (o openedStore, err error) {
		o.location = time.Local
		dir := *path
		if dir == "" || cmd.Flags().Changed("config") {
			c, err := load()
			if err != nil {
				return o, err
			}
			o.location, o.storage = c.Location(), &c.Storage
			if dir == "" {
				dir = c.Storage.Path
			}
		}
		o.reader, err = store.OpenReadOnly(ctx, dir)
		return o, err
	}
}

func (a app) storeInventory(ctx context.Context, o openedStore, asJSON bool) error {
	held, err := o.reader.Inventory(ctx)
	if err != nil {
		return err
	}
	if asJSON {
		out := json.NewEncoder(a.stdout)
		out.SetIndent("", "  ")
		return unlessPipeClosed(out.Encode(inventoryJSON(held, o.storage)))
	}
	return unlessPipeClosed(writeInventory(a.stdout, held, o, a.now()))
}

// unlessPipeClosed forgives that who read our output had enough: `| head`.
func unlessPipeClosed(err error) error {
	if errors.Is(err, syscall.EPIPE) {
		return nil
	}
	return err
}
