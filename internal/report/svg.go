package report

import (
	"bytes"
	"html"
	"regexp"
	"strings"
)

var (
	svgStyle  = regexp.MustCompile(`\s*style="([^"]*)"`)
	svgHeader = regexp.MustCompile(`(?s)^.*?<svg[^>]*viewBox="([^"]*)"[^>]*>`)
)

// standalone makes the plotting library's SVG a file of its own: style
// attributes, which a strict content security policy forbids, become
// presentation attributes, the picture gets a name, and a white ground.
func standalone(svg []byte, title string) []byte {
	svg = svgStyle.ReplaceAllFunc(svg, func(m []byte) []byte {
		return presentation(string(svgStyle.FindSubmatch(m)[1]))
	})
	name := html.EscapeString(plain(title, maxText))
	head := `<svg xmlns="http://www.w3.org/2000/svg" viewBox="$1" width="100%" role="img" aria-label="` + strings.ReplaceAll(name, "$", "$$") + `">` +
		"\n<rect class=\"ground\" width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>"
	return bytes.TrimSpace(svgHeader.ReplaceAll(svg, []byte(head)))
}

// presentation turns "fill:none;stroke:#1F5FBF" into ` fill="none" stroke="#1f5fbf"`.
func presentation(style string) []byte {
	var b bytes.Buffer
	for _, declaration := range strings.Split(style, ";") {
		name, value, ok := strings.Cut(declaration, ":")
		name, value = strings.TrimSpace(name), strings.TrimSpace(value)
		switch {
		case !ok || name == "font-variant" || name == "font-style":
			continue
		case name == "font-family":
			value = "Liberation Sans, Arial, Helvetica, sans-serif"
		case strings.HasPrefix(value, "#"):
			value = strings.ToLower(value)
		}
		b.WriteString(" " + name + `="` + html.EscapeString(value) + `"`)
	}
	return b.Bytes()
}
