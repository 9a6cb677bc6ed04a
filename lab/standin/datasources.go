package standin

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Source is a data source as Grafana knows it.
type Source struct {
	UID, Name, Type string
	JSONData        map[string]any // such as timeInterval, the scrape interval: "5s"
	DataSource                     // who answers
}

// DataSource answers what is put to a data source.
type DataSource interface {
	// Ask answers one query. ErrDown means that the data source cannot be reached.
	Ask(ctx context.Context, q Query) (Answer, error)
	// Resource answers a request below /resources/, with the path behind it.
	Resource(ctx context.Context, path string, query url.Values) (status int, body []byte)
}

// ErrDown is the error of a data source that cannot be reached.
var ErrDown = errors.New("the data source cannot be reached")

// Query is one query of a request to /api/ds/query.
type Query struct {
	RefID    string
	Model    map[string]any // as it was sent
	From, To time.Time
}

// Answer is what /api/ds/query says of one query.
type Answer struct {
	Status int     `json:"status"`
	Error  string  `json:"error,omitempty"`
	Frames []Frame `json:"frames"`
}

// Frame is a data frame.
type Frame struct {
	Schema map[string]any             `json:"schema"`
	Data   map[string]json.RawMessage `json:"data"`
}

// source finds a data source; the name "default" is not for clients to send.
func (g *Grafana) source(uid string) (Source, bool) {
	i := slices.IndexFunc(g.Sources, func(s Source) bool { return s.UID == uid })
	if i < 0 {
		return Source{}, false
	}
	return g.Sources[i], true
}

// listSources lists the data sources in the recorded form of one.
func (g *Grafana) listSources(w http.ResponseWriter) {
	if g.Restricted { // not recorded: the words of Grafana's source (accesscontrol middleware)
		Reply(w, http.StatusForbidden, object{"message": "You'll need additional permissions to perform this action. Permissions needed: datasources:read", "accessErrorId": "ACE0000000000", "title": "Access denied"})
		return
	}
	list := []object{}
	for i, s := range g.Sources {
		body := recordedBody("02_datasource_get_by_uid")
		body["id"], body["uid"], body["name"], body["type"], body["isDefault"], body["jsonData"] = i+1, s.UID, s.Name, s.Type, i == 0, s.JSONData
		list = append(list, body)
	}
	Reply(w, http.StatusOK, list)
}

// settings is what the browser reads first. Not recorded: the form of Grafana's
// source (dtos.FrontendSettingsDTO), as far as clients other than the browser read it.
func (g *Grafana) settings(w http.ResponseWriter) {
	sources, first := object{"-- Grafana --": object{"uid": "grafana", "name": "-- Grafana --", "type": "datasource", "meta": object{"id": "grafana"}, "jsonData": object{}}}, ""
	for i, s := range g.Sources {
		sources[s.Name] = object{"id": i + 1, "uid": s.UID, "name": s.Name, "type": s.Type, "isDefault": i == 0, "jsonData": s.JSONData, "basicAuth": "Basic eA=="}
		if i == 0 {
			first = s.Name
		}
	}
	Reply(w, http.StatusOK, object{"appUrl": g.AppURL + "/", "buildInfo": object{}, "datasources": sources, "defaultDatasource": first})
}

// resource passes a question on to a data source: UID/resources/PATH.
func (g *Grafana) resource(w http.ResponseWriter, r *http.Request, path string) {
	uid, rest, found := strings.Cut(path, "/resources/")
	s, known := g.source(uid)
	if !found || !known {
		notFound(w)
		return
	}
	status, body := s.Resource(r.Context(), rest, r.URL.Query())
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// epoch is the only form of times that /api/ds/query takes: a string of ms.
var epoch = regexp.MustCompile(`^\d{13}$`)

// query answers like /api/ds/query: the first query whose data source is missing or
// down answers for all; one that fails makes the status of all 400.
func (g *Grafana) query(w http.ResponseWriter, r *http.Request, body []byte) {
	var in struct {
		Queries  []map[string]any
		From, To any
	}
	if json.Unmarshal(body, &in) != nil {
		Reply(w, http.StatusBadRequest, object{"message": "bad request data"})
		return
	}
	from, _ := in.From.(string)
	to, _ := in.To.(string)
	results, status := map[string]Answer{}, http.StatusOK
	for _, model := range in.Queries {
		g.mu.Lock()
		noted := object{"from": from, "to": to}
		for k, v := range model {
			noted[k] = v
		}
		g.asked = append(g.asked, noted)
		g.mu.Unlock()
		ref, _ := model["datasource"].(object)
		uid, _ := ref["uid"].(string)
		s, known := g.source(uid)
		if !known {
			Replay(w, "06_dsquery_ds_missing")
			return
		}
		refID, _ := model["refId"].(string)
		if !epoch.MatchString(from) || !epoch.MatchString(to) {
			results[refID] = Answer{Status: http.StatusOK, Frames: []Frame{}}
			continue
		}
		answer, err := s.Ask(r.Context(), Query{RefID: refID, Model: model, From: instant(from), To: instant(to)})
		if err != nil {
			Replay(w, "06_dsquery_prometheus_down")
			return
		}
		if answer.Error != "" {
			status = http.StatusBadRequest
		}
		results[refID] = answer
	}
	Reply(w, status, object{"results": results})
}

func instant(ms string) time.Time {
	n, err := strconv.ParseInt(ms, 10, 64)
	if err != nil { // 13 digits always parse
		return time.Time{}
	}
	return time.UnixMilli(n).UTC()
}
