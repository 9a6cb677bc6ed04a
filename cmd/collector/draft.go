package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"collector/internal/config"
	"collector/internal/report"
	"collector/internal/sources"
	"collector/internal/timeline"
)

// draftFlags are the flags of `collector draft`.
type draftFlags struct {
	from, to string
	clusters []string
	template []string
	title    string
	out      string
	update   string
	strict   bool
	unmask   bool   // names as they are
	noShots  bool   // no snapshots of dashboards
	bundle   string // write from the evidence of this draft, and ask nobody
	unseal   bool   // an update may end the draft's seal
}

func (a app) draftCommand() *cobra.Command {
	var f draftFlags
	cmd := &cobra.Command{
		Use:   "draft --from T --to T",
		Short: "write the postmortem draft of a window, or refresh one",
		Long: `Draft asks every configured source about the window and writes a postmortem
draft below --out: the documents, the timeline, the evidence, the charts.

T is 09:00 (the most recent such time in the configured time zone),
"2024-07-12 09:00", 2024-07-12T09:00:00Z, -2h or now.

--update asks again about the window, clusters and title of a draft that exists;
--template then names documents to be added to those that it has. A sealed draft
is updated only with --unseal, which removes the seal: it vouches for what the
draft was.

--from-bundle asks nobody and needs no configuration: it takes a draft's directory
or a file of "collector bundle". The draft is put back as it was, byte for byte
with what people wrote. With another --template, or a --title, a new document is
written from the same evidence instead; what people wrote is then not taken over.

A draft is always written when any source answered; what failed is a gap in it
and a line on stderr. Exit codes: 0 written, 1 failed, 2 usage, and with
--strict 3 when the draft has gaps.`,
		Example: `  collector draft --config collector.yaml --from 09:00 --to 12:45
  collector draft --config collector.yaml --from -2h --to now --cluster shop
  collector draft --config collector.yaml --from 09:00 --to 12:45 --template postmortem,briefing
  collector draft --config collector.yaml --update postmortems/2024-07-12T0900Z-db1-down
  collector draft --config collector.yaml --update postmortems/2024-07-12T0900Z-db1-down --template dea
  collector draft --from-bundle 2024-07-12T0900Z-db1-down.tar.zst --out audit`,
		Args: noArguments,
	}
	flags := cmd.Flags()
	load := configFlag(cmd)
	flags.StringVar(&f.from, "from", "", "start of the window, a `T`")
	flags.StringVar(&f.to, "to", "", "end of the window, a `T`")
	flags.StringSliceVar(&f.clusters, "cluster", nil, "only this `cluster` (may be repeated); default all")
	flags.StringSliceVar(&f.template, "template", nil, "which `documents`, as names with commas or repeated: "+strings.Join(report.Templates(), ", ")+", and those of report.templates_dir; default report.template")
	flags.StringVar(&f.title, "title", "", "the incident's title; default one made of the facts")
	flags.StringVar(&f.out, "out", "", "the `directory` that drafts are written to; default report.out of the configuration")
	flags.StringVar(&f.update, "update", "", "refresh the draft in this `directory`; what people wrote in it stays")
	flags.BoolVar(&f.strict, "strict", false, "exit with 3 when the draft has gaps")
	flags.BoolVar(&f.unmask, "unmask", false, "name accounts, hosts and authors as they are, not by their roles; the document says so. Not for a document that leaves the team")
	flags.BoolVar(&f.noShots, "no-snapshots", false, "make no Grafana snapshots for this draft")
	flags.StringVar(&f.bundle, "from-bundle", "", "write from the evidence in this draft `directory` or packed draft, with no network")
	flags.BoolVar(&f.unseal, "unseal", false, "let --update remove the draft's seal")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		for i, name := range f.template {
			f.template[i] = strings.TrimSpace(name) // "postmortem, briefing", as the configuration takes it
		}
		if f.bundle != "" {
			return a.draftFromBundle(cmd.Context(), f)
		}
		if f.update == "" && f.from+f.to == "" {
			return usage(flagKeys.missing()) // also where there is no configuration yet
		}
		c, err := load()
		if err != nil {
			return err
		}
		return a.draft(cmd.Context(), c, f)
	}
	return cmd
}

