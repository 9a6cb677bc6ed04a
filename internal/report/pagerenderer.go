package report

import (
	"bytes"
	"html"
	"path"
	"regexp"
	"strings"

	"github.com/yuin/goldmark/ast"
	extast "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/util"
)

// wideColumns is from how many columns on a table is stacked on a narrow screen.
const wideColumns = 4

// quoted is a command within a question.
var quoted = regexp.MustCompile("`([^`]+)`")

var question = regexp.MustCompile(`(?s)<!-- *Ask: *(.*?) *-->`)

// pageRenderer renders what differs from plain HTML: comments, raw HTML, images
// and tables.
type pageRenderer struct {
	charts map[string][]byte // by the path that the document names
}

func newPageRenderer(charts []File) *pageRenderer {
	r := &pageRenderer{charts: map[string][]byte{}}
	for _, f := range charts {
		r.charts[f.Name] = f.Data
	}
	return r
}

// RegisterFuncs implements renderer.NodeRenderer.
func (r *pageRenderer) RegisterFuncs(reg renderer.NodeRendererFuncRegisterer) {
	reg.Register(ast.KindHTMLBlock, r.htmlBlock)
	reg.Register(ast.KindRawHTML, r.rawHTML)
	reg.Register(ast.KindImage, r.image)
	reg.Register(extast.KindTable, r.table)
}

// htmlBlock shows questions to people, drops other comments, and prints any
// other HTML as the text that it is.
func (r *pageRenderer) htmlBlock(w util.BufWriter, source []byte, node ast.Node, entering bool) (ast.WalkStatus, error) {
	if !entering {
		return ast.WalkContinue, nil
	}
	n := node.(*ast.HTMLBlock)
	var raw bytes.Buffer
	for i := range n.Lines().Len() {
		line := n.Lines().At(i)
		raw.Write(line.Value(source))
	}
	if n.HasClosure() {
		raw.Write(n.ClosureLine.Value(source))
	}
	writeForeign(w, raw.String())
	return ast.WalkContinue, nil
}

var comment = regexp.MustCompile(`(?s)<!--.*?-->`)

// writeForeign writes HTML that stands in the document: its questions, its text,
// never its markup.
func writeForeign(w util.BufWriter, raw string) {
	for _, m := range question.FindAllStringSubmatch(raw, -1) {
		_, _ = w.WriteString("<div class=\"ask\" role=\"note\">" + quoted.ReplaceAllString(html.EscapeString(m[1]), "<code>$1</code>") + "</div>\n")
	}
	if rest := strings.TrimSpace(comment.ReplaceAllString(raw, "")); rest != "" {
		_, _ = w.WriteString("<p>" + html.EscapeString(rest) + "</p>\n")
	}
}

func (r *pageRenderer) rawHTML(w util.BufWriter, source []byte, node ast.Node, entering bool) (ast.WalkStatus, error) {
	if entering {
		n := node.(*ast.RawHTML)
		var raw bytes.Buffer
		for i := range n.Segments.Len() {
			s := n.Segments.At(i)
			raw.Write(s.Value(source))
		}
		_, _ = w.WriteString(html.EscapeString(comment.ReplaceAllString(raw.String(), "")))
	}
	return ast.WalkSkipChildren, nil
}

// image inlines a chart of this draft; any other image is named, not loaded.
func (r *pageRenderer) image(w util.BufWriter, source []byte, node ast.Node, entering bool) (ast.WalkStatus, error) {
	if !entering {
		return ast.WalkContinue, nil
	}
	n := node.(*ast.Image)
	if svg, ok := r.charts[path.Clean(string(n.Destination))]; ok {
		_, _ = w.WriteString("<span class=\"chart\">")
		_, _ = w.Write(svg)
		_, _ = w.WriteString("</span>")
		return ast.WalkSkipChildren, nil
	}
	_, _ = w.WriteString(html.EscapeString("[image: " + headingText(n, source) + " (" + string(n.Destination) + ")]"))
	return ast.WalkSkipChildren, nil
}

// table puts a table into a box that scrolls by itself.
func (r *pageRenderer) table(w util.BufWriter, _ []byte, node ast.Node, entering bool) (ast.WalkStatus, error) {
	if !entering {
		_, _ = w.WriteString("</table></div>\n")
		return ast.WalkContinue, nil
	}
	class := ""
	if len(node.(*extast.Table).Alignments) >= wideColumns {
		class = " class=\"wide\""
	}
	_, _ = w.WriteString("<div class=\"scroll\"><table" + class + ">\n")
	return ast.WalkContinue, nil
}
