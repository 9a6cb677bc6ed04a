package mysql

import (
	"context"
	"time"

	"collector/internal/sources"
	"collector/internal/sources/mysql/episodes"
	"collector/internal/timeline"
)

// Source is one recorded server as a draft asks about it: what the recorder
// stored, and what the server itself keeps a history of, if it can be asked.
type Source struct {
	config Config
	store  string // the store's directory
}

// New is the source of a server whose recorder writes to the store in a directory.
func New(config Config, storePath string) *Source {
	return &Source{config: config, store: storePath}
}

// Kind is mysql.
func (s *Source) Kind() string { return kind }

// Name is the server's name in the configuration.
func (s *Source) Name() string { return s.config.Name }

// Gather reads the recording of the window. A store that cannot be opened becomes
// a failure record, as every other question without an answer does.
func (s *Source) Gather(ctx context.Context, req sources.Request) ([]timeline.Evidence, error) {
	if !req.Scope.Includes(s.config.Cluster, s.config.Name) {
		return nil, nil
	}
	recorded, err := s.gatherRecorded(ctx, req)
	if err != nil {
		return nil, err
	}
	written, err := s.gatherWritten(ctx, req)
	return append(recorded, written...), err
}

// gatherRecorded reads what the recorder stored of the window.
func (s *Source) gatherRecorded(ctx context.Context, req sources.Request) ([]timeline.Evidence, error) {
	reader, closeReader := openRecording(ctx, s.store)
	defer closeReader()
	thresholds := s.config.Thresholds
	return episodes.Gather(ctx, reader, episodes.Server{
		Name: s.config.Name, Cluster: s.config.Cluster, Interval: time.Duration(s.config.Interval),
		Thresholds: episodes.Thresholds{
			LongStatement:   time.Duration(thresholds.LongStatement),
			LongTransaction: time.Duration(thresholds.LongTransaction),
			ReplicationLag:  time.Duration(thresholds.ReplicationLag),
			LockWait:        time.Duration(thresholds.LockWait),
		},
	}, req)
}

// Check tries the server as its recorder would.
func (s *Source) Check(ctx context.Context) []sources.Diagnosis { return Check(ctx, s.config) }
