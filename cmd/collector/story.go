package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"collector/internal/page"
	"collector/internal/report"
)

const (
	// storiesKept is how many drafts are kept for their pages: people look at one, and
	// compare it with another.
	storiesKept = 2
	// storyIdle is for how long a draft is kept that nobody looks at: a page asks two or
	// three times in a row.
	storyIdle = 2 * time.Minute
)

// stories are the drafts that people look at, as their pages draw them. They are
// derived from the evidence like any draft, since timeline.json has no series.
type stories struct {
	deriving chan struct{} // one at a time: a large draft takes its memory once
	now      func() time.Time

	mu      sync.Mutex
	kept    []keptStory // the one that was asked for last comes first
	waiting bool        // forget will come
}

type keptStory struct {
	dir, version string
	story        page.Story
	asked        time.Time
}

func newStories(now func() time.Time) *stories {
	return &stories{deriving: make(chan struct{}, 1), now: now}
}

// Story is the draft in a directory.
func (s *stories) Story(ctx context.Context, dir string) (page.Story, error) {
	version, err := draftVersion(dir)
	if err != nil {
		return page.Story{}, err
	}
	if story, found := s.find(dir, version); found {
		return story, nil
	}
	select {
	case s.deriving <- struct{}{}:
		defer func() { <-s.deriving }()
	case <-ctx.Done():
		return page.Story{}, ctx.Err()
	}
	if story, found := s.find(dir, version); found { // made while we waited
		return story, nil
	}
	story, err := readStory(dir, version)
	if err != nil {
		return page.Story{}, err
	}
	s.keep(keptStory{dir, version, story, s.now()})
	return story, nil
}

// draftVersion changes when the draft is written anew: its sums are written last.
func draftVersion(dir string) (string, error) {
	info, err := os.Stat(filepath.Join(dir, "SHA256SUMS"))
	if err != nil {
		return "", fmt.Errorf("reading the draft: %w", err)
	}
	return fmt.Sprintf("%x-%x", info.ModTime().UnixNano(), info.Size()), nil
}

func readStory(dir, version string) (page.Story, error) {
	bundle, err := report.Read(dir)
	if err != nil {
		return page.Story{}, err
	}
	draft, err := derive(bundle.Records)
	if err != nil {
		return page.Story{}, fmt.Errorf("deriving %s: %w", dir, err)
	}
	return page.NewStory(draft, version), nil
}

func (s *stories) find(dir, version string) (page.Story, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for n, k := range s.kept {
		if k.dir == dir && k.version == version {
			k.asked = s.now()
			copy(s.kept[1:n+1], s.kept[:n])
			s.kept[0] = k
			return k.story, true
		}
	}
	return page.Story{}, false
}

func (s *stories) keep(k keptStory) {
	s.mu.Lock()
	defer s.mu.Unlock()
	kept := []keptStory{k}
	for _, other := range s.kept {
		if other.dir != k.dir && len(kept) < storiesKept {
			kept = append(kept, other)
		}
	}
	s.kept = kept
	s.wait()
}

// wait has forget come, once.
func (s *stories) wait() {
	if !s.waiting {
		s.waiting = true
		time.AfterFunc(storyIdle, s.forget)
	}
}

// forget drops what nobody has looked at for a while. While anything is kept, it comes
// again.
func (s *stories) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	var kept []keptStory
	for _, k := range s.kept {
		if s.now().Sub(k.asked) < storyIdle {
			kept = append(kept, k)
		}
	}
	s.kept, s.waiting = kept, false
	if len(kept) > 0 {
		s.wait()
	}
}
