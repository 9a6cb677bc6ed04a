package grafana

import (
	"context"
	"errors"
	"fmt"
	"slices"

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

// dataSources is the list of all, asked for once; most dashboards name UIDs and
// need none.
func (g *gathering) dataSources(ctx context.Context) ([]*gapi.DataSource, error) {
	g.listing.Lock()
	defer g.listing.Unlock()
	if g.listed == nil {
		library, err := g.library(ctx)
		if err != nil {
			return nil, err
		}
		if g.listed, err = library.DataSources(); err != nil {
			return nil, err
		}
	}
	return slices.DeleteFunc(slices.Clone(g.listed), func(d *gapi.DataSource) bool { return d == nil }), nil
}
