package report

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"text/template"
	"text/template/parse"
	"time"

	"collector/internal/timeline"
)

// What a template may take. A draft's own template comes with its evidence, from
// whoever wrote the draft, and verify runs it.
const (
	maxDocument  = 32 << 20 // bytes of one document
	templateTime = 30 * time.Second
)

// CheckTemplate says what is wrong with a user's own template: how it is written,
// what it asks of the data model that is not there, and that it prints a fact without
// its citation. File is where it was read from, for the error, which names the line;
// name is the document's.
func CheckTemplate(file, name, text string) error {
	if !documentName.MatchString(name) {
		return fmt.Errorf("the template %s: a document is named by small letters, digits and dashes", file)
	}
	trees := map[string]*parse.Tree{}
	tree := parse.New(file)
	tree.Mode = parse.SkipFuncCheck
	if _, err := tree.Parse(text, "", "", trees); err != nil {
		return fmt.Errorf("reading a template: %w", err)
	}
	for _, t := range trees {
		if err := checkNode(t, t.Root); err != nil {
			return fmt.Errorf("reading a template: %w", err)
		}
	}
	at := time.Unix(0, 0).UTC()
	own := timeline.Evidence{Source: RequestSource, Body: "{}", CollectedAt: at}.Seal()
	draft := Draft{
		Templates: []string{name},
		Timeline:  timeline.Build(timeline.Window{From: at, To: at.Add(time.Hour)}, timeline.Scope{}, timeline.Findings{Evidence: []timeline.Evidence{own}}),
	}.normal()
	doc, err := newDocument(draft, name)
	if err != nil {
		return err
	}
	tmpl, err := parseTemplate(file, text, cites{known: map[string]bool{own.ID: true}})
	if err != nil {
		return err
	}
	out, err := execute(tmpl, doc)
	if err == nil {
		err = checkMarkers(out)
	}
	if err != nil {
		return fmt.Errorf("trying the template %s on an empty draft: %w", file, err)
	}
	return nil
}

var anyMarker = regexp.MustCompile(`<!-- collector:(?:begin|end) id=([a-z0-9.-]+) -->`)

// checkMarkers says which block of a template would be taken for people's text: its
// markers share a line with something else, one of them is missing, or it stands there
// twice. No update would refresh it, and nothing would check what it says.
func checkMarkers(text string) error {
	for _, s := range split(text) {
		if s.id != "" {
			s.raw = s.text
		}
		if m := anyMarker.FindStringSubmatch(s.raw); m != nil {
			return fmt.Errorf("the block %q would never be refreshed: each block stands once, and begin and end_ have lines of their own", m[1])
		}
	}
	return nil
}

// errTooLong and errTooSlow stop a template that does not come to an end.
var (
	errTooLong = fmt.Errorf("the template writes more than %d MiB", maxDocument>>20)
	errTooSlow = fmt.Errorf("the template takes more than %s", templateTime)
)

// limited is a buffer that takes so much and no more.
type limited struct{ bytes.Buffer }

func (l *limited) Write(p []byte) (int, error) {
	if l.Len()+len(p) > maxDocument {
		return 0, errTooLong
	}
	if bytes.Contains(p, []byte(bareMark)) {
		return 0, fmt.Errorf("the template %w", errBare)
	}
	return l.Buffer.Write(p)
}

// execute runs a template. One that does not end is left behind after a time.
func execute(tmpl *template.Template, doc *document) (string, error) {
	type result struct {
		text string
		err  error
	}
	done := make(chan result, 1)
	go func() {
		var out limited
		err := tmpl.Execute(&out, doc)
		done <- result{out.String(), err}
	}()
	timer := time.NewTimer(templateTime)
	defer timer.Stop()
	select {
	case r := <-done:
		return r.text, r.err
	case <-timer.C:
		return "", errTooSlow
	}
}

// model are the names that a template may ask for: the methods of the document, and
// what is known of a chart.
func model() []string {
	var names []string
	t := reflect.TypeFor[*document]()
	for i := range t.NumMethod() {
		names = append(names, t.Method(i).Name)
	}
	return append(names, "Path", "Alt", "Caption")
}

// errBare says that a template would print a fact without its citation.
var errBare = errors.New("prints a fact without its evidence: print statements with say and rows with row")

// checkNode walks a template and refuses every name that is not in the model.
func checkNode(tree *parse.Tree, node parse.Node) error {
	known := model()
	var fault error
	walkNode(node, func(n parse.Node, names []string) {
		for _, name := range names {
			if fault != nil || slices.Contains(known, name) {
				continue
			}
			where, _ := tree.ErrorContext(n)
			fault = fmt.Errorf("%s: the data model has no .%s; docs/templates.md lists what it has", where, name)
			if slices.Contains([]string{"Text", "Cites", "Cells"}, name) {
				fault = fmt.Errorf("%s: .%s %w", where, name, errBare)
			}
		}
	})
	return fault
}

// walkNode calls visit for every node that asks for names.
func walkNode(node parse.Node, visit func(parse.Node, []string)) {
	if node == nil || reflect.ValueOf(node).IsNil() {
		return
	}
	branch := func(b parse.BranchNode) {
		walkNode(b.Pipe, visit)
		walkNode(b.List, visit)
		walkNode(b.ElseList, visit)
	}
	switch n := node.(type) {
	case *parse.ListNode:
		for _, one := range n.Nodes {
			walkNode(one, visit)
		}
	case *parse.ActionNode:
		walkNode(n.Pipe, visit)
	case *parse.TemplateNode:
		walkNode(n.Pipe, visit)
	case *parse.IfNode:
		branch(n.BranchNode)
	case *parse.RangeNode:
		branch(n.BranchNode)
	case *parse.WithNode:
		branch(n.BranchNode)
	case *parse.PipeNode:
		for _, c := range n.Cmds {
			walkNode(c, visit)
		}
	case *parse.CommandNode:
		for _, arg := range n.Args {
			walkNode(arg, visit)
		}
	case *parse.ChainNode:
		walkNode(n.Node, visit)
		visit(n, n.Field)
	case *parse.FieldNode:
		visit(n, n.Ident)
	case *parse.VariableNode:
		visit(n, n.Ident[1:])
	}
}
