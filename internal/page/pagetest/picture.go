package pagetest

import (
	"bytes"
	"cmp"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/chromedp/chromedp"
)

// settled is how long a frame may take to show what it has loaded.
const settled = 700 * time.Millisecond

// maxPicture is how many bytes a picture in the repository may have.
const maxPicture = 200 << 10

// WritePicture keeps a screenshot small: a page has few colours, so the 256 that it has
// most of are enough.
func WritePicture(path string, shot []byte) error {
	full, err := png.Decode(bytes.NewReader(shot))
	if err != nil {
		return fmt.Errorf("reading a screenshot: %w", err)
	}
	var small bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestCompression}
	if err := encoder.Encode(&small, reduced(full)); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	if small.Len() > maxPicture {
		return fmt.Errorf("writing %s: it has %d bytes, more than %d", path, small.Len(), maxPicture)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return err
	}
	return os.WriteFile(path, small.Bytes(), 0o644) //nolint:gosec // a picture of the documentation
}

// reduced is a picture in its 256 most frequent colours.
func reduced(full image.Image) *image.Paletted {
	bounds := full.Bounds()
	counts := map[color.RGBA]int{}
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			counts[rgba(full.At(x, y))]++
		}
	}
	colours := make([]color.RGBA, 0, len(counts))
	for c := range counts {
		colours = append(colours, c)
	}
	slices.SortFunc(colours, func(a, b color.RGBA) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a.R, b.R), cmp.Compare(a.G, b.G), cmp.Compare(a.B, b.B))
	})
	palette := make(color.Palette, 0, 256)
	for _, c := range colours[:min(len(colours), 256)] {
		palette = append(palette, c)
	}
	out := image.NewPaletted(bounds, palette)
	nearest := map[color.RGBA]uint8{}
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			c := rgba(full.At(x, y))
			n, known := nearest[c]
			if !known {
				n = uint8(palette.Index(c)) //nolint:gosec // a palette has at most 256
				nearest[c] = n
			}
			out.SetColorIndex(x, y, n)
		}
	}
	return out
}

func rgba(c color.Color) color.RGBA {
	r, g, b, _ := c.RGBA()
	return color.RGBA{uint8(r >> 8), uint8(g >> 8), uint8(b >> 8), 255} //nolint:gosec // 16 bits to 8
}

// TakePictures writes the screenshots of an incident's page: on a desk in light and in
// dark, with an event opened, on a phone, and as it is printed.
func TakePictures(tab *Tab, path, event, prefix string) {
	tab.t.Helper()
	take := func(name string) {
		tab.t.Helper()
		if err := WritePicture(prefix+"-"+name+".png", tab.Shot()); err != nil {
			tab.t.Error(err)
		}
	}
	show := func(width, height int64, scheme, query string) {
		tab.t.Helper()
		tab.Viewport(width, height)
		tab.Scheme(scheme)
		tab.Open(path + query)
		tab.Drawn()
		tab.Wait(`document.fonts.ready.then(() => true)`)
		tab.Wait(`!document.querySelector('.document')?.offsetParent || performance.getEntriesByType('resource').some((e) => e.initiatorType === 'iframe' && e.responseEnd > 0)`)
		tab.Do(chromedp.Sleep(settled))
	}
	show(1600, 1000, "light", "")
	take("light")
	show(1600, 1000, "dark", "?event="+event)
	take("dark")
	show(390, 844, "light", "")
	take("phone")
	show(1120, 790, "light", "")
	tab.Print(true)
	take("print")
	tab.Print(false)
}
