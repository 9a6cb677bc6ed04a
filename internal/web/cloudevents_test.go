package web

import (
	"context"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/cloudevents/sdk-go/v2/binding"
	reference "github.com/cloudevents/sdk-go/v2/event"
	sender "github.com/cloudevents/sdk-go/v2/protocol/http"
)

// deployed is a CDEvent as the specification 0.4 has it (conformance/service_deployed.json),
// of a service shop.
const deployed = `{"context":{"version":"0.4.1","id":"271069a8-fc18","source":"/pipelines/7","type":"dev.cdevents.service.deployed.0.1.1","timestamp":"2024-07-12T09:10:00.315384Z"},
	"subject":{"id":"deployment/shop","source":"/clusters/a","type":"service","content":{"environment":{"id":"prod-1","name":"production"},
	"artifactId":"pkg:oci/shop@sha256%3A0b31b1c02ff458ad9b7b81cbdf8f028b?tag=1.4.2"}},
	"customData":{"commit":"ab12","git":{"branch":"main"}},"customDataContentType":"application/json"}`

// kept is what the journal has of it.
const deployedKept = "09:10:00 artifact=pkg:oci/shop artifact_version=sha256:0b31b1c02ff458ad9b7b81cbdf8f028b commit=ab12 environment=production " +
	"event=deploy_finished event_source=/pipelines/7 event_type=dev.cdevents.service.deployed.0.1.1 git.branch=main service=shop subject_id=deployment/shop version=1.4.2"

// sdkEvent is an event of the reference implementation.
func sdkEvent(t testing.TB, id, kind, media string, data any) reference.Event {
	t.Helper()
	e := reference.New()
	e.SetID(id)
	e.SetSource("/pipelines/7")
	e.SetType(kind)
	e.SetSubject("deployment/shop")
	e.SetTime(time.Date(2024, 7, 12, 9, 10, 0, 0, time.UTC))
	if err := e.SetData(media, data); err != nil {
		t.Fatal(err)
	}
	return e
}

// received turns what a client sends into what a server gets.
func received(t testing.TB, sent *http.Request, err error) *http.Request {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, changesPath, sent.Body)
	r.Header = sent.Header
	return r
}

// TestFromTheReferenceImplementation: what CloudEvents' own SDK sends arrives, in each
// content mode, once.
func TestFromTheReferenceImplementation(t *testing.T) {
	const kind = "dev.cdevents.service.deployed.0.1.1"
	asText := sdkEvent(t, "1", kind, "text/plain", deployed)
	asBytes := sdkEvent(t, "1", kind, "application/cdevents+json", []byte(deployed))
	other := sdkEvent(t, "2", "dev.cdevents.taskrun.started.0.2.0", "application/json", []byte(`{}`))
	for name, send := range map[string]func(context.Context) (*http.Request, error){
		"binary": func(ctx context.Context) (*http.Request, error) {
			return sender.NewHTTPRequestFromEvent(ctx, "http://x", asBytes)
		},
		"structured, base64": func(ctx context.Context) (*http.Request, error) {
			return sender.NewHTTPRequestFromEvent(binding.WithForceStructured(ctx), "http://x", asBytes)
		},
		"structured, as a string": func(ctx context.Context) (*http.Request, error) {
			return sender.NewHTTPRequestFromEvent(binding.WithForceStructured(ctx), "http://x", asText)
		},
		"batch": func(ctx context.Context) (*http.Request, error) {
			return sender.NewHTTPRequestFromEvents(ctx, "http://x", []reference.Event{asBytes, other, asBytes})
		},
	} {
		t.Run(name, func(t *testing.T) {
			kept := &diary{}
			handler := pushTo(t, kept)
			for range 2 {
				sent, err := send(t.Context())
				rec := httptest.NewRecorder()
				handler.ServeHTTP(rec, received(t, sent, err))
				if rec.Code != 200 {
					t.Fatalf("%d %s", rec.Code, rec.Body)
				}
			}
			if got := kept.told(); got != deployedKept {
				t.Errorf("kept\n%s\nwant\n%s", got, deployedKept)
			}
		})
	}
}

