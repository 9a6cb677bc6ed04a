package page

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"html/template"
	"io"
	"path"
	"strings"
)

// Policy is the Content-Security-Policy of every page: nothing from elsewhere, nothing
// that stands in the HTML itself. data: is for an icon that is not asked for.
const Policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

//go:embed templates static
var files embed.FS

// AssetsPath is where the style and the script lie, below the root.
const AssetsPath = "assets/"

// Asset is a file that pages ask for. Its name changes with its content.
type Asset struct {
	Name, MediaType string
	Data            []byte
}

// Pages renders pages.
type Pages struct {
	templates     *template.Template
	style, script Asset
}

// New reads the embedded templates and files. That these are whole is a matter of the
// build: it panics when they are not.
func New() *Pages {
	return &Pages{
		templates: template.Must(template.New("").ParseFS(files, "templates/*.tmpl")),
		style:     newAsset("page.css", "text/css; charset=utf-8"),
		script:    newAsset("page.js", "text/javascript; charset=utf-8"),
	}
}

func newAsset(name, media string) Asset {
	data, err := files.ReadFile("static/" + name)
	if err != nil {
		panic(err)
	}
	sum := sha256.Sum256(data)
	stem, ext := strings.TrimSuffix(name, path.Ext(name)), path.Ext(name)
	return Asset{stem + "." + hex.EncodeToString(sum[:6]) + ext, media, data}
}

// Asset is a file that pages ask for, by its name.
func (p *Pages) Asset(name string) (Asset, bool) {
	for _, a := range []Asset{p.style, p.script} {
		if a.Name == name {
			return a, true
		}
	}
	return Asset{}, false
}

// frame is what the head of every page needs.
type frame struct {
	Title  string
	Root   string // the way to the list of incidents, relative
	Style  string
	Script string // "" on a page without one
}

func (p *Pages) frame(title, root string, script bool) frame {
	f := frame{Title: title, Root: root, Style: root + AssetsPath + p.style.Name}
	if script {
		f.Script = root + AssetsPath + p.script.Name
	}
	return f
}

// render writes a page as a whole or, when that fails, not at all.
func (p *Pages) render(w io.Writer, name string, view any) error {
	var buf bytes.Buffer
	if err := p.templates.ExecuteTemplate(&buf, name, view); err != nil {
		return fmt.Errorf("rendering a page: %w", err)
	}
	_, err := w.Write(buf.Bytes())
	return err
}