// draft is the command: resolve the request, gather, derive, write.
func (a app) draft(ctx context.Context, c *config.Config, f draftFlags) error {
	show := newProgress(a.stderr)
	f.update = standing(f.update)
	req, err := a.resolve(c, f, show)
	if err != nil {
		return err
	}
	out := f.out
	if out == "" {
		out = c.Report.Out
	}
	if f.update == "" {
		if err := report.CheckOut(out); err != nil {
			return err
		}
	}
	all, err := witnesses(beside(c, out, f.update))
	if err != nil {
		return err
	}
	d, err := a.collect(ctx, c, all, req, !f.noShots, show)
	if err != nil {
		return err
	}
	dir, err := write(d, out, f.update, show)
	if err != nil {
		return err
	}
	a.tellGaps(d.Timeline, show)
	if fitting := report.Fitting(d); fitting != "" {
		show.say("%s", fitting)
	}
	fmt.Fprintln(a.stdout, dir)
	if gaps := len(d.Timeline.Gaps); f.strict && gaps > 0 {
		return exitError{exitGaps, fmt.Errorf("the draft has %s", plural(gaps, "gap"))}
	}
	return nil
}

// resolve makes the request of the flags and echoes the window.
func (a app) resolve(c *config.Config, f draftFlags, show progress) (request, error) {
	if f.update != "" {
		return a.resolveUpdate(c, blankRequest(c, f), f, show)
	}
	if f.unseal {
		return request{}, usage(errors.New("--unseal lets an update remove a seal: name the draft with --update"))
	}
	req, note, err := newRequest(c, f, flagKeys, a.now())
	if err != nil {
		return req, usage(err)
	}
	if note != "" {
		show.say("%s", note)
	}
	show.say("%s", describeWindow(req.Window, c.Location()))
	return req, nil
}

// blankRequest is a request without a window and without documents.
func blankRequest(c *config.Config, f draftFlags) request {
	return request{Kind: "draft", Title: f.title, Timezone: c.Timezone, Version: version(), Unmasked: f.unmask}
}

// newRequest is the request for a new draft. Its errors are about what was asked for, and
// name the ends of the window by their keys; the note is of parseWindow.
func newRequest(c *config.Config, f draftFlags, keys windowKeys, now time.Time) (req request, note string, err error) {
	req = blankRequest(c, f)
	names := f.template
	if len(names) == 0 {
		names = c.Report.Documents()
	}
	own, err := chooseDocuments(c, names)
	if err != nil {
		return req, "", err
	}
	req.asksFor(names, own)
	if req.Window, note, err = keys.parseWindow(f.from, f.to, now, c.Location()); err != nil {
		return req, "", err
	}
	for _, cluster := range f.clusters {
		if known := c.Clusters(); !slices.Contains(known, cluster) {
			return req, "", noCluster(cluster, known)
		}
	}
	req.Scope = timeline.Scope{Clusters: f.clusters}
	return req, note, nil
}

// noCluster says which clusters there are, or how to name one.
func noCluster(name string, known []string) error {
	if len(known) == 0 {
		return fmt.Errorf("there is no cluster %q: the configuration gives none of its servers and deploys a cluster (mysql[].cluster, deploys[].cluster)", name)
	}
	return fmt.Errorf("there is no cluster %q in the configuration; there is: %s", name, strings.Join(known, ", "))
}

