package main

import (
	"fmt"
	"log/slog"
	"runtime/debug"

	"collector/internal/sources"
	"collector/internal/timeline"
)

// guard runs a part of the daemon that reads what others wrote. A defect in it is an
// error, and its stack stands in the log: it must not end the recording, again and again
// at each start.
func guard(log *slog.Logger, what string, do func() error) (err error) {
	defer func() {
		if fault := recover(); fault != nil {
			log.Error("a defect of collector; please report it", "while", what, "fault", fault, "stack", string(debug.Stack()))
			err = fmt.Errorf("%s: a defect of collector: %v", what, fault)
		}
	}()
	return do()
}

// understand asks an interpreter. Records on which it breaks down are an error like those
// that it cannot read.
func understand(f sources.Interpreter, w timeline.Window, records []timeline.Evidence) (found timeline.Findings, err error) {
	defer func() {
		if fault := recover(); fault != nil {
			found, err = timeline.Findings{}, fmt.Errorf("a defect of collector: %v", fault)
		}
	}()
	return f(w, records)
}
