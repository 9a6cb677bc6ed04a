package main

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
)

func TestRunSteps(t *testing.T) {
	broken := errors.New("broken")
	tests := []struct {
		name     string
		failAt   int  // the step that does not start, -1 for none
		endsSelf bool // the second step fails while it runs
		want     []string
		err      error
	}{
		{"stops in reverse order", -1, false, []string{"+a", "+b", "+c", "-c", "-b", "-a"}, nil},
		{"undoes what was started", 2, false, []string{"+a", "+b", "-b", "-a"}, broken},
		{"a part that fails stops all", -1, true, []string{"+a", "+b", "+c", "-c", "-b", "-a"}, broken},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			var log []string
			var steps []step
			for i, name := range []string{"a", "b", "c"} {
				steps = append(steps, step{name, func(_ context.Context, failed chan<- error) (func(context.Context) error, error) {
					if i == tt.failAt {
						return nil, broken
					}
					log = append(log, "+"+name)
					if i == 1 && tt.endsSelf {
						failed <- broken
					}
					return func(ctx context.Context) error {
						log = append(log, "-"+name)
						return ctx.Err()
					}, nil
				}})
			}
			if !tt.endsSelf {
				steps = append(steps, step{"end", func(context.Context, chan<- error) (func(context.Context) error, error) {
					cancel()
					return func(context.Context) error { return nil }, nil
				}})
			}
			err := runSteps(ctx, steps)
			if !errors.Is(err, tt.err) || (tt.err == nil && err != nil) {
				t.Errorf("error %v, want %v", err, tt.err)
			}
			if !slices.Equal(log, tt.want) {
				t.Errorf("got %s, want %s", strings.Join(log, " "), strings.Join(tt.want, " "))
			}
		})
	}
}
