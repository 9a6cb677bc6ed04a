package alertmanager

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"collector/internal/sources"
)

// clockTolerance is the offset from which `check` warns.
const clockTolerance = 2 * time.Second

// Check asks what is asked during an incident.
func (c *Client) Check(ctx context.Context) []sources.Diagnosis {
	line := func(level sources.Level, text string, fix ...string) sources.Diagnosis {
		return sources.Diagnosis{Source: Kind + "/" + c.cfg.Name, Level: level, Text: text, Fix: fix}
	}
	status, err := c.Status(ctx)
	if err != nil {
		return []sources.Diagnosis{line(sources.Failed, fmt.Sprintf("%s does not say its status: %v", c.client.URL, err), c.fix(err))}
	}
	held, err := c.Active(ctx)
	if err != nil {
		return []sources.Diagnosis{line(sources.Failed, fmt.Sprintf("%s does not say which alerts fire: %v", c.client.URL, err), c.fix(err))}
	}
	about := fmt.Sprintf("version %s, alerts firing: %d", status.Version, held.Len())
	if status.Members > 1 {
		about += fmt.Sprintf(", one of %d of a cluster: each of them belongs into alertmanager", status.Members)
	}
	lines := []sources.Diagnosis{line(sources.OK, about)}
	if status.Offset.Abs() > clockTolerance {
		lines = append(lines, line(sources.Degraded, fmt.Sprintf("its clock is %s off: it may take for resolved what fires", status.Offset), "run NTP on both machines"))
	}
	return lines
}

// fix is what to do about an answer that did not come.
func (c *Client) fix(err error) string {
	var refused refusal
	switch errors.As(err, &refused); int(refused) {
	case http.StatusUnauthorized, http.StatusForbidden:
		return "give http_client of alertmanager " + c.cfg.Name + " a credential that may read; if it has tenants, name yours in http_headers"
	}
	return "check url (with its path prefix) and http_client of alertmanager " + c.cfg.Name
}
