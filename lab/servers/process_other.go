//go:build !linux

package servers

import "syscall"

// dieWithParent exists on Linux only; elsewhere a crashed test leaves its servers running.
func dieWithParent() *syscall.SysProcAttr { return nil }
