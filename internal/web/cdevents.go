package web

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"net/url"
	"strings"
)

// cdEvent is a CDEvent about a service, of the specifications 0.1 to 0.5.
type cdEvent struct {
	Context struct {
		ID        string `json:"id"`
		Source    string `json:"source"`
		Type      string `json:"type"`
		Timestamp string `json:"timestamp"`
	} `json:"context"`
	Subject struct {
		ID      string `json:"id"`
		Content struct {
			Environment struct {
				ID   string `json:"id"`
				Name string `json:"name"`
				URL  string `json:"url"`
			} `json:"environment"`
			ArtifactID string `json:"artifactId"`
		} `json:"content"`
	} `json:"subject"`
	CustomData json.RawMessage `json:"customData"`
}

// servicePrefix begins the types of events about services:
// dev.cdevents.service.deployed.0.2.0.
const servicePrefix = "dev.cdevents.service."

// serviceEvents are what became of a service, and what that is as a change. All tell of
// something that is done: CDEvents have no start of a deployment.
var serviceEvents = map[string]string{
	"deployed": deployFinished, "upgraded": deployFinished, "published": deployFinished,
	"rolledback": rollbackFinished, "removed": changed,
}

// serviceEvent is the event that a type means, "" for one that is none of ours. The
// version that follows is that of the type's schema.
func serviceEvent(kind string) string {
	rest, _ := strings.CutPrefix(kind, servicePrefix)
	if rest == kind {
		return ""
	}
	predicate, _, _ := strings.Cut(rest, ".")
	return serviceEvents[predicate]
}

// asCDEvent recognises a CDEvent that comes without a CloudEvent around it.
func asCDEvent(raw json.RawMessage) (e cdEvent, ok bool) {
	if !bytes.Contains(raw, []byte("dev.cdevents.")) {
		return e, false
	}
	err := json.Unmarshal(raw, &e)
	return e, err == nil && strings.HasPrefix(e.Context.Type, "dev.cdevents.")
}

// addCDEvent takes in an event about a service; others are ignored.
func (t *told) addCDEvent(r pushed, n, of int, own string, e cdEvent) error {
	event := serviceEvent(e.Context.Type)
	if event == "" {
		t.ignored++
		return nil
	}
	fields := map[string]string{}
	if custom := bytes.TrimSpace(e.CustomData); len(custom) > 0 && custom[0] == '{' {
		if err := flatten(custom, "", fields, 0); err != nil {
			return err
		}
	}
	service := serviceName(e.Subject.ID)
	if service == "" {
		return errors.New("the CDEvent's subject has no id: it names the service")
	}
	set := func(name, value string) {
		if value != "" {
			fields[name] = value
		}
	}
	content := e.Subject.Content
	set(changeService, service)
	set(changeEvent, event)
	set(changeTime, e.Context.Timestamp)
	name, version, tag := artifact(content.ArtifactID)
	set("artifact", name)
	set(changeVersion, cmp.Or(fields[changeVersion], tag, version))
	if fields[changeVersion] != version {
		set("artifact_version", version)
	}
	set(changeEnvironment, cmp.Or(content.Environment.Name, content.Environment.ID))
	set("environment_url", content.Environment.URL)
	set("event_type", e.Context.Type)
	set("event_source", e.Context.Source)
	if service != e.Subject.ID {
		set("subject_id", e.Subject.ID)
	}
	if event == changed {
		set(changeMessage, cmp.Or(fields[changeMessage], "the service was removed"))
	}
	if own == "\x00" {
		own = "" // it does not say which event it is
	}
	return t.add(r, n, of, own, fields)
}

// workloads are what may stand before a service's name in a subject's ID, as in
// deployment/shop: another log of the same deploy calls it shop.
var workloads = map[string]bool{
	"service": true, "deployment": true, "daemonset": true, "statefulset": true, "replicaset": true, "cronjob": true, "job": true, "application": true,
}

func serviceName(subject string) string {
	subject = strings.TrimSpace(subject)
	if kind, name, ok := strings.Cut(subject, "/"); ok && workloads[strings.ToLower(kind)] && name != "" {
		return name
	}
	return subject
}

// artifact takes an artifact's package URL apart: its name, its version, and the tag that
// says more to people than a digest. What is no package URL is a version by itself.
func artifact(id string) (name, version, tag string) {
	rest, isPackage := strings.CutPrefix(id, "pkg:")
	if !isPackage {
		return "", id, ""
	}
	rest, _, _ = strings.Cut(rest, "#")
	rest, qualifiers, _ := strings.Cut(rest, "?")
	if values, err := url.ParseQuery(qualifiers); err == nil {
		tag = values.Get("tag")
	}
	at := strings.LastIndex(rest, "@")
	if at < 0 {
		return "pkg:" + rest, "", tag
	}
	if version, err := url.PathUnescape(rest[at+1:]); err == nil {
		return "pkg:" + rest[:at], version, tag
	}
	return "pkg:" + rest[:at], rest[at+1:], tag
}
