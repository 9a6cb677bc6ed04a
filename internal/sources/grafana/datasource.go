package grafana

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	gapi "github.com/grafana/grafana-api-golang-client"
)

// The data sources that are none: they stand for a place to look elsewhere.
const (
	typeMixed      = "mixed"      // each query names its own
	typeDashboard  = "datasource" // the result of another panel
	typeGrafana    = "grafana"    // Grafana itself
	typeExpression = "__expr__"   // arithmetic over other queries, done by the server
)

// special are their names and UIDs.
func special(name string) string {
	switch name {
	case "-- Mixed --", "mixed":
		return typeMixed
	case "-- Dashboard --":
		return typeDashboard
	case "-- Grafana --", "grafana":
		return typeGrafana
	case "__expr__", "-- Expression --", "-100":
		return typeExpression
	}
	return ""
}

// dataSource is what a query needs to know of its data source.
type dataSource struct{ UID, Type string }

var errNoSource = errors.New("its data source is not known to Grafana")

// source resolves a reference of a panel, a query or a variable: an object with a
// UID, a bare name as old dashboards have it, or nothing, which is the default.
func (g *gathering) source(ctx context.Context, ref any, vals values) (dataSource, error) {
	name, kind := "", ""
	switch ref := ref.(type) {
	case string:
		name = vals.replace(ref, globbed)
	case object:
		name, kind = vals.replace(text(ref, "uid"), globbed), text(ref, "type")
	}
	if s := special(name); s != "" {
		return dataSource{name, s}, nil
	}
	if o, ok := ref.(object); ok && kind != "" && name != "" && name == text(o, "uid") {
		return checked(dataSource{name, kind})
	}
	list, err := g.dataSources(ctx)
	if err != nil {
		if name != "" && kind != "" { // good enough to ask with
			return checked(dataSource{name, kind})
		}
		return dataSource{}, fmt.Errorf("looking up its data source: %w", err)
	}
	i := slices.IndexFunc(list, func(d *gapi.DataSource) bool {
		if name == "" || name == "default" {
			return d.IsDefault && (kind == "" || d.Type == kind)
		}
		return d.UID == name
	})
	if i < 0 {
		i = slices.IndexFunc(list, func(d *gapi.DataSource) bool {
			return name != "" && d.Name == name || name == "" && kind != "" && d.Type == kind
		})
	}
	if i < 0 {
		return dataSource{}, errNoSource
	}
	return checked(dataSource{list[i].UID, list[i].Type})
}

// checked refuses a UID that would mean something in a path.
func checked(d dataSource) (dataSource, error) {
	if !uidForm.MatchString(d.UID) {
		return d, errNoSource
	}
	return d, nil
}

// dataSources is the list of all, asked for once.
func (g *gathering) dataSources(ctx context.Context) ([]*gapi.DataSource, error) {
	g.listing.Lock()
	defer g.listing.Unlock()
	if g.listed == nil && g.unlisted == nil {
		g.listed, g.unlisted = g.listSources(ctx)
	}
	return g.listed, g.unlisted
}

// listSources asks for all data sources. Where permissions are given for each of
// them (Grafana Enterprise and Cloud) a viewer may not list them; what the browser
// reads first names those that the token may query.
func (g *gathering) listSources(ctx context.Context) ([]*gapi.DataSource, error) {
	library, err := g.library(ctx)
	if err != nil {
		return nil, err
	}
	list, err := library.DataSources()
	if err == nil {
		return slices.DeleteFunc(list, func(d *gapi.DataSource) bool { return d == nil }), nil
	}
	if statusOf(err) != http.StatusForbidden {
		return nil, err
	}
	var settings struct { // the library's type does not fit: some members have another form here
		Datasources map[string]struct {
			UID, Type string
			JSONData  map[string]any
		}
		DefaultDatasource string
	}
	if g.get(ctx, "/api/frontend/settings", nil, &settings) != nil || len(settings.Datasources) == 0 {
		return nil, err
	}
	for name, d := range settings.Datasources {
		list = append(list, &gapi.DataSource{UID: d.UID, Type: d.Type, Name: name, IsDefault: name == settings.DefaultDatasource, JSONData: d.JSONData})
	}
	slices.SortFunc(list, func(a, b *gapi.DataSource) int { return cmp.Compare(a.Name, b.Name) })
	return list, nil
}

// usualScrape is the scrape interval that Grafana takes for Prometheus when the data
// source names none.
const usualScrape = 15 * time.Second

// scrapeInterval is the least step that a browser asks a data source for. Below it
// $__interval would be shorter than the time between two samples, and a rate over
// it empty. Zero means that there is none.
func (g *gathering) scrapeInterval(ctx context.Context, source dataSource) time.Duration {
	list, _ := g.dataSources(ctx) // without it the usual one is as good a guess as the browser's
	for _, d := range list {
		if d.UID != source.UID {
			continue
		}
		if every, ok := parseSpan(text(d.JSONData, "timeInterval")); ok {
			return every
		}
	}
	if source.Type == "prometheus" {
		return usualScrape
	}
	return 0
}
