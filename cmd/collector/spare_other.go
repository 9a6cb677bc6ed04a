//go:build !linux

package main

// releaseProgram is nothing but on Linux.
func releaseProgram() error { return nil }