// structured is a CloudEvent as JSON with data in it.
func structured(id, kind, data string) string {
	return `{"specversion":"1.0","id":"` + id + `","source":"/pipelines/7","type":"` + kind + `","time":"2024-07-12T09:10:00Z","data":` + data + `}`
}

func TestCloudEvents(t *testing.T) {
	const kind = "dev.cdevents.service.deployed.0.1.1"
	binary := func(header ...string) []string {
		return append([]string{"Ce-Specversion", "1.0", "Ce-Id", "1", "Ce-Source", "/pipelines/7", "Ce-Type", kind, "Content-Type", "application/json"}, header...)
	}
	asJSON := []string{"Content-Type", "application/cloudevents+json; charset=UTF-8"}
	asBatch := []string{"Content-Type", "application/cloudevents-batch+json"}
	plain := []string{"Content-Type", "application/json"}
	for _, tt := range []struct {
		name, body string
		header     []string
		code       int
		want       string // of the answer where nothing is kept, else deployedKept or what follows a time
	}{
		{"binary", deployed, binary(), 200, deployedKept},
		{"binary, percent-encoded", deployed, binary("Ce-Source", "%2Fpipelines%2f7", "Ce-Id", "Euro%20%E2%82%AC"), 200, deployedKept},
		{"binary, quoted", deployed, binary("Ce-Type", `"`+strings.ReplaceAll(kind, "service", `ser\vice`)+`"`), 200, deployedKept},
		{"binary, without a type of its data", deployed, append(binary(), "Content-Type", ""), 200, deployedKept},
		{"structured", structured("1", kind, deployed), asJSON, 200, deployedKept},
		{"version 0.3", strings.Replace(structured("1", kind, deployed), "1.0", "0.3", 1), asJSON, 200, deployedKept},
		{"a CDEvent by itself", deployed, plain, 200, deployedKept},
		{"a CDEvent with its own type", deployed, []string{"Content-Type", "application/cdevents+json"}, 200, deployedKept},
		{"an empty batch", "[]", asBatch, 200, `"kept":0`},
		{"another type", structured("1", "com.example.thing", `{"a":1}`), asJSON, 200, `"ignored":1`},
		{"another type with data of any sort", structured("1", "com.example.thing", `"<xml/>"`), asJSON, 200, `"ignored":1`},
		{"another CDEvent by itself", strings.ReplaceAll(deployed, "service.deployed", "artifact.published"), plain, 200, `"ignored":1`},
		{"another predicate", structured("1", "dev.cdevents.service.archived.0.1.0", deployed), asJSON, 200, `"ignored":1`},

		{"no id", strings.Replace(structured("", kind, deployed), `"id":"",`, ``, 1), asJSON, 400, "the CloudEvent has no id"},
		{"no source", deployed, binary("Ce-Source", ""), 400, "the CloudEvent has no source"},
		{"version 2", deployed, binary("Ce-Specversion", "2.0"), 400, `specversion is \"2.0\"`},
		{"a header that is not encoded", deployed, binary("Ce-Id", "100%"), 400, "ce-id: it is not percent-encoded"},
		{"a header that is not UTF-8", deployed, binary("Ce-Id", "%C0%A0"), 400, "ce-id: it is not UTF-8"},
		{"an id of a wrong type", `{"specversion":"1.0","id":7}`, asJSON, 400, `\"id\" is of a wrong type, number`},
		{"no data", structured("1", kind, "null"), asJSON, 400, "no JSON object"},
		{"data that is a list", structured("1", kind, "[]"), asJSON, 400, "no JSON object"},
		{"data_base64 that is a number", `{"data_base64":1,"specversion":"1.0","id":"1","source":"s","type":"` + kind + `"}`, asJSON, 400, `\"data_base64\" is of a wrong type, number`},
		{"data_base64 that is none", `{"data_base64":"?","specversion":"1.0","id":"1","source":"s","type":"` + kind + `"}`, asJSON, 400, "it is no CloudEvent"},
		{"data_base64 of nothing", `{"data_base64":"` + base64.StdEncoding.EncodeToString([]byte("nothing")) + `","specversion":"1.0","id":"1","source":"s","type":"` + kind + `"}`, asJSON, 400, "no JSON object"},
		{"a subject without an id", strings.Replace(deployed, "deployment/shop", "", 1), binary(), 400, "subject has no id"},
		{"content of a wrong type", structured("1", kind, `{"subject":{"id":"x","content":[]}}`), asJSON, 400, `\"subject.content\" is of a wrong type, array`},
		{"a wrong time", strings.Replace(deployed, "2024-07-12T", "12.07.2024 ", 1), binary(), 400, "write RFC 3339"},
		{"the second of a batch", "[" + structured("1", kind, deployed) + `,{}]`, asBatch, 400, "number 2 of 2: the CloudEvent has no"},
		{"a batch as one", "[" + structured("1", kind, deployed) + "]", asJSON, 400, "application/cloudevents-batch+json"},
		{"one as a batch", structured("1", kind, deployed), asBatch, 400, "its Content-Type is application/cloudevents+json"},
		{"avro", "\x00", []string{"Content-Type", "application/cloudevents+avro"}, 400, "not JSON"},
		{"JSON called avro", "{}", []string{"Content-Type", "application/cloudevents+avro"}, 415, "send JSON"},
		{"binary XML", "<a/>", binary("Content-Type", "text/xml"), 415, `is \"text/xml\", not JSON`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			kept := &diary{}
			rec := ask(pushTo(t, kept), "POST", changesPath, tt.body, tt.header...)
			if rec.Code != tt.code {
				t.Fatalf("%d %s", rec.Code, rec.Body)
			}
			if tt.want == deployedKept {
				if got := kept.told(); got != tt.want {
					t.Errorf("kept\n%s\nwant\n%s", got, tt.want)
				}
			} else if !strings.Contains(rec.Body.String(), tt.want) || kept.told() != "" {
				t.Errorf("it says %s and keeps %q", rec.Body, kept.told())
			}
		})
	}
}

