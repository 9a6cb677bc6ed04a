package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"collector/internal/report"
)

// verifyFlags are the flags of `collector verify`.
type verifyFlags struct {
	all     bool   // every range and difference
	format  string // text or json
	signers string // a list of allowed signers
	revoked string // a list of revoked keys
	at      string // when the signer's key must be allowed
}

func (a app) verifyCommand() *cobra.Command {
	var f verifyFlags
	cmd := &cobra.Command{
		Use:   "verify DIR|FILE",
		Short: "check that a draft's evidence is intact and gives the same draft again",
		Long: `Verify needs no server and no configuration: it recomputes every sum, derives the
draft again from its evidence, and names every record and every range of bytes
that differs. A document that people have edited differs; their edits are named,
not blamed. FILE is a draft that "collector bundle" packed, or that was downloaded
from the page of an incident; it is unpacked into a temporary directory.

Whoever can change the evidence can change the sums too. Only a seal (collector
seal) shows that nothing was changed since, and who vouched for it:
--allowed-signers checks that against a list in the format of ssh-keygen(1).
--revoked-keys names keys that are not believed any more, one public key on a line.
The time of a seal is what the signer said; --at asks whether the key was allowed
at a time that you know better, as ssh-keygen -Overify-time does.

Exit codes: 0 intact, 1 something differs or cannot be read, 2 usage.`,
		Example: `  collector verify postmortems/2024-07-12T0900Z-db1-down
  collector verify 2024-07-12T0900Z-db1-down.tar.zst --allowed-signers /etc/collector/allowed_signers
  collector verify --all --format json postmortems/2024-07-12T0900Z-db1-down`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage(errors.New("name one draft directory or packed draft: collector verify DIR|FILE"))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return a.verify(cmd.Context(), args[0], f) },
	}
	flags := cmd.Flags()
	flags.BoolVar(&f.all, "all", false, "name every difference and every range, however many there are")
	flags.StringVar(&f.format, "format", "text", "`text` for people or json, which always names everything")
	flags.StringVar(&f.signers, "allowed-signers", "", "the `file` that says who may seal; the draft must have a seal that fits")
	flags.StringVar(&f.revoked, "revoked-keys", "", "the `file` with the public keys that are revoked, one on a line; a binary KRL is not read")
	flags.StringVar(&f.at, "at", "", "the key must have been allowed at this `time` (2024-07-15 or RFC 3339); default now")
	return cmd
}

func (a app) verify(ctx context.Context, name string, f verifyFlags) error {
	if f.format != "text" && f.format != "json" {
		return usage(fmt.Errorf("--format %q is neither text nor json", f.format))
	}
	check, err := a.sealCheck(f)
	if err != nil {
		return err
	}
	dir, closing, err := openBundle(ctx, name)
	if err != nil {
		return err
	}
	verdict, err := interruptible(ctx, func() (verdict, error) { return verifyDir(ctx, dir, check) })
	if err = errors.Join(err, closing()); err != nil {
		return err
	}
	verdict.Draft = name
	if f.format == "json" {
		err = unlessPipeClosed(verdict.writeJSON(a.stdout))
	} else {
		verdict.write(a.stdout, f.all)
	}
	if faults := verdict.faults(); err == nil && faults > 0 {
		return fmt.Errorf("%s: %s", name, plural(faults, "difference"))
	}
	return err
}

// interruptible waits for what cannot be told to stop, such as an interpreter of
// evidence that somebody made up, until it ends or the user interrupts it. It must leave
// nothing half made: the program may end in the middle of it.
func interruptible[T any](ctx context.Context, do func() (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	go func() {
		value, err := do()
		done <- result{value, err}
	}()
	select {
	case r := <-done:
		return r.value, r.err
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}

// verifyDir compares a draft with its evidence and its seal.
func verifyDir(ctx context.Context, dir string, check sealCheck) (verdict, error) {
	differences, err := report.Verify(dir, deriveAnew)
	if err != nil {
		return verdict{}, err
	}
	seal, err := check.run(ctx, dir)
	if err != nil {
		return verdict{}, err
	}
	return newVerdict(differences, seal), nil
}

// sealCheck reads the flags about seals.
func (a app) sealCheck(f verifyFlags) (sealCheck, error) {
	check := sealCheck{at: a.now()}
	if f.at != "" {
		if f.signers == "" {
			return check, usage(errors.New("--at says when a key must have been allowed: give --allowed-signers too"))
		}
		var err error
		if check.at, err = parseSealTime(f.at); err != nil {
			return check, usage(err)
		}
		check.asked = true
	}
	if f.signers == "" && f.revoked != "" {
		return check, usage(errors.New("--revoked-keys says which keys are not believed any more: give --allowed-signers too"))
	}
	if f.signers == "" {
		return check, nil
	}
	if f.revoked != "" {
		revoked, err := readRevoked(f.revoked)
		if err != nil {
			return check, err
		}
		check.revoked = revoked
	}
	allowed, err := readAllowed(f.signers)
	if err != nil {
		return check, err
	}
	check.allowed = &allowed
	return check, nil
}

// parseSealTime reads a day or an instant; a day means its end in UTC.
func parseSealTime(text string) (time.Time, error) {
	if day, err := time.Parse(time.DateOnly, text); err == nil {
		return day.Add(24*time.Hour - time.Second), nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return at, fmt.Errorf("--at %q is neither 2024-07-15 nor 2024-07-15T09:00:00Z", text)
	}
	return at, nil
}
