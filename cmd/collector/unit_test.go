package main

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"collector/lab/servers"
)

// TestUnitConfines lives with what the unit leaves: a read-only system, no capability,
// no new privileges, the system calls of its SystemCallFilter (all others are answered
// with EPERM, as there), its address families, and no memory that is both written and
// executed. It needs no systemd that runs; strace stands in for the kernel's filter.
func TestUnitConfines(t *testing.T) {
	servers.Need(t, servers.KindSystemd, servers.KindNamespaces, servers.KindStrace)
	text, err := os.ReadFile("../../contrib/collector.service")
	if err != nil {
		t.Fatal(err)
	}
	u := unit(text)
	dir := t.TempDir()
	makeReachable(t, dir)
	program, storage, traces := filepath.Join(dir, "collector"), filepath.Join(dir, "store"), filepath.Join(dir, "traces")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("building: %v\n%s", err, out)
	}
	ownedDir(t, storage)
	ownedDir(t, traces)
	allowed := u.systemCalls(t)
	quiet := maps.Clone(allowed) // the rest is written down
	for _, name := range []string{"mmap", "mprotect", "pkey_mprotect", "socket"} {
		delete(quiet, name)
	}
	c := &confined{
		script: `store=$1 traces=$2 user=$3 quiet=$4 allowed=$5; shift 5
			mount --bind "$store" "$store"
			mount --bind "$traces" "$traces"
			mount -t proc -o subset=pid,hidepid=invisible proc /proc
			mount -o remount,ro,bind /
			cd "$store"
			exec setpriv --reuid "$user" --regid "$user" --clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all \
				strace -D -f --seccomp-bpf -qq -e signal=none -e trace="!$quiet" -e inject="!$allowed:error=EPERM" -o "$traces/$$" "$@"`,
		args: []string{storage, traces, fmt.Sprint(imageUser), names(quiet), names(allowed)}, store: storage,
	}
	c.configure(t, dir, dir, storage)
	// Everybody may be nicer, but setpriority is in @resources.
	if _, said := c.run(t, "nice", "-n", "5", "true"); !strings.Contains(said, "not permitted") {
		t.Errorf("the filter lets setpriority through: %s", said)
	}
	c.start(t, program, "serve", "--config", c.config)
	c.lives(t, program)
	u.judge(t, traces, allowed)
}

// unit is the text of a systemd unit.
type unit string

// values are the words of all lines of an option.
func (u unit) values(option string) (words []string) {
	for line := range strings.Lines(string(u)) {
		if rest, ok := strings.CutPrefix(line, option+"="); ok {
			words = append(words, strings.Fields(rest)...)
		}
	}
	return words
}

// systemCalls are those that the unit's filter lets through, as systemd-analyze knows
// its sets.
func (u unit) systemCalls(t *testing.T) map[string]bool {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "systemd-analyze", "syscall-filter", "--no-pager").Output()
	if err != nil {
		t.Fatal(err)
	}
	sets, set := map[string][]string{}, ""
	for line := range strings.Lines(string(out)) {
		word := strings.TrimSpace(line)
		switch {
		case word == "" || strings.HasPrefix(word, "#"):
		case strings.HasPrefix(line, "@"):
			set = word
		default:
			sets[set] = append(sets[set], word)
		}
	}
	var each func(word string, do func(name string))
	each = func(word string, do func(string)) {
		if !strings.HasPrefix(word, "@") {
			do(word)
		}
		for _, member := range sets[word] {
			each(member, do)
		}
	}
	allowed, denies := map[string]bool{}, false
	for line := range strings.Lines(string(u)) {
		rest, ok := strings.CutPrefix(line, "SystemCallFilter=")
		if !ok {
			continue
		}
		rest, denies = strings.CutPrefix(rest, "~")
		for _, word := range strings.Fields(rest) {
			each(word, func(name string) {
				if allowed[name] = true; denies {
					delete(allowed, name)
				}
			})
		}
	}
	if !allowed["read"] || !allowed["execve"] || allowed["mount"] || allowed["setrlimit"] {
		t.Fatalf("the filter is not what it was: %s", names(allowed))
	}
	return allowed
}

// names is a set for strace, which need not know each of them.
func names(set map[string]bool) string {
	return "?" + strings.Join(slices.Sorted(maps.Keys(set)), ",?")
}

// ended is a line on a thread that died in a call because another ended the process:
// strace then takes what is in the dying thread's registers, an address mostly, for
// the number of the call.
var ended = regexp.MustCompile(`^\d+ +syscall_0x[0-9a-f]+\(.*<detached \.\.\.>$`)

var systemCall = regexp.MustCompile(`^\d+ +(?:<\.\.\. )?(\w+)(?:\(| resumed)`)

// judge reads what was written down: nothing that only the kernel's own restrictions
// would refuse was asked for.
func (u unit) judge(t *testing.T, traces string, allowed map[string]bool) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(traces, "*"))
	if err != nil || len(files) < 5 {
		t.Fatalf("the traces are %v, %v", files, err)
	}
	seen, families := map[string]int{}, u.values("RestrictAddressFamilies")
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			m := systemCall.FindStringSubmatch(line)
			if m == nil || ended.MatchString(strings.TrimSpace(line)) {
				continue
			}
			seen[m[1]]++
			switch {
			case !allowed[m[1]] && !strings.Contains(line, "INJECTED") && !strings.Contains(line, "unfinished"):
				t.Errorf("it was let through: %s", line)
			case strings.Contains(line, "PROT_WRITE|PROT_EXEC"):
				t.Errorf("MemoryDenyWriteExecute: %s", line)
			case m[1] == "socket" && !strings.Contains(line, " resumed>") && !slices.ContainsFunc(families, func(f string) bool { return strings.Contains(line, "("+f+",") }):
				t.Errorf("RestrictAddressFamilies: %s", line)
			}
		}
	}
	if seen["mmap"] == 0 || seen["socket"] == 0 {
		t.Errorf("the traces show nothing: %v", seen)
	}
	t.Logf("system calls that were looked at: %v", seen)
}
