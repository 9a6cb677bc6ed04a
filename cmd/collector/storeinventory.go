package main

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"collector/internal/config"
	"collector/internal/store"
)

// writeInventory says what a store holds, for people.
func writeInventory(w io.Writer, held store.Inventory, o openedStore, now time.Time) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "store  %s: %s", held.Path, bytesText(held.FileBytes))
	if held.FreeBytes > 0 {
		fmt.Fprintf(&b, " (%s of it free)", bytesText(held.FreeBytes))
	}
	fmt.Fprintf(&b, ", log %s; format %d, schema %d\n", bytesText(held.LogBytes), held.Format, held.Schema)
	if o.storage != nil {
		fmt.Fprintf(&b, "keeps  %s, at most %s\n", o.storage.Retention, o.storage.MaxSize)
	} else {
		fmt.Fprint(&b, "keeps  what the configuration says; name it with --config\n")
	}
	if len(held.Servers) == 0 {
		fmt.Fprint(&b, "holds  nothing: no server was recorded yet\n")
	}
	for _, h := range held.Servers {
		b.WriteByte('\n')
		writeHolding(&b, h, o.location, now)
	}
	_, err := w.Write(b.Bytes())
	return err
}

func writeHolding(b *bytes.Buffer, h store.Holding, loc *time.Location, now time.Time) {
	if h.Ticks == 0 {
		fmt.Fprintf(b, "%s\n  no ticks: all were older than the retention\n", h.Server)
		return
	}
	const layout = "2006-01-02 15:04:05"
	fmt.Fprintf(b, "%s\n  from    %s  =  %s UTC\n", h.Server, localTime(h.First, loc), h.First.Format(layout))
	fmt.Fprintf(b, "  to      %s  =  %s UTC, %s ago\n", localTime(h.Last, loc), h.Last.Format(layout), max(0, now.Sub(h.Last)).Round(time.Second))
	fmt.Fprintf(b, "  ticks   %d, every %s; %s answered", h.Ticks, h.Interval, percent(h.Answered, h.Ticks))
	if h.Skipped > 0 {
		fmt.Fprintf(b, ", %d left out by the recorder", h.Skipped)
	}
	fmt.Fprintf(b, "; %d not packed into blocks yet\n", h.Tail)
	if h.Holes == 0 {
		fmt.Fprint(b, "  holes   none\n")
	} else {
		span := h.Last.Sub(h.First) + h.Interval
		fmt.Fprintf(b, "  holes   %d, together %s: %s of the time is covered; the longest %s – %s UTC (%s)\n", h.Holes, h.Missing.Round(time.Second),
			percent(int64(span-h.Missing), int64(span)), h.Longest.From.Format(layout), h.Longest.To.Format(layout), h.Longest.Duration().Round(time.Second))
	}
	writeStreams(b, h.Streams)
}

func writeStreams(b *bytes.Buffer, streams []store.StreamHolding) {
	t := tabwriter.NewWriter(b, 0, 0, 3, ' ', tabwriter.AlignRight)
	fmt.Fprint(t, "stream\tticks\trows\tbytes\tper tick\tper row\tblocks\t\n")
	var total int64
	for _, s := range streams {
		fmt.Fprintf(t, "%s\t%d\t%d\t%d\t%s\t%s\t%d\t\n", s.Name, s.Ticks, s.Rows, s.Bytes, ratio(s.Bytes, s.Ticks), ratio(s.Bytes, s.Rows), s.Blocks)
		total += s.Bytes
	}
	fmt.Fprintf(t, "together\t\t\t%d\t\t\t\t\n", total)
	_ = t.Flush() // into memory
}

// ratio is "-" where there is nothing to divide by.
func ratio(a, b int64) string {
	if b == 0 {
		return "-"
	}
	return fmt.Sprintf("%.2f", float64(a)/float64(b))
}

// percent never rounds up to 100 % what is less.
func percent(a, b int64) string {
	tenths := a * 1000 / b
	return strings.TrimSuffix(fmt.Sprintf("%d.%d", tenths/10, tenths%10), ".0") + " %"
}

func bytesText(n int64) string {
	switch {
	case n >= 1<<30:
		return fmt.Sprintf("%.1f GiB", float64(n)/(1<<30))
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
	case n >= 1<<10:
		return fmt.Sprintf("%.1f KiB", float64(n)/(1<<10))
	}
	return fmt.Sprintf("%d bytes", n)
}

// The form of `collector store --json`. Its keys are added to, never changed.
type (
	inventoryFile struct {
		Schema        string             `json:"schema"`
		Path          string             `json:"path"`
		FileBytes     int64              `json:"file_bytes"`
		FreeBytes     int64              `json:"free_bytes"`
		LogBytes      int64              `json:"log_bytes"`
		FormatVersion int                `json:"format_version"`
		SchemaVersion int                `json:"schema_version"`
		RetentionS    *float64           `json:"retention_s"`    // null without a configuration
		MaxSizeBytes  *int64             `json:"max_size_bytes"` // null without a configuration
		Servers       []inventoryHolding `json:"servers"`
	}
	inventoryHolding struct {
		Server      string            `json:"server"`
		First       *time.Time        `json:"first"` // null: no tick is left
		Last        *time.Time        `json:"last"`
		Ticks       int64             `json:"ticks"`
		Answered    int64             `json:"answered"`
		Skipped     int64             `json:"skipped"`
		TailTicks   int64             `json:"tail_ticks"`
		IntervalMS  int64             `json:"interval_ms"`
		Holes       int64             `json:"holes"`
		MissingMS   int64             `json:"missing_ms"`
		LongestHole *inventoryWindow  `json:"longest_hole"` // null: there is none
		Streams     []inventoryStream `json:"streams"`
	}
	inventoryWindow struct {
		From time.Time `json:"from"`
		To   time.Time `json:"to"`
	}
	inventoryStream struct {
		Stream string `json:"stream"`
		Ticks  int64  `json:"ticks"`
		Rows   int64  `json:"rows"`
		Bytes  int64  `json:"bytes"`
		Blocks int64  `json:"blocks"`
	}
)

func inventoryJSON(held store.Inventory, storage *config.Storage) inventoryFile {
	file := inventoryFile{
		Schema: "collector/store/v1", Path: held.Path, FileBytes: held.FileBytes, FreeBytes: held.FreeBytes, LogBytes: held.LogBytes,
		FormatVersion: held.Format, SchemaVersion: held.Schema, Servers: []inventoryHolding{},
	}
	if storage != nil {
		seconds, size := time.Duration(storage.Retention).Seconds(), int64(storage.MaxSize)
		file.RetentionS, file.MaxSizeBytes = &seconds, &size
	}
	for _, h := range held.Servers {
		one := inventoryHolding{
			Server: h.Server, Ticks: h.Ticks, Answered: h.Answered, Skipped: h.Skipped, TailTicks: h.Tail, IntervalMS: h.Interval.Milliseconds(),
			Holes: h.Holes, MissingMS: h.Missing.Milliseconds(), Streams: []inventoryStream{},
		}
		if h.Ticks > 0 {
			one.First, one.Last = &h.First, &h.Last
		}
		if h.Holes > 0 {
			one.LongestHole = &inventoryWindow{h.Longest.From, h.Longest.To}
		}
		for _, s := range h.Streams {
			one.Streams = append(one.Streams, inventoryStream{s.Name, s.Ticks, s.Rows, s.Bytes, s.Blocks})
		}
		file.Servers = append(file.Servers, one)
	}
	return file
}
