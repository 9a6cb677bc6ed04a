package servers

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
)

// flavour is what differs between the two database servers before they run.
type flavour struct {
	name       string
	kind       Kind
	version    func(ctx context.Context) (string, error)
	initialise func(ctx context.Context, dir string) *exec.Cmd
	program    func() (string, []string) // the server, and the arguments that must come first
	settings   []string                  // lines of its [mysqld] section
}

// The names of the flavours, as collector spells them.
const (
	FlavourMariaDB = "mariadb"
	FlavourMySQL   = "mysql"
)

func mariadbFlavour() flavour {
	return flavour{
		name:    FlavourMariaDB,
		kind:    KindMariaDB,
		version: func(ctx context.Context) (string, error) { return serverVersion(ctx, resolved("mariadbd")) },
		initialise: func(ctx context.Context, dir string) *exec.Cmd {
			return exec.CommandContext(ctx, resolved("mariadb-install-db"), "--no-defaults", "--datadir="+dir, asUser(),
				"--auth-root-authentication-method=normal", "--skip-test-db", "--innodb-log-file-size=16M")
		},
		program: func() (string, []string) { return resolved("mariadbd"), nil },
		settings: []string{
			"innodb_log_file_size=16M",
			"gtid_strict_mode=ON",
		},
	}
}

// mysqlFlavour runs Debian sid's mysqld on the machine's own root, by sid's own
// dynamic loader and libraries: that needs neither chroot nor root.
func mysqlFlavour() flavour {
	loader := sidPath("usr/lib64/ld-linux-x86-64.so.2")
	if arm := sidPath("usr/lib/ld-linux-aarch64.so.1"); exists(arm) {
		loader = arm
	}
	libraries := sidPath("usr/lib/mysql/private")
	for _, triplet := range []string{"x86_64-linux-gnu", "aarch64-linux-gnu"} {
		libraries += ":" + sidPath("usr/lib", triplet)
	}
	first := []string{"--library-path", libraries, sidPath("usr/sbin/mysqld")}
	share := sidPath("usr/share/mysql")
	return flavour{
		name:    FlavourMySQL,
		kind:    KindMySQL,
		version: func(ctx context.Context) (string, error) { return serverVersion(ctx, loader, first...) },
		initialise: func(ctx context.Context, dir string) *exec.Cmd {
			return exec.CommandContext(ctx, loader, append(first, "--no-defaults", "--initialize-insecure", asUser(),
				"--datadir="+dir, "--lc-messages-dir="+share, "--character-sets-dir="+filepath.Join(share, "charsets"),
				"--innodb-redo-log-capacity=16M")...)
		},
		program: func() (string, []string) { return loader, first },
		settings: []string{
			"lc_messages_dir=" + share,
			"character_sets_dir=" + filepath.Join(share, "charsets"),
			"plugin_dir=" + sidPath("usr/lib/mysql/plugin"),
			"secure_file_priv=NULL",
			"innodb_redo_log_capacity=16M",
			"mysqlx=OFF",
			"gtid_mode=ON",
			"enforce_gtid_consistency=ON",
		},
	}
}

// asUser lets a server that root starts stay root, so that it can read its
// files wherever the cache and the temporary directory are.
func asUser() string {
	if os.Geteuid() == 0 {
		return "--user=root"
	}
	return "--console"
}

// resolved is the program's path, or its bare name, whose start then fails
// with an error that says so.
func resolved(name string) string {
	if path, err := lookUp(name); err == nil {
		return path
	}
	return name
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
