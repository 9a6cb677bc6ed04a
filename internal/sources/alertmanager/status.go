package alertmanager

import (
	"context"
	"encoding/json"
	"io"
	"time"
)

// Status is what an Alertmanager says about itself.
type Status struct {
	Version string
	Running time.Duration // since when it runs, to the second
	Members int           // of its cluster, itself included; 0 where it is alone
	Offset  time.Duration // of its clock from ours, to the second; positive: it is ahead
}

// status is what is needed of models.AlertmanagerStatus.
type status struct {
	Uptime  time.Time `json:"uptime"` // when it started
	Version struct {
		Version string `json:"version"`
	} `json:"versionInfo"`
	Cluster struct {
		Peers []struct{} `json:"peers"`
	} `json:"cluster"`
}

// Status asks for it.
func (c *Client) Status(ctx context.Context) (Status, error) {
	var found Status
	err := c.get(ctx, "status", nil, func(body io.Reader, date time.Time) (err error) {
		found, err = readStatus(body, time.Now(), date)
		return err
	})
	return found, err
}

// started is its version, and when it started by its own clock.
func (c *Client) started(ctx context.Context) (version string, at time.Time, err error) {
	var s status
	err = c.get(ctx, "status", nil, func(body io.Reader, _ time.Time) (err error) {
		s, err = decodeStatus(body)
		return err
	})
	return s.Version.Version, s.Uptime, err
}

func decodeStatus(body io.Reader) (status, error) {
	var s status
	if err := json.NewDecoder(body).Decode(&s); err != nil {
		return status{}, malformed(err)
	}
	if s.Uptime.IsZero() || s.Version.Version == "" {
		return status{}, malformed(nil)
	}
	return s, nil
}

// readStatus reads an answer that came at a time, date by the server's clock.
func readStatus(body io.Reader, came, date time.Time) (Status, error) {
	s, err := decodeStatus(body)
	if err != nil {
		return Status{}, err
	}
	if date.IsZero() {
		date = came
	}
	found := Status{Version: s.Version.Version, Running: max(0, date.Sub(s.Uptime)), Members: len(s.Cluster.Peers)}
	// The server cut the fraction of its second off.
	switch ahead := date.Sub(came); {
	case ahead > 0:
		found.Offset = ahead
	case ahead < -time.Second:
		found.Offset = ahead + time.Second
	}
	found.Offset = found.Offset.Truncate(time.Second)
	return found, nil
}
