package main

import (
	"debug/elf"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"collector/lab/servers"
)

// TestImage makes the root file system that the Dockerfile describes, with a binary
// built by its own command line, and lives in it as its user, with its command lines:
// the root is read-only, and the volume alone can be written. It needs no container
// engine; what a registry adds, the image of the compiler, is not tested.
func TestImage(t *testing.T) {
	servers.Need(t, servers.KindNamespaces)
	text, err := os.ReadFile("../../Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	file := dockerfile(strings.ReplaceAll(string(text), "\\\n", ""))
	dir := t.TempDir()
	makeReachable(t, dir)
	root, store := filepath.Join(dir, "root"), filepath.Join(dir, "store")
	for _, name := range []string{"etc/collector", "etc/ssl/certs", "usr/local/bin", "var/lib/collector", "tmp", "proc"} {
		if err := os.MkdirAll(filepath.Join(root, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	ownedDir(t, store)
	file.build(t, filepath.Join(root, file.entrypoint(t)[0]))
	c := &confined{
		script: `root=$1 store=$2 wd=$3 user=$4; shift 4
			mount --bind "$root" "$root"
			mount --bind "$store" "$root$wd"
			mount -t proc -o subset=pid,hidepid=invisible proc "$root/proc"
			mount -o remount,ro,bind "$root"
			exec setpriv --no-new-privs unshare --root="$root" --wd="$wd" --setgid="$user" --setuid="$user" "$@"`,
		args: []string{root, store, file.one(t, "VOLUME"), fmt.Sprint(imageUser)}, store: store,
	}
	if wd, user := file.one(t, "WORKDIR"), file.one(t, "USER"); wd != file.one(t, "VOLUME") || user != fmt.Sprintf("%d:%[1]d", imageUser) {
		t.Errorf("it runs as %s in %s", user, wd)
	}
	c.configure(t, filepath.Join(root, "etc/collector"), "/etc/collector", file.one(t, "VOLUME"))
	entrypoint := file.entrypoint(t)
	if code, said := c.run(t, append(slices.Clone(entrypoint), "--version")...); code != exitOK || !strings.Contains(said, "v1.2.3-test") {
		t.Errorf("its version is %d %s", code, said)
	}
	c.start(t, append(slices.Clone(entrypoint), file.words(t, file.one(t, "CMD"))...)...)
	_, health, _ := strings.Cut(file.one(t, "HEALTHCHECK"), " CMD ")
	if code, said := c.run(t, file.words(t, health)...); code != exitOK {
		t.Errorf("HEALTHCHECK ends with %d: %s", code, said)
	}
	c.lives(t, entrypoint[0])
}

// dockerfile is the text of one, its continued lines joined.
type dockerfile string

// all are the arguments of an instruction in the last stage.
func (f dockerfile) all(instruction string) (all []string) {
	for line := range strings.Lines(string(f)[strings.LastIndex(string(f), "\nFROM "):]) {
		if rest, ok := strings.CutPrefix(line, instruction+" "); ok {
			all = append(all, strings.TrimSpace(rest))
		}
	}
	return all
}

func (f dockerfile) one(t *testing.T, instruction string) string {
	t.Helper()
	all := f.all(instruction)
	if len(all) != 1 {
		t.Fatalf("there are %d %s in the last stage: %v", len(all), instruction, all)
	}
	return all[0]
}

// words are a command line that needs no shell.
func (f dockerfile) words(t *testing.T, text string) (words []string) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &words); err != nil {
		t.Fatalf("%s needs a shell: %v", text, err)
	}
	return words
}

func (f dockerfile) entrypoint(t *testing.T) []string {
	t.Helper()
	return f.words(t, f.one(t, "ENTRYPOINT"))
}

var goBuild = regexp.MustCompile(`(CGO_ENABLED=\S+ go build .*) -o /out/collector \./cmd/collector`)

// build builds the program as the Dockerfile does. It is static: there is no loader
// and no library in the image.
func (f dockerfile) build(t *testing.T, path string) {
	t.Helper()
	m := goBuild.FindStringSubmatch(string(f))
	if m == nil {
		t.Fatal("the Dockerfile builds no collector")
	}
	cmd := exec.CommandContext(t.Context(), "sh", "-c", m[1]+` -o "$0" ./cmd/collector`, path)
	cmd.Dir, cmd.Env = "../..", append(os.Environ(), "VERSION=v1.2.3-test")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", m[1], err, out)
	}
	program, err := elf.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer program.Close()
	for _, p := range program.Progs {
		if p.Type == elf.PT_INTERP || p.Type == elf.PT_DYNAMIC {
			t.Errorf("it is not static: it has a segment %v", p.Type)
		}
	}
	if program.Section(".debug_info") != nil {
		t.Error("it is not stripped")
	}
}
