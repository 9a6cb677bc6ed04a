package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"al.essio.dev/pkg/shellescape"

	"collector/internal/config"
	"collector/internal/report"
	"collector/internal/sources"
	"collector/internal/timeline"
)

// draftFromBundle is `collector draft --from-bundle`: it asks nobody and needs no
// configuration.
func (a app) draftFromBundle(ctx context.Context, f draftFlags) error {
	for _, flag := range []struct {
		name  string
		given bool
	}{{"from", f.from != ""}, {"to", f.to != ""}, {"cluster", len(f.clusters) > 0}, {"update", f.update != ""}, {"unmask", f.unmask}, {"strict", f.strict}, {"unseal", f.unseal}} {
		if flag.given {
			return usage(fmt.Errorf("--from-bundle takes everything from the bundle: leave --%s out", flag.name))
		}
	}
	if f.out == "" {
		f.out = config.Default().Report.Out
	}
	dir, closing, err := openBundle(ctx, f.bundle)
	if err != nil {
		return err
	}
	written, err := a.draftAgain(ctx, dir, f)
	if err = errors.Join(err, closing()); err != nil {
		return err
	}
	fmt.Fprintln(a.stdout, written)
	return nil
}

// draftAgain restores the draft, or derives another one from its evidence.
func (a app) draftAgain(ctx context.Context, dir string, f draftFlags) (string, error) {
	bundle, err := report.Read(dir)
	if err != nil {
		return "", err
	}
	old, id, err := findRequest(bundle.Records)
	if err != nil {
		return "", fmt.Errorf("%s: %w", f.bundle, err)
	}
	if f.title == "" && (len(f.template) == 0 || slices.Equal(f.template, old.documents())) {
		return a.restore(ctx, dir, f)
	}
	own, err := bundledTemplates(old, f.template)
	if err != nil {
		return "", usage(err)
	}
	for _, e := range bundle.Records {
		if err := e.Verify(); err != nil {
			return "", fmt.Errorf("%s is not intact, and nothing is derived from it: %w", f.bundle, err)
		}
	}
	req := old
	req.Version, req.Origin = version(), id
	if len(f.template) > 0 {
		req.asksFor(f.template, own)
	}
	if f.title != "" {
		req.Title = f.title
	}
	if req.wantsDEA() && req.DEA.id() == "" {
		req.DEA = &deaNumber{Problem: "no number could be given: a draft from a bundle has no counter to take it from; collector draft --update, with the configuration, gives one"}
	}
	records, err := withRequest(bundle.Records, id, req)
	if err != nil {
		return "", err
	}
	d, err := interruptible(ctx, func() (report.Draft, error) { return deriveAnew(records) })
	if err != nil {
		return "", err
	}
	written, err := report.Write(f.out, d)
	if err != nil {
		return "", err
	}
	fmt.Fprintf(a.stderr, "written anew from %s; what people wrote in %s stays there\n", plural(len(records), "record"), bundle.Document)
	return written, nil
}

// restore puts the draft back as it was, with what people wrote, and says whether it
// is intact.
func (a app) restore(ctx context.Context, dir string, f draftFlags) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("restoring the draft: %w", err)
	}
	read, write := io.Pipe()
	go func() { write.CloseWithError(report.Pack(ctx, write, dir)) }()
	written, err := report.Restore(ctx, read, f.out)
	_ = read.Close()
	if err != nil {
		return "", err
	}
	found, err := interruptible(ctx, func() ([]report.Difference, error) { return report.Verify(written, deriveAnew) })
	if err != nil {
		return "", errors.Join(err, os.RemoveAll(written))
	}
	if slices.ContainsFunc(found, func(d report.Difference) bool { return !d.Edited }) {
		fmt.Fprintf(a.stderr, "restored as it was, which is not as its evidence says: collector verify %s\n", shellescape.Quote(written))
		return written, nil
	}
	fmt.Fprintln(a.stderr, "restored as it was, byte for byte, with what people wrote")
	return written, nil
}

// withRequest replaces the record of a draft's request by that of another one, made
// of the same evidence: who was asked, and when, stays what it was.
func withRequest(records []timeline.Evidence, id string, req request) ([]timeline.Evidence, error) {
	records = slices.Clone(records)
	i := slices.IndexFunc(records, func(e timeline.Evidence) bool { return e.ID == id })
	var asked json.RawMessage
	if _, err := sources.Read(records[i], &struct{}{}, &asked); err != nil {
		return nil, err
	}
	own, err := sources.Answer(sources.Ask{
		Source: report.RequestSource, Target: "draft", Query: req.query(), Question: req, Observed: req.Window,
	}, asked, records[i].CollectedAt)
	if err != nil {
		return nil, err
	}
	records[i] = own
	return records, nil
}
