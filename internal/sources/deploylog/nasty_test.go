package deploylog

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/klauspost/compress/zstd"

	"collector/internal/sources/deployline"
	"collector/internal/sources/logfile"
	"collector/internal/timeline"
)

// deployText is one deploy, which told shows as deployTold.
var deployText = say("09:10:00", deployline.DeployStarted, "2") + say("09:10:20", deployline.DeployFinished, "2")

const deployTold = "09:10:00–09:10:20 deploy of shop 2 finished after 20 s\n"

func gzipText(t testing.TB, text string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func zstdText(t testing.TB, text string) string {
	t.Helper()
	enc, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	return string(enc.EncodeAll([]byte(text), nil))
}

func utf16Text(text string, big bool) string {
	var b []byte
	for _, u := range append([]uint16{0xfeff}, utf16.Encode([]rune(text))...) {
		if big {
			b = append(b, byte(u>>8), byte(u))
		} else {
			b = append(b, byte(u), byte(u>>8))
		}
	}
	return string(b)
}

// bzipped is deployText, compressed with bzip2(1), which Go can only read.
func bzipText(t testing.TB) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "deploy.bz2"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestContents(t *testing.T) {
	start, end, _ := strings.Cut(deployText, "\n")
	for name, files := range map[string]map[string]string{
		"plain":                    {"deploy.log": deployText},
		"crlf":                     {"deploy.log": strings.ReplaceAll(deployText, "\n", "\r\n")},
		"byte order mark":          {"deploy.log": "\xef\xbb\xbf" + deployText},
		"utf-16 little":            {"deploy.log": utf16Text(deployText, false)},
		"utf-16 big":               {"deploy.log": utf16Text(deployText, true)},
		"gzip by magic":            {"deploy.log": gzipText(t, deployText)},
		"gzip, two members":        {"deploy.log": gzipText(t, start+"\n") + gzipText(t, end)},
		"zstd":                     {"deploy.log.3": zstdText(t, deployText)},
		"bzip2":                    {"deploy.log.bz2": bzipText(t)},
		"plain that is called gz":  {"deploy.log.gz": deployText},
		"rotated in between":       {"deploy.log.1.gz": gzipText(t, start+"\n"), "deploy.log": end},
		"dated names":              {"deploy.log-20240712": start + "\n", "deploy.log-20240713": end},
		"rotated twice":            {"deploy.log": deployText, "deploy.log.1": deployText, "deploy.log.2.gz": gzipText(t, deployText)},
		"hole of a cut file":       {"deploy.log": strings.Repeat("\x00", 3<<20) + deployText},
		"comments and blank lines": {"deploy.log": "# deploys\n\n \t\n" + deployText + "\n\n"},
		"no newline at the end":    {"deploy.log": strings.TrimSuffix(deployText, "\n")},
		"empty file beside":        {"deploy.log": deployText, "x.log": ""},
		"invalid utf-8":            {"deploy.log": strings.Replace(deployText, `"event"`, "\"x\":\"\xff\xfe\",\"event\"", 1)},
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := newSource(t, File{}, files)
			f := ask(t, s, window)
			if got := told(f); got != deployTold || len(f.Gaps) > 0 {
				t.Errorf("got:\n%s%+v", got, f.Gaps)
			}
		})
	}
}

