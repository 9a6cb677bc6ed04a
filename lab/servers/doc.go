// Package servers starts real MariaDB, MySQL, Prometheus, Alertmanager and
// mysqld_exporter servers as ordinary processes on loopback, each on a free
// port with all of its files in a temporary directory of its own, for the
// tests and for the lab.
//
// Every server is stopped by its own process ID, first with SIGTERM, after a
// bounded time with SIGKILL, and dies with the process that started it. Errors
// of a server that did not start or died end in the tail of its log.
//
// The programs come from two Debian releases: the machine's own (MariaDB, and
// the older Prometheus, Alertmanager and exporter), and a directory with a
// minimal Debian sid (MySQL, and the newer ones), which `go run ./lab install`
// puts into [CacheDir]. A test says what it needs with [Need].
package servers
