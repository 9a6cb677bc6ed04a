package report

import (
	"path"
	"strings"

	"github.com/yuin/goldmark/ast"
	extast "github.com/yuin/goldmark/extension/ast"
)

// prepare makes a parsed document ready for the page: citations lead to the
// records on it, links to documents that have a page lead to that, cells know their
// column, and the main headings are listed.
func prepare(tree ast.Node, source []byte, known map[string]bool, pages map[string]string) []section {
	var sections []section
	_ = ast.Walk(tree, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Heading:
			if id, ok := n.AttributeString("id"); ok && n.Level == 2 {
				if id, ok := id.([]byte); ok {
					sections = append(sections, section{string(id), headingText(n, source)})
				}
			}
		case *ast.Link:
			if id := strings.TrimSuffix(headingText(n, source), ".json"); known[id] && local(string(n.Destination)) {
				n.Destination = []byte("#" + id)
				n.SetAttributeString("class", []byte("cite"))
			} else if page := pages[string(n.Destination)]; page != "" {
				n.Destination = []byte(page)
			}
		case *extast.Table:
			dress(n, source)
		}
		return ast.WalkContinue, nil
	})
	return append(sections, section{"evidence", "Evidence"})
}

// local reports whether a link leads to a record of this draft.
func local(destination string) bool {
	return destination == evidenceArchive || strings.HasPrefix(path.Clean(destination), evidenceDir)
}

// dress gives every cell the name of its column, for narrow screens, and the
// class by which it is styled.
func dress(table *extast.Table, source []byte) {
	var heads []string
	for row := table.FirstChild(); row != nil; row = row.NextSibling() {
		i := 0
		for cell := row.FirstChild(); cell != nil; cell = cell.NextSibling() {
			text := headingText(cell, source)
			switch {
			case row == table.FirstChild():
				heads = append(heads, text)
			case i < len(heads):
				cell.SetAttributeString("data-head", []byte(heads[i]))
				switch {
				case strings.HasPrefix(heads[i], "Time") || heads[i] == "UTC":
					cell.SetAttributeString("class", []byte("time"))
				case heads[i] == "Severity" && (text == "critical" || text == "warning"):
					cell.SetAttributeString("class", []byte(text))
				}
			}
			i++
		}
	}
}
