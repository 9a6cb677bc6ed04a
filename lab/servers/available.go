package servers

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// InstallCommand makes every kind of server available.
const InstallCommand = "go run ./lab install"

// Kind is a program that a test or the lab can need.
type Kind string

// The kinds, by the version that stands in the two Debian releases.
const (
	KindMariaDB        Kind = "mariadb"
	KindMySQL          Kind = "mysql"
	KindPrometheus2    Kind = "prometheus 2.42"
	KindPrometheus3    Kind = "prometheus 3.5"
	KindAlertmanager25 Kind = "alertmanager 0.25"
	KindAlertmanager33 Kind = "alertmanager 0.33"
	KindExporter14     Kind = "mysqld_exporter 0.14"
	KindExporter19     Kind = "mysqld_exporter 0.19"
	KindNodeExporter   Kind = "node_exporter"
	KindPromtool       Kind = "promtool" // the machine's own, beside Prometheus 2.42
	KindPromtool3      Kind = "promtool 3.5"
	KindChromium       Kind = "chromium"
	KindPoppler        Kind = "pdftotext"
	KindSysbench       Kind = "sysbench"
	KindStalk          Kind = "pt-stalk"
	KindSystemd        Kind = "systemd-analyze"
	KindStrace         Kind = "strace"
	KindSSHKeygen      Kind = "ssh-keygen"
	KindNamespaces     Kind = "mount namespaces" // which need root
)

// Kinds lists all of them.
func Kinds() []Kind {
	return []Kind{
		KindMariaDB, KindMySQL, KindPrometheus2, KindPrometheus3, KindAlertmanager25,
		KindAlertmanager33, KindExporter14, KindExporter19, KindNodeExporter,
		KindPromtool, KindPromtool3, KindChromium, KindPoppler, KindSysbench, KindStalk, KindSystemd, KindStrace, KindSSHKeygen, KindNamespaces,
	}
}

// programs is what must exist for a kind: names are looked up in PATH and in
// the sbin directories, which a plain user's PATH lacks.
func programs(kind Kind) []string {
	switch kind {
	case KindMariaDB:
		return []string{"mariadbd", "mariadb-install-db"}
	case KindMySQL:
		return []string{sidPath("usr/sbin/mysqld")}
	case KindPrometheus2:
		return []string{"prometheus"}
	case KindPrometheus3:
		return []string{sidPath("usr/bin/prometheus")}
	case KindAlertmanager25:
		return []string{"prometheus-alertmanager"}
	case KindAlertmanager33:
		return []string{sidPath("usr/bin/prometheus-alertmanager")}
	case KindExporter14:
		return []string{"prometheus-mysqld-exporter"}
	case KindExporter19:
		return []string{sidPath("usr/bin/prometheus-mysqld-exporter")}
	case KindNodeExporter:
		return []string{"prometheus-node-exporter"}
	case KindPromtool:
		return []string{"promtool"}
	case KindPromtool3:
		return []string{sidPath("usr/bin/promtool")}
	case KindChromium:
		return []string{"chromium"}
	case KindPoppler:
		return []string{"pdftotext"}
	case KindSysbench:
		return []string{"sysbench"}
	case KindStalk:
		return []string{"pt-stalk", "mysqladmin"}
	case KindSystemd:
		return []string{"systemd-analyze"}
	case KindSSHKeygen:
		return []string{"ssh-keygen"}
	case KindStrace:
		return []string{"strace"}
	case KindNamespaces:
		return []string{"unshare", "setpriv", "mount"}
	}
	return nil
}

// Available says what is missing to start servers of a kind, or nil.
func Available(kind Kind) error {
	names := programs(kind)
	if names == nil {
		return fmt.Errorf("unknown kind of server %q", kind)
	}
	for _, name := range names {
		if _, err := lookUp(name); err != nil {
			return fmt.Errorf("%s is not installed (%w); run: %s", kind, err, InstallCommand)
		}
	}
	if kind == KindNamespaces {
		return tryNamespace()
	}
	return nil
}

// tryNamespace says why this process cannot make a mount namespace: it is not root,
// or a container keeps it from it.
func tryNamespace() error {
	if out, err := exec.Command("unshare", "--mount", "true").CombinedOutput(); err != nil { //nolint:noctx // returns at once
		return fmt.Errorf("%s cannot be made: %w: %s; run as root, in a container with CAP_SYS_ADMIN", KindNamespaces, err, strings.TrimSpace(string(out)))
	}
	return nil
}

// Need ends a test that lacks a server: as a failure where CI=true, else as a
// skip that says so loudly. It is the only place of the repository that skips.
// With -short every test that needs a server is skipped.
func Need(t testing.TB, kinds ...Kind) {
	t.Helper()
	if testing.Short() {
		t.Skipf("SKIPPED: -short leaves out what needs %s", list(kinds))
	}
	for _, kind := range kinds {
		err := Available(kind)
		switch {
		case err == nil:
		case os.Getenv("CI") == "true":
			t.Fatalf("CI=true, and a server is missing: %v", err)
		default:
			fmt.Fprintf(os.Stderr, "SKIPPED %s: %v\n", t.Name(), err)
			t.Skipf("SKIPPED, NOT TESTED: %v", err)
		}
	}
}

func list(kinds []Kind) string {
	names := make([]string, len(kinds))
	for i, k := range kinds {
		names[i] = string(k)
	}
	return strings.Join(names, ", ")
}

// lookUp finds a program by absolute path, in PATH, or in the sbin directories.
func lookUp(name string) (string, error) {
	path, err := exec.LookPath(name)
	if err == nil {
		return path, nil
	}
	for _, dir := range []string{"/usr/local/sbin/", "/usr/sbin/", "/sbin/"} {
		if found, sbinErr := exec.LookPath(dir + name); sbinErr == nil {
			return found, nil
		}
	}
	return "", err
}
