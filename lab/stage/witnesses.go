package stage

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"time"

	"collector/lab/standin"
)

// LokiQuery is the name of collector's query for the application's errors.
const LokiQuery = "shop_errors"

// startLoki serves the stand-in for Loki, to which the application ships its errors,
// as most applications log them: with the statement that failed.
func (s *Stage) startLoki(ctx context.Context) error {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp4", "127.0.0.1:0")
	if err != nil {
		return err
	}
	loki := &standin.Loki{}
	server := &http.Server{Handler: loki, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = server.Serve(listener) }() // it ends with Close
	s.undo = append(s.undo, server.Close)
	s.LokiURL = "http://" + listener.Addr().String()
	s.App.OnFailure(func(operation string, at time.Time, err error) {
		line := fmt.Sprintf("level=error operation=%s customer=%d msg=\"request failed\" err=%q sql=%q",
			operation, at.UnixMilli()%Customers, err, "SELECT vat FROM customers WHERE note = '"+CanaryOrderNote+"'")
		loki.Push(map[string]string{"app": "shop", "cluster": Cluster}, standin.LokiEntry{At: at, Line: line})
	})
	return nil
}

// PushDeploy tells collector of a finished deploy, as a pipeline does: a CDEvent in a
// CloudEvent, binary mode. It returns the event's time.
func (s *Stage) PushDeploy(ctx context.Context, service, version string) (time.Time, error) {
	at := time.Now().UTC().Truncate(time.Millisecond)
	id, source, kind := fmt.Sprintf("%s-%s", service, version), "/ci/"+service, "dev.cdevents.service.deployed.0.2.0"
	body, err := json.Marshal(map[string]any{
		"context": map[string]any{"id": id, "source": source, "type": kind, "timestamp": rfc3339(at)},
		"subject": map[string]any{"id": "deployment/" + service, "content": map[string]any{
			"environment": map[string]any{"id": "production"}, "artifactId": "pkg:oci/" + service + "@sha256%3A0b31b1c0?tag=" + version,
		}},
	})
	if err != nil {
		return at, err
	}
	s.Say("deployed %s %s, as a CDEvent tells", service, version)
	return at, s.send(ctx, http.MethodPost, "http://"+s.Listen+"/api/v1/changes?cluster="+Cluster, body, nil, map[string]string{
		"Content-Type": "application/cdevents+json", "ce-specversion": "1.0", "ce-id": id, "ce-source": source, "ce-type": kind,
	})
}

// Silence silences an alert of an instance in Alertmanager, and returns the silence's ID.
func (s *Stage) Silence(ctx context.Context, alert, instance string) (id string, at time.Time, err error) {
	at = time.Now().UTC().Truncate(time.Millisecond)
	is := func(name, value string) map[string]any {
		return map[string]any{"name": name, "value": value, "isRegex": false, "isEqual": true}
	}
	body, err := json.Marshal(map[string]any{
		"matchers": []any{is("alertname", alert), is("instance", instance)}, "startsAt": rfc3339(at), "endsAt": rfc3339(at.Add(time.Hour)),
		"createdBy": "a.berger", "comment": "known, being worked on; " + "ask a.berger@shop.example",
	})
	if err != nil {
		return "", at, err
	}
	var made struct {
		ID string `json:"silenceID"`
	}
	s.Say("%s is silenced", alert)
	err = s.send(ctx, http.MethodPost, s.Alertmanager.URL+"/api/v2/silences", body, &made, map[string]string{"Content-Type": "application/json"})
	return made.ID, at, err
}

// Unsilence expires a silence by hand.
func (s *Stage) Unsilence(ctx context.Context, id string) (time.Time, error) {
	at := time.Now()
	return at, s.send(ctx, http.MethodDelete, s.Alertmanager.URL+"/api/v2/silence/"+id, nil, nil, nil)
}

// Note runs `collector note`: somebody writes down what was just done.
func (s *Stage) Note(ctx context.Context, text string) (time.Time, error) {
	at := time.Now()
	s.Say("noted: %s", text)
	cmd := exec.CommandContext(ctx, s.Program, "note", "--config", s.ConfigFile(), "--cluster", Cluster, "--at", rfc3339(at), text)
	cmd.Dir = s.Dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return at, fmt.Errorf("collector note: %w\n%s", err, out)
	}
	return at, nil
}

// send makes a request that must be answered 2xx, and reads the answer as JSON.
func (s *Stage) send(ctx context.Context, method, url string, body []byte, into any, header map[string]string) error {
	req, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	for name, value := range header {
		req.Header.Set(name, value)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode/100 != 2 {
		return fmt.Errorf("%s %s: %s: %s", method, url, resp.Status, text)
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(text, into)
}