// resolveUpdate takes the window and the scope from the draft that is refreshed.
func (a app) resolveUpdate(c *config.Config, req request, f draftFlags, show progress) (request, error) {
	if f.from != "" || f.to != "" {
		return req, usage(errors.New("--update takes the window from the draft: leave --from and --to out"))
	}
	for _, flag := range []struct {
		name  string
		given bool
	}{{"cluster", len(f.clusters) > 0}, {"title", f.title != ""}, {"out", f.out != ""}} {
		if flag.given {
			return req, usage(fmt.Errorf("--update takes everything from the draft: leave --%s out; a heading that you change in the document stays", flag.name))
		}
	}
	if err := report.FinishUpdate(f.update); err != nil { // else there may be nothing to read
		return req, err
	}
	if report.Sealed(f.update) && !f.unseal {
		return req, fmt.Errorf("%s is sealed, and an update would end the seal: keep what was sealed with `collector bundle`, then give --unseal", f.update)
	}
	bundle, err := report.Read(f.update)
	if err != nil {
		return req, err
	}
	old, _, err := findRequest(bundle.Records)
	if err != nil {
		return req, fmt.Errorf("%s: %w", f.update, err)
	}
	names, own, err := updatedDocuments(c, old, f.template)
	if err != nil {
		return req, err
	}
	req.asksFor(names, own)
	req.Window, req.Scope, req.Title, req.Timezone = old.Window, old.Scope, old.Title, old.Timezone
	req.Incident, req.Ended, req.DEA = old.Incident, old.Ended, old.DEA
	req.Unmasked = req.Unmasked || old.Unmasked
	location, err := time.LoadLocation(req.Timezone)
	if err != nil {
		return req, err
	}
	show.say("%s", describeWindow(req.Window, location))
	return req, nil
}

// errNoWitness is the error of a configuration that nobody can be asked by.
var errNoWitness = errors.New("the configuration names no source: add prometheus, mysql, alertmanager, deploys, loki, github, gitlab or grafana, see config.example.yaml")

// collect asks all witnesses and derives the draft of what they said. Snapshots
// of dashboards are made for a draft that is final.
func (a app) collect(ctx context.Context, c *config.Config, all []witness, req request, snapshots bool, show progress) (report.Draft, error) {
	if len(all) == 0 {
		return report.Draft{}, errNoWitness
	}
	own, err := req.record(all, a.now())
	if err != nil {
		return report.Draft{}, err
	}
	roles := c.Roles()
	if req.Unmasked {
		roles = roles.Unmasked()
	}
	records := gather(ctx, all, sources.Request{
		Window: req.Window, Scope: req.Scope, Now: a.now, Roles: roles, Log: slog.New(slog.DiscardHandler), Snapshots: snapshots,
	}, show)
	if err := ctx.Err(); err != nil {
		return report.Draft{}, fmt.Errorf("stopped before the draft was written: %w", err)
	}
	d, err := derive(append([]timeline.Evidence{own}, records...))
	if err != nil || !req.wantsDEA() {
		return d, err
	}
	if own, err = req.numbered(ctx, c, d, a.now()).record(all, own.CollectedAt); err != nil {
		return report.Draft{}, err
	}
	return derive(append([]timeline.Evidence{own}, records...))
}

// write puts the draft on disk, in a new directory or over the one to update.
func write(d report.Draft, out, update string, show progress) (string, error) {
	if update == "" {
		return report.Write(out, d)
	}
	done, err := report.Update(update, d)
	if err != nil {
		return "", err
	}
	if _, err := os.Getwd(); err != nil {
		show.say("the directory that you stand in was replaced by the refreshed one: cd . leads there")
	}
	if done.Unsealed {
		show.say("the seal was removed: it vouched for what the draft was; seal it again when it is finished")
	}
	for _, part := range []struct {
		what   string
		blocks []string
	}{
		{"refreshed", done.Refreshed},
		{"changed by people and kept, newer facts put below", done.Beside},
		{"removed by people, or without both of their markers, and left out", done.Removed},
		{"new in this version", done.Added},
		{"left out, the evidence no longer gives them", done.Ended},
	} {
		if len(part.blocks) > 0 {
			show.say("%s: %s", part.what, strings.Join(part.blocks, ", "))
		}
	}
	return update, nil
}

// tellGaps repeats on stderr what the draft could not see.
func (a app) tellGaps(t timeline.Timeline, show progress) {
	for _, g := range t.Gaps {
		who := g.Source
		if g.Target != "" {
			who += "/" + g.Target
		}
		show.say("gap: %s from %s to %s: %s", who, timeline.FormatTime(g.From), timeline.FormatTime(g.To), firstLine(g.Reason))
	}
	show.say("%s, %s, %s", plural(len(t.Events), "event"), plural(len(t.Checks), "check"), plural(len(t.Gaps), "gap"))
}
