package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"collector/internal/actions"
	"collector/internal/drafts"
)

// actionsFlags are the flags of `collector actions`.
type actionsFlags struct {
	owner   string
	overdue bool
	asJSON  bool
}

func (a app) actionsCommand() *cobra.Command {
	var f actionsFlags
	cmd := &cobra.Command{
		Use:   "actions [DIR...]",
		Short: "the actions of all drafts: open, overdue, done, by owner",
		Long: `Actions reads the action tables and checklists of the drafts in report.out, or in the
directories that are named, as people edited them: columns Action, Owner, Priority,
Target date, Status, Ticket in any order, and "- [ ] action (owner, 2024-08-01)".
An action is done when its status says so, its box is ticked, or it is struck through.
docs/actions.md has the rules.`,
		Example: `  collector actions --config collector.yaml
  collector actions --overdue --owner 'shop team'
  collector actions postmortems --format json | jq -r '.actions[] | select(.owner == "") | .action'`,
	}
	list := draftsFlag(cmd)
	format := formatFlag(cmd)
	cmd.Flags().StringVar(&f.owner, "owner", "", "only actions of this `role`")
	cmd.Flags().BoolVar(&f.overdue, "overdue", false, "only open actions whose date is over")
	cmd.RunE = func(cmd *cobra.Command, args []string) (err error) {
		if f.asJSON, err = format(); err != nil {
			return err
		}
		dirs, c, err := list(args)
		if err != nil {
			return err
		}
		today := a.now().UTC()
		if c != nil {
			today = today.In(c.Location())
		}
		return a.actions(cmd.Context(), dirs, today, f)
	}
	return cmd
}

// draftAction is an action and where it stands.
type draftAction struct {
	actions.Action
	path string // of the document
}

// state is how the listing calls how far an action is.
func (d draftAction) state(today time.Time) string {
	if d.Overdue(today) {
		return "overdue"
	}
	return string(d.State)
}

func (a app) actions(ctx context.Context, dirs []string, today time.Time, f actionsFlags) error {
	var all []draftAction
	for _, dir := range dirs {
		if err := ctx.Err(); err != nil {
			return err
		}
		found, err := actionsOf(dir)
		if err != nil { // what cannot be read does not hide the rest
			fmt.Fprintf(a.stderr, "collector: not read: %s\n", printableLines(err.Error()))
		}
		all = append(all, found...)
	}
	all = slices.DeleteFunc(all, func(d draftAction) bool { return f.owner != "" && !owns(d.Owner, f.owner) })
	counts := countActions(all, today) // also of what is not listed: two overdue ones are two of how many?
	all = slices.DeleteFunc(all, func(d draftAction) bool { return f.overdue && !d.Overdue(today) })
	sortActions(all, today)
	if f.asJSON {
		return a.printJSON(actionsJSON(counts, all, today))
	}
	return unlessPipeClosed(writeActions(a.stdout, counts, all, len(dirs), today))
}

// actionsOf reads the documents of one draft, with what can be read of them.
func actionsOf(dir string) ([]draftAction, error) {
	names, err := drafts.Documents(dir)
	var lists [][]actions.Action
	known := map[string]bool{} // by the action's words
	var paths []string         // of the actions that Merge leaves, in its order
	for _, name := range names {
		path := filepath.Join(dir, name)
		text, readErr := readActionDocument(path)
		err = errors.Join(err, readErr)
		list := actions.Read(text)
		for _, one := range list {
			if key := strings.ToLower(one.Text); key == "" || !known[key] {
				known[key] = true
				paths = append(paths, path)
			}
		}
		lists = append(lists, list)
	}
	var out []draftAction
	for i, one := range actions.Merge(lists...) {
		out = append(out, draftAction{one, paths[i]})
	}
	return out, err
}

// readActionDocument reads as much of a document as counts.
func readActionDocument(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	return io.ReadAll(io.LimitReader(file, actions.MaxDocument))
}

// owns reports whether a role is among the owners that an action names.
func owns(owners, role string) bool {
	for one := range strings.FieldsFuncSeq(owners, func(r rune) bool { return strings.ContainsRune(",;/&+", r) }) {
		if strings.EqualFold(strings.TrimSpace(one), strings.TrimSpace(role)) {
			return true
		}
	}
	return strings.EqualFold(strings.TrimSpace(owners), strings.TrimSpace(role))
}

// sortActions orders by owner, those without one last; then what is overdue, open, done,
// proposed; then by date, those without one last.
func sortActions(all []draftAction, today time.Time) {
	last := func(empty bool) int {
		if empty {
			return 1
		}
		return 0
	}
	states := []string{"overdue", string(actions.Open), string(actions.Done), string(actions.Proposed)}
	slices.SortStableFunc(all, func(a, b draftAction) int {
		return cmp.Or(last(a.Owner == "")-last(b.Owner == ""), cmp.Compare(strings.ToLower(a.Owner), strings.ToLower(b.Owner)),
			slices.Index(states, a.state(today))-slices.Index(states, b.state(today)),
			last(a.Due.IsZero())-last(b.Due.IsZero()), a.Due.Compare(b.Due))
	})
}
