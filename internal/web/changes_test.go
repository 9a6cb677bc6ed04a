package web

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestPlainChanges(t *testing.T) {
	const shop = `"service":"shop","event":"change"`
	for _, tt := range []struct {
		name, query, body string
		code              int
		want              string // of the answer where it is refused, else what was kept
	}{
		{"one", "", oneChange, 200, "09:10:00 event=deploy_finished service=shop version=1.4.2"},
		{"a list", "", "[" + oneChange + `,{"time":1720775460,` + shop + `}]`, 200,
			"09:10:00 event=deploy_finished service=shop version=1.4.2\n09:11:00 event=change service=shop"},
		{"the same twice", "", "[" + oneChange + "," + oneChange + "]", 200, "09:10:00 event=deploy_finished service=shop version=1.4.2"},
		{"every field", "", `{"time":"2024-07-12T11:10:00.5+02:00","service":"shop","version":"2","event":"Deploy_Failed ","commit":"ab","environment":"prod","author":"Ann","message":"a\nb","url":"https://ci/7","cluster":"eu"}`, 200,
			"09:10:00 author=Ann cluster=eu commit=ab environment=prod event=deploy_failed message=a b service=shop url=https://ci/7 version=2"},
		{"no time", "", `{` + shop + `}`, 200, "undated event=change service=shop"},
		{"a time of null", "", `{"time":null,` + shop + `}`, 200, "undated event=change service=shop"},
		{"other keys", "", `{` + shop + `,"git":{"branch":"main","n":7,"ok":true},"tags":["a","b"],"none":null,"version":3}`, 200,
			`undated event=change git.branch=main git.n=7 git.ok=true service=shop tags=["a","b"] version=3`},
		{"milliseconds", "", `{"time":1720775400250,` + shop + `}`, 200, "09:10:00 event=change service=shop"},
		{"fractions", "", `{"time":"1720775400.25",` + shop + `}`, 200, "09:10:00 event=change service=shop"},
		{"the cluster of all", "?cluster=shop", `[{` + shop + `},{` + shop + `,"cluster":"eu"}]`, 200,
			"undated cluster=shop event=change service=shop\nundated cluster=eu event=change service=shop"},
		{"no service", "", `{"event":"change"}`, 400, `there is no \"service\"`},
		{"a service of spaces", "", `{"service":" \t","event":"change"}`, 400, `there is no \"service\"`},
		{"a service that is an object", "", `{"service":{"name":"shop"},"event":"change"}`, 400, `there is no \"service\"`},
		{"no event", "", `{"service":"shop"}`, 400, "write one of deploy_started, deploy_finished"},
		{"an unknown event", "", `{"service":"shop","event":"deployed"}`, 400, `the event is \"deployed\": write one of`},
		{"no time at all", "", `{"time":"yesterday",` + shop + `}`, 400, "write RFC 3339"},
		{"a local time", "", `{"time":"2024-07-12 09:10:00",` + shop + `}`, 400, "write RFC 3339"},
		{"a float", "", `{"time":1.7207754e9,` + shop + `}`, 400, "write RFC 3339"},
		{"the year 1970", "", `{"time":100000000,` + shop + `}`, 400, "out of range"},
		{"a huge number", "", `{"time":9999999999999999999,` + shop + `}`, 400, "out of range"},
		{"in two days", "", `{"time":"` + time.Now().Add(48*time.Hour).Format(time.RFC3339) + `",` + shop + `}`, 400, "in the future"},
		{"the second of two", "", "[" + oneChange + `,{"service":"shop"}]`, 400, "number 2 of 2: the event"},
		{"a list in a list", "", "[[]]", 400, "no JSON object"},
		{"nested too deep", "", `{` + shop + `,"a":` + strings.Repeat(`{"a":`, 17) + `1` + strings.Repeat(`}`, 17) + `}`, 400, "nested too deep"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			kept := &diary{}
			rec := ask(pushTo(t, kept), "POST", changesPath+tt.query, tt.body, "Content-Type", "application/json")
			if rec.Code != tt.code {
				t.Fatalf("%d %s", rec.Code, rec.Body)
			}
			if tt.code == 200 {
				if got := kept.told(); got != tt.want {
					t.Errorf("kept\n%s\nwant\n%s", got, tt.want)
				}
			} else if !strings.Contains(rec.Body.String(), tt.want) || kept.told() != "" {
				t.Errorf("it says %s and keeps %q", rec.Body, kept.told())
			}
		})
	}
}

// TestChangesAreBounded: of a change that is too large everything that counts is kept,
// cut where it must be, and it is said that something was left out.
func TestChangesAreBounded(t *testing.T) {
	long := strings.Repeat("é", 40_000)
	body := `{"event":"change","service":"` + long + `","message":"` + long + `","` + long + `":"` + long + `"`
	for n := range 100 {
		body += fmt.Sprintf(`,"zz%d":"\u0000\u202e%d"`, n, n)
	}
	kept := &diary{}
	if rec := ask(pushTo(t, kept), "POST", changesPath, body+"}", "Content-Type", "application/json"); rec.Code != 200 {
		t.Fatalf("%d %s", rec.Code, rec.Body)
	}
	fields := kept.kept[0].Fields
	size := 0
	for name, value := range fields {
		size += len(name) + len(value)
	}
	if len(fields) > maxOthers+4 || size > 4<<10 || len(fields["message"]) > 1<<10 || !strings.HasSuffix(fields["service"], "é…") {
		t.Errorf("%d fields of %d bytes", len(fields), size)
	}
	if fields[changeLeftOut] != "69" {
		t.Errorf("%q keys were left out", fields[changeLeftOut])
	}
}

// TestKeys: what makes a change the same one.
func TestKeys(t *testing.T) {
	const undated = `{"service":"shop","event":"change"}`
	post := func(body string, header ...string) []string {
		return append([]string{body, "Content-Type", "application/json"}, header...)
	}
	for _, tt := range []struct {
		name  string
		posts [][]string
		codes string
		kept  int
	}{
		{"the same content", [][]string{post(oneChange), post(oneChange)}, "200 200", 1},
		{"no time and no key", [][]string{post(undated), post(undated)}, "200 200", 2},
		{"no time and a key", [][]string{post(undated, "Idempotency-Key", "a"), post(undated, "Idempotency-Key", "a")}, "200 200", 1},
		{"two keys", [][]string{post(oneChange, "Idempotency-Key", "a"), post(oneChange, "Idempotency-Key", "b")}, "200 200", 2},
		{"another content under a key", [][]string{post(oneChange, "Idempotency-Key", "a"), post(undated, "Idempotency-Key", "a")}, "200 409", 1},
		{"a list under a key", [][]string{post("["+undated+","+undated+"]", "Idempotency-Key", "a"), post("["+undated+","+undated+"]", "Idempotency-Key", "a")}, "200 200", 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			kept := &diary{}
			handler := pushTo(t, kept)
			var codes []string
			for _, p := range tt.posts {
				codes = append(codes, fmt.Sprint(ask(handler, "POST", changesPath, p[0], p[1:]...).Code))
			}
			if got := strings.Join(codes, " "); got != tt.codes || len(kept.kept) != tt.kept {
				t.Errorf("answered %s and kept %d, want %s and %d", got, len(kept.kept), tt.codes, tt.kept)
			}
		})
	}
}