// TestTroubles: what cannot be read is a gap that names it, and the rest is told.
func TestTroubles(t *testing.T) {
	long := strings.Repeat("x", 10<<20)
	for name, c := range map[string]struct {
		files map[string]string
		gap   string // part of the only gap's reason; "" means no gap
		from  string // when the gap begins and ends
		to    string
	}{
		"bad line after":       {map[string]string{"a.log": deployText + "oops\n" + say("09:30:00", "health", "2")}, "1 line of DIR/a.log could not be read as json (at byte 177: not JSON: wrong at byte 1)", "09:10:20", "09:30:01"},
		"bad lines at the end": {map[string]string{"a.log": deployText + "oops\noops\n"}, "2 lines of DIR/a.log could not be read as json", "09:10:20", "10:00:00"},
		"bad lines before":     {map[string]string{"a.log": "oops\n" + deployText}, "1 line of DIR/a.log could not", "09:00:00", "09:10:01"},
		"bad lines long ago":   {map[string]string{"a.log": say("07:00:00", "health", "1") + "oops\n" + say("07:10:00", "health", "1") + deployText}, "", "", ""},
		"no service":           {map[string]string{"a.log": deployText + say("09:40:00", deployline.DeployStarted, "2", "service", "")}, "no service", "09:40:00", "09:40:01"},
		"10 MB line":           {map[string]string{"a.log": deployText + long + "\n" + say("09:30:00", "health", "2")}, "longer than 1048576 bytes", "09:10:20", "09:30:01"},
		"10 MB value":          {map[string]string{"a.log": deployText + say("09:20:00", "health", "2", "pad", long) + say("09:30:00", "health", "2")}, "longer than", "09:10:20", "09:30:01"},
		"half a last line":     {map[string]string{"a.log": deployText + `{"time":"2024-07-12T09:50:0`}, "", "", ""},
		"binary":               {map[string]string{"a.log": deployText, "b.log": strings.Repeat("\x00\x01\xff\n\x80", 50)}, "none of the 50 lines of DIR/b.log could be read", "09:00:00", "10:00:00"},
		"cut gzip":             {map[string]string{"a.log": deployText, "b.log": gzipText(t, strings.Repeat(say("09:20:00", "health", "2"), 9))[:60]}, "cannot read DIR/b.log: the gzip data ends in the middle", "", ""},
		"damaged gzip":         {map[string]string{"a.log": deployText, "b.log": "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff\xff\xff\xff"}, "cannot read DIR/b.log: the gzip data is damaged", "09:00:00", "10:00:00"},
		"xz":                   {map[string]string{"a.log": deployText, "b.log": "\xfd7zXZ\x00"}, "b.log: is xz-compressed, which is not read: compress it with gzip", "09:00:00", "10:00:00"},
		"deep JSON":            {map[string]string{"a.log": deployText + strings.Repeat(`{"a":`, 5000) + "1" + strings.Repeat("}", 5000) + "\n"}, "nested too deep", "09:10:20", "10:00:00"},
		"list":                 {map[string]string{"a.log": deployText + "[1,2]\n"}, "not a JSON object", "09:10:20", "10:00:00"},
	} {
		t.Run(name, func(t *testing.T) {
			s, dir := newSource(t, File{}, c.files)
			f := ask(t, s, window)
			if got := told(f); got != deployTold {
				t.Errorf("got:\n%s", got)
			}
			if c.gap == "" {
				if len(f.Gaps) > 0 {
					t.Errorf("gaps %+v", f.Gaps)
				}
				return
			}
			if len(f.Gaps) != 1 || !strings.Contains(strings.ReplaceAll(f.Gaps[0].Reason, dir, "DIR"), c.gap) {
				t.Fatalf("gaps %+v, want %s", f.Gaps, c.gap)
			}
			if g := f.Gaps[0]; c.from != "" && (!g.From.Equal(at(c.from)) || !g.To.Equal(at(c.to))) {
				t.Errorf("gap from %s to %s", g.From, g.To)
			}
		})
	}
}

// TestStillBeingWritten: a half line is noted, and a last line without a newline
// is believed when it is complete for certain or nobody writes any more.
func TestStillBeingWritten(t *testing.T) {
	const half = "time=2024-07-12T09:10:00Z service=shop event=change version=1.4"
	for name, c := range map[string]struct {
		age    time.Duration
		events int
	}{"a moment ago": {time.Second, 0}, "long ago": {time.Hour, 1}} {
		t.Run(name, func(t *testing.T) {
			s, dir := newSource(t, File{Format: deployline.FormatLogfmt}, map[string]string{"deploy.log": half})
			req := request(t, window)
			written := req.Now().Add(-c.age)
			if err := os.Chtimes(filepath.Join(dir, "deploy.log"), written, written); err != nil {
				t.Fatal(err)
			}
			records, err := s.Gather(t.Context(), req)
			if err != nil {
				t.Fatal(err)
			}
			f := interpreted(t, window, records)
			noted := slices.ContainsFunc(records, func(e timeline.Evidence) bool { return strings.Contains(e.Body, "still being written") })
			if len(f.Events) != c.events || len(f.Gaps) > 0 || noted != (c.events == 0) {
				t.Errorf("%s%+v, noted %v", told(f), f.Gaps, noted)
			}
		})
	}
}

