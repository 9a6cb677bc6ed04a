package grafana

import (
	"encoding/json"
	"testing"

	"collector/lab/standin"
)

// recorded is an exchange with a real Grafana 9.4.
func recorded(t testing.TB, name string) standin.Recording {
	t.Helper()
	r, err := standin.Recorded(name)
	if err != nil {
		t.Fatal(err)
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