// TestCDEvents: what each event about a service is.
func TestCDEvents(t *testing.T) {
	for _, tt := range []struct{ predicate, subject, artifact, want string }{
		{"deployed.0.2.0", "shop", "pkg:golang/mygit.com/myorg/shop@234fd47e07d1", "event=deploy_finished service=shop version=234fd47e07d1"},
		{"upgraded.0.2.0-draft", "service/shop", "pkg:npm/%40my/shop@1.2.3#sub", "event=deploy_finished service=shop subject_id=service/shop version=1.2.3"},
		{"published", "team-a/shop", "", "event=deploy_finished service=team-a/shop"},
		{"rolledback.0.1.1", "DaemonSet/shop", "927aa808433d", "event=rollback_finished service=shop subject_id=DaemonSet/shop version=927aa808433d"},
		{"removed.0.1.1", "shop", "pkg:oci/shop", "event=change message=the service was removed service=shop"},
		{"deployed.0.2.0", "shop", "pkg:oci/shop@100%?tag", "event=deploy_finished service=shop version=100%"},
	} {
		t.Run(tt.predicate, func(t *testing.T) {
			kept := &diary{}
			body := `{"context":{"id":"1","source":"s","type":"dev.cdevents.service.` + tt.predicate + `"},"subject":{"id":"` + tt.subject + `","content":{"artifactId":"` + tt.artifact + `"}}}`
			if rec := ask(pushTo(t, kept), "POST", changesPath, body, "Content-Type", "application/json"); rec.Code != 200 {
				t.Fatalf("%d %s", rec.Code, rec.Body)
			}
			got := kept.kept[0]
			for _, name := range []string{"artifact", "artifact_version", "event_source", "event_type"} {
				delete(got.Fields, name)
			}
			if line := strings.TrimPrefix(kept.told(), "undated "); line != tt.want {
				t.Errorf("kept %s\nwant %s", line, tt.want)
			}
		})
	}
}