// TestOddFiles: directories, pipes, sockets, devices and links among the files.
func TestOddFiles(t *testing.T) {
	s, dir := newSource(t, File{}, map[string]string{"deploy.log": deployText})
	in := func(name string) string { return filepath.Join(dir, name) }
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(os.Mkdir(in("old.log"), 0o700))
	must(os.WriteFile(in("old.log/inner.log"), []byte(deployText), 0o600))
	must(syscall.Mkfifo(in("pipe.log"), 0o600))
	must(os.Symlink(in("deploy.log"), in("link.log")))
	must(os.Link(in("deploy.log"), in("hard.log")))
	must(os.Symlink(in("self.log"), in("self.log")))
	must(os.Symlink(in("nowhere"), in("dangling.log")))
	must(os.Symlink("/dev/zero", in("zero.log")))
	var lc net.ListenConfig
	socket, err := lc.Listen(t.Context(), "unix", in("s.log"))
	must(err)
	defer func() { _ = socket.Close() }()

	began := time.Now()
	f := ask(t, s, window)
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("took %s", took)
	}
	if got := told(f); got != deployTold {
		t.Errorf("got:\n%s", got)
	}
	var reasons []string
	for _, g := range f.Gaps {
		reasons = append(reasons, strings.ReplaceAll(g.Reason, dir, "DIR"))
	}
	for _, want := range []string{
		"cannot read DIR/pipe.log: is a named pipe, not a file: make file.paths narrower",
		"cannot read DIR/s.log: is a socket, not a file: make file.paths narrower",
		"cannot read DIR/zero.log: is a device, not a file: make file.paths narrower",
		"cannot read DIR/self.log: too many levels of symbolic links: the symbolic link leads back to itself",
		"cannot read DIR/dangling.log: no such file or directory: it is a dangling symbolic link, or was removed a moment ago",
	} {
		if !slices.Contains(reasons, want) {
			t.Errorf("no gap says %q: %q", want, reasons)
		}
	}
	if len(reasons) != 5 {
		t.Errorf("%d gaps: %q", len(reasons), reasons)
	}
	if len(s.Check(t.Context())) < 2 {
		t.Error("Check says too little")
	}
}

// TestDirectoryLoop: ** ends although a directory links to its parent.
func TestDirectoryLoop(t *testing.T) {
	s, dir := newSource(t, File{}, nil)
	s.config.File.Paths = []string{filepath.Join(dir, "**", "*.log")}
	if err := os.MkdirAll(filepath.Join(dir, "a", "b"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "a", "b", "deploy.log"), []byte(deployText), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(dir, filepath.Join(dir, "a", "loop")); err != nil {
		t.Fatal(err)
	}
	f := ask(t, s, window)
	if got := told(f); got != deployTold || len(f.Gaps) > 0 {
		t.Errorf("%s%+v", got, f.Gaps)
	}
}

// TestOnlyDirectories: the fix is in the gap.
func TestOnlyDirectories(t *testing.T) {
	s, dir := newSource(t, File{}, nil)
	s.config.File.Paths = []string{dir, filepath.Join(dir, "missing", "*.log")}
	f := ask(t, s, window)
	if len(f.Gaps) != 2 || len(f.Checks) != 0 || !strings.Contains(f.Gaps[0].Reason+f.Gaps[1].Reason, "only a directory: write "+dir+"/*") {
		t.Errorf("%+v", f.Gaps)
	}
}

// TestRotatedMeanwhile: between the listing and the opening the log is rotated.
func TestRotatedMeanwhile(t *testing.T) {
	start, end, _ := strings.Cut(deployText, "\n")
	s, dir := newSource(t, File{}, map[string]string{"deploy.log": end, "deploy.log.1": start + "\n"})
	rotated := false
	s.open = func(path string) (*logfile.File, error) {
		if !rotated {
			rotated = true
			for _, step := range [][2]string{{"deploy.log.1", "deploy.log.2"}, {"deploy.log", "deploy.log.1"}} {
				if err := os.Rename(filepath.Join(dir, step[0]), filepath.Join(dir, step[1])); err != nil {
					t.Error(err)
				}
			}
		}
		return openFile(path)
	}
	f := ask(t, s, window)
	if got := told(f); got != deployTold || len(f.Gaps) > 0 {
		t.Errorf("%s%+v", got, f.Gaps)
	}
}

// TestTruncatedMeanwhile: after the opening the log is emptied.
func TestTruncatedMeanwhile(t *testing.T) {
	s, dir := newSource(t, File{}, map[string]string{"deploy.log": largeLog(1 << 20)})
	s.whole, s.near = 0, 512
	s.open = func(path string) (*logfile.File, error) {
		f, err := openFile(path)
		if err == nil {
			err = os.Truncate(filepath.Join(dir, "deploy.log"), 0)
		}
		return f, err
	}
	f := ask(t, s, window)
	if len(f.Events) != 0 || len(f.Gaps) == 0 || !strings.Contains(f.Gaps[0].Reason, "shrank") {
		t.Errorf("%s%+v %+v", told(f), f.Gaps, f.Checks)
	}
}

// TestGzipIsLeftEarly: what comes after the range is not unpacked.
func TestGzipIsLeftEarly(t *testing.T) {
	s, _ := newSource(t, File{Lookaround: 1}, map[string]string{"deploy.log.gz": gzipText(t, largeLog(4<<20))})
	s.whole = 0
	records, err := s.Gather(t.Context(), request(t, timeline.Window{From: at("00:10:00"), To: at("01:10:00")}))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range records {
		if strings.Contains(e.Body, `"method":"stream"`) && strings.Contains(e.Body, `"lines":`) {
			return
		}
	}
	t.Error("the file was read whole")
}

// TestBomb: a small file that unpacks to many gigabytes ends with its context.
func TestBomb(t *testing.T) {
	var bomb strings.Builder
	member := gzipText(t, strings.Repeat("\x00", 8<<20)+"x")
	for range 2000 {
		bomb.WriteString(member)
	}
	s, _ := newSource(t, File{}, map[string]string{"deploy.log": bomb.String()})
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	began := time.Now()
	records, err := s.Gather(ctx, request(t, window))
	if err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("took %s", took)
	}
	if f := interpreted(t, window, records); len(f.Gaps) == 0 {
		t.Error("no gap")
	}
}

