package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"collector/internal/store/export"
	"collector/internal/timeline"
)

// exportRequest is the flags of `collector store export`.
type exportRequest struct {
	servers               []string
	stream, from, to, out string
}

func (a app) storeExportCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "export",
		Short: "write recorded rows as JSON lines, for jq and DuckDB",
		Long: "Export writes one JSON object a line, in time order, server by server. Each row has\n" +
			"its tick's time (at, UTC) and its server; docs/store.md lists the fields. The streams:\n\n" + streamList() + `
Accounts and client hosts stand there as the server said them: what leaves this
machine needs your eyes. Statements are normalised, they hold no literals.`,
		Example: `  collector store export --config collector.yaml --server db1 --stream sessions --from 09:00 --to 09:30 --out sessions.jsonl
  duckdb -c "SELECT statement, count(*) FROM 'sessions.jsonl' GROUP BY 1 ORDER BY 2 DESC LIMIT 10"
  collector store export --path /var/lib/collector --stream waits --from -2h | jq 'select(.waited_ms > 1000)'`,
		Args: noArguments,
	}
	open := storeFlags(cmd)
	var req exportRequest
	cmd.Flags().StringSliceVar(&req.servers, "server", nil, "only this `server`; may be given more than once")
	cmd.Flags().StringVar(&req.stream, "stream", "", "which `stream`: "+strings.Join(streamNames(), ", "))
	cmd.Flags().StringVar(&req.from, "from", "", "only rows from `T` on: "+timeForms)
	cmd.Flags().StringVar(&req.to, "to", "", "only rows before `T`")
	cmd.Flags().StringVarP(&req.out, "out", "o", "", "write to this `file` instead of the standard output")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		stream, err := req.chosen()
		if err != nil {
			return err
		}
		o, err := open(cmd.Context())
		if err != nil {
			return err
		}
		defer func() { _ = o.reader.Close() }() // it only reads
		return a.storeExport(cmd.Context(), o, stream, req)
	}
	return cmd
}

func streamNames() []string {
	var names []string
	for _, s := range export.Streams() {
		names = append(names, s.Name)
	}
	return names
}

func streamList() string {
	var b strings.Builder
	for _, s := range export.Streams() {
		fmt.Fprintf(&b, "  %-12s a row is %s\n", s.Name, s.Row)
	}
	return b.String()
}

// chosen is the stream that is asked for.
func (req exportRequest) chosen() (export.Stream, error) {
	for _, s := range export.Streams() {
		if s.Name == req.stream {
			return s, nil
		}
	}
	if req.stream == "" {
		return export.Stream{}, usage(fmt.Errorf("--stream is missing: write one of %s", strings.Join(streamNames(), ", ")))
	}
	return export.Stream{}, usage(fmt.Errorf("there is no stream %q: write one of %s", req.stream, strings.Join(streamNames(), ", ")))
}

func (a app) storeExport(ctx context.Context, o openedStore, stream export.Stream, req exportRequest) error {
	recorded, err := o.reader.Targets(ctx)
	if err != nil {
		return err
	}
	chosen := recorded
	if len(req.servers) > 0 {
		chosen = req.servers
	}
	for _, name := range chosen {
		if !slices.Contains(recorded, name) {
			return usage(fmt.Errorf("no server %q is recorded; there are: %s", name, strings.Join(recorded, ", ")))
		}
	}
	w, err := req.window(ctx, o, chosen, a.now())
	if err != nil {
		return err
	}
	fmt.Fprintln(a.stderr, describeWindow(w, o.location))
	out, finish, err := a.exportTo(req.out)
	if err != nil {
		return err
	}
	var total int64
	for _, name := range chosen {
		rows, err := stream.Write(ctx, o.reader, name, w, out)
		if err != nil {
			return unlessPipeClosed(errors.Join(err, finish(err)))
		}
		total += rows
	}
	if err := finish(nil); err != nil {
		return err
	}
	fmt.Fprintf(a.stderr, "%s of %s from %s\n", plural(int(total), "row"), stream.Name, plural(len(chosen), "server"))
	return nil
}

// window is the rows' time. What is not named is where the recording begins or
// just after it ends.
func (req exportRequest) window(ctx context.Context, o openedStore, servers []string, now time.Time) (w timeline.Window, err error) {
	for _, name := range servers {
		held, err := o.reader.Coverage(ctx, name)
		if err != nil {
			return w, err
		}
		if held.Ticks == 0 {
			continue
		}
		if w.From.IsZero() || held.First.Before(w.From) {
			w.From = held.First
		}
		if last := held.Last.Add(time.Millisecond); last.After(w.To) {
			w.To = last
		}
	}
	if req.from != "" {
		if w.From, err = parseTime(req.from, now, o.location); err != nil {
			return w, usage(fmt.Errorf("--from: %w", err))
		}
	}
	if req.to != "" {
		if w.To, err = parseTime(req.to, now, o.location); err != nil {
			return w, usage(fmt.Errorf("--to: %w", err))
		}
	}
	w = w.UTC()
	switch {
	case w.From.Before(w.To) || req.from == "" && req.to == "":
		return w, nil
	case req.from != "" && req.to != "":
		return w, usage(fmt.Errorf("--from %s is not before --to %s: they are %s and %s", req.from, req.to, localTime(w.From, o.location), localTime(w.To, o.location)))
	}
	return w, usage(fmt.Errorf("nothing was recorded then: the window would be %s – %s", localTime(w.From, o.location), localTime(w.To, o.location)))
}

// exportTo opens the file, which appears under its name when it is complete, or
// gives the standard output.
func (a app) exportTo(path string) (out io.Writer, finish func(failed error) error, err error) {
	if path == "" {
		return a.stdout, func(error) error { return nil }, nil
	}
	temporary := path + ".part"
	f, err := os.OpenFile(temporary, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, nil, fmt.Errorf("opening --out: %w", err)
	}
	return f, func(failed error) error {
		closed := f.Close()
		if failed != nil || closed != nil {
			return errors.Join(closed, os.Remove(temporary))
		}
		return os.Rename(temporary, path)
	}, nil
}
