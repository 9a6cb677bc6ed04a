//go:build !linux

package main

// lazyTimers does nothing where the kernel has no slack that a process can set.
func lazyTimers() {}
