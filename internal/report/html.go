package report

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"strings"
	"unicode/utf8"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"

	"collector/internal/timeline"
)

// maxBody is how many characters of one record the page shows; the file has all.
const maxBody = 6_000

// page is what page.html.tmpl sees.
type page struct {
	Title    string
	Policy   string
	Style    template.CSS
	Sections []section
	Body     template.HTML
	Records  []recordView
	Left     string // what is said of records that the page does not show; "" when it shows all
}

type section struct{ ID, Name string }

// htmlPage makes the self-contained page from the document: no script, no
// request, the charts inlined, the records to open in place.
func htmlPage(draft Draft, doc Document, charts []File, earlier []timeline.Evidence) ([]byte, error) {
	style, err := styleOf(doc.Name)
	if err != nil {
		return nil, err
	}
	records, left := recordViews(draft, doc.Text, earlier)
	known := map[string]bool{}
	for _, r := range records {
		known[r.ID] = true
	}
	body, sections, err := convert(doc.Text, charts, known, pagesBeside(draft.Timeline.History))
	if err != nil {
		return nil, err
	}
	css := strings.TrimSpace(string(style))
	sum := sha256.Sum256([]byte(css))
	p := page{
		Title: heading(doc.Name, draft.Timeline.Title),
		Policy: "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
			"'; img-src data:; base-uri 'none'; form-action 'none'",
		Style: template.CSS(css), Sections: sections, Body: template.HTML(body), //nolint:gosec // escaped by goldmark, raw HTML off
		Records: records, Left: left,
	}
	tmpl, err := template.ParseFS(templates, "templates/page.html.tmpl")
	if err != nil {
		return nil, err
	}
	var buf bytes.Buffer
	if err := tmpl.Execute(&buf, p); err != nil {
		return nil, err
	}
	return buf.Bytes(), nil
}

// styleOf is the style of all pages, and what a document has of its own.
func styleOf(name string) ([]byte, error) {
	style, err := templates.ReadFile("templates/page.css")
	if err != nil {
		return nil, err
	}
	own, err := templates.ReadFile("templates/" + name + ".css")
	if errors.Is(err, fs.ErrNotExist) || name == "page" {
		return style, nil
	}
	return append(style, own...), err
}

// convert renders the document's Markdown. Raw HTML is shown as text, comments
// vanish except for the questions to people, citations lead to the records on the
// page, and links to documents of earlier drafts to their pages.
func convert(doc string, charts []File, known map[string]bool, pages map[string]string) (string, []section, error) {
	md := goldmark.New(
		goldmark.WithExtensions(extension.NewTable(extension.WithTableCellAlignMethod(extension.TableCellAlignAttribute)), extension.Strikethrough, extension.TaskList),
		goldmark.WithParserOptions(parser.WithAutoHeadingID()),
		goldmark.WithRendererOptions(renderer.WithNodeRenderers(util.Prioritized(newPageRenderer(charts), 100))),
	)
	source := []byte(presentable(doc))
	tree := md.Parser().Parse(text.NewReader(source))
	sections := prepare(tree, source, known, pages)
	var buf bytes.Buffer
	if err := md.Renderer().Render(&buf, source, tree); err != nil {
		return "", nil, err
	}
	return buf.String(), sections, nil
}

// preview is the beginning of a body, laid out when it is JSON.
func preview(body string, limit int) (shown, cut string) {
	if len(body) < 4*maxBody { // a bigger one is cut anyway
		var buf bytes.Buffer
		if json.Indent(&buf, []byte(body), "", "  ") == nil {
			body = buf.String()
		}
	}
	total := utf8.RuneCountInString(body)
	if total <= limit {
		return clean(body), ""
	}
	runes := []rune(body[:min(len(body), limit*utf8.UTFMax)])
	return clean(string(runes[:min(len(runes), limit)])), fmt.Sprintf("The first %s of %s characters; the file has all.", number(float64(limit)), number(float64(total)))
}

// presentable is a document without what a page may not hold, whatever a person's
// editor left in it: bytes that are no UTF-8, controls, a byte order mark.
func presentable(doc string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' && r != '\r' || r == 0x7f || r == 0xfeff {
			return -1
		}
		return r
	}, strings.ToValidUTF8(doc, "\uFFFD"))
}

// clean drops what would change how the text around it is shown.
func clean(body string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' {
			return r
		}
		if r < ' ' || r == 0x7f || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r == 0x200e || r == 0x200f {
			return -1
		}
		return r
	}, strings.ToValidUTF8(body, "\uFFFD"))
}

// headingText is the plain text below a node.
func headingText(n ast.Node, source []byte) string {
	var b strings.Builder
	_ = ast.Walk(n, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if t, ok := n.(*ast.Text); ok && entering {
			b.Write(util.UnescapePunctuations(t.Segment.Value(source)))
		}
		return ast.WalkContinue, nil
	})
	return b.String()
}