// TestTooMany: a log with a deploy every second is cut, and says so.
func TestTooMany(t *testing.T) {
	var b strings.Builder
	for i := range deployline.MaxEpisodes + 100 {
		b.WriteString(say(at("09:00:00").Add(time.Duration(i)*2*time.Second).Format("15:04:05"), deployline.Changed, fmt.Sprint(i)))
	}
	s, _ := newSource(t, File{}, map[string]string{"deploy.log": b.String()})
	f := ask(t, s, window)
	if len(f.Events) != deployline.MaxEpisodes || len(f.Gaps) != 1 || !strings.Contains(f.Gaps[0].Reason, "more than 1500 deploys") || !f.Gaps[0].From.After(at("09:40:00")) {
		t.Errorf("%d events, %+v", len(f.Events), f.Gaps)
	}
}

// TestPermission runs itself as nobody when the tests run as root, whom nothing is denied.
func TestPermission(t *testing.T) {
	if os.Getuid() == 0 {
		runAsNobody(t)
		return
	}
	s, dir := newSource(t, File{}, map[string]string{"deploy.log": deployText, "secret.log": deployText})
	if err := os.Chmod(filepath.Join(dir, "secret.log"), 0); err != nil {
		t.Fatal(err)
	}
	locked := filepath.Join(dir, "locked")
	if err := os.Mkdir(locked, 0); err != nil {
		t.Fatal(err)
	}
	s.config.File.Paths = append(s.config.File.Paths, filepath.Join(locked, "*.log"))
	f := ask(t, s, window)
	if got := told(f); got != deployTold {
		t.Error(got)
	}
	if len(f.Gaps) != 2 || !strings.Contains(f.Gaps[0].Reason, locked+": permission denied: let the user") || !strings.Contains(f.Gaps[1].Reason, "secret.log: permission denied: let the user") {
		t.Errorf("%+v", f.Gaps)
	}
}

func runAsNobody(t *testing.T) {
	t.Helper()
	dir, err := os.MkdirTemp("", "nobody")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	self, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	binary := filepath.Join(dir, "test")
	if err := errors.Join(os.WriteFile(binary, self, 0o755), os.Chmod(dir, 0o777)); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), binary, "-test.run=^TestPermission$", "-test.v")
	cmd.Dir, cmd.Env = dir, []string{"TMPDIR=" + dir}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	out, err := cmd.CombinedOutput()
	if err != nil || !bytes.Contains(out, []byte("--- PASS: TestPermission")) {
		t.Errorf("%v\n%s", err, out)
	}
}
