package grafana

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// recording is an exchange with a real Grafana 9.4, recorded in testdata.
type recording struct {
	Request struct {
		Method, Path string
		Body         json.RawMessage
	}
	Response struct {
		Status int
		Body   json.RawMessage
	}
}

func recorded(t testing.TB, name string) recording {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var r recording
	if err := json.Unmarshal(data, &r); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return r
}

// decoded reads a recorded body.
func decoded[T any](t testing.TB, raw json.RawMessage) T {
	t.Helper()
	var v T
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// recordedDashboard is the dashboard that was recorded.
func recordedDashboard(t testing.TB, name string) object {
	t.Helper()
	return child(decoded[object](t, recorded(t, name).Response.Body), "dashboard")
}
