// Package install puts everything that the lab runs onto a Debian machine:
// packages of its own release, and a minimal Debian sid in the lab's cache for
// MySQL and the newest monitoring. It needs root, is idempotent, and leaves no
// daemon running.
package install
