package stage

import (
	"encoding/json"
	"fmt"
	"os"
	"time"
)

// deployLog is the log's name in the stage's directory.
const deployLog = "deploy.log"

// Entry is one line of the deploy log, in collector's own field names.
type Entry struct {
	Time        time.Time `json:"time"`
	Service     string    `json:"service"`
	Version     string    `json:"version"`
	Event       string    `json:"event"` // deploy_started, rollback_failed, change, …
	Commit      string    `json:"commit,omitempty"`
	Environment string    `json:"environment"`
	Author      string    `json:"author,omitempty"`
	Message     string    `json:"message,omitempty"`
}

// Log appends an entry to the deploy log and returns its time, which is the
// lab's clock in milliseconds.
func (s *Stage) Log(e Entry) (time.Time, error) {
	e.Time = time.Now().UTC().Truncate(time.Millisecond)
	e.Environment = "production"
	line, err := json.Marshal(e)
	if err != nil {
		return e.Time, fmt.Errorf("writing the deploy log: %w", err)
	}
	f, err := os.OpenFile(s.path(deployLog), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return e.Time, fmt.Errorf("writing the deploy log: %w", err)
	}
	defer f.Close()
	if _, err := f.Write(append(line, '\n')); err != nil {
		return e.Time, fmt.Errorf("writing the deploy log: %w", err)
	}
	return e.Time, nil
}
