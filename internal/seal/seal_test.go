package seal

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
)

func TestStatementComesBack(t *testing.T) {
	want := statement()
	data := text(t, want)
	got, err := Parse(data)
	if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%+v, %v", got, err)
	}
	if !bytes.Equal(text(t, got), data) {
		t.Error("it is not written as it was")
	}
}

func TestParseRefuses(t *testing.T) {
	good := string(text(t, statement()))
	for name, bad := range map[string]string{
		"nothing":           "",
		"another version":   strings.Replace(good, "seal v1", "seal v2", 1),
		"no files":          strings.SplitAfter(good, "--check SEAL\n")[0],
		"a line more":       good + "\n",
		"no last end":       strings.TrimSuffix(good, "\n"),
		"two identities":    strings.Replace(good, identityKey, identityKey+"bob\n"+identityKey, 1),
		"a comment between": strings.Replace(good, "SHA256SUMS\n", "SHA256SUMS\n# all of it\n", 1),
		"Windows":           strings.ReplaceAll(good, "\n", "\r\n"),
		"no time":           strings.Replace(good, "2024-07-15T09:00:00Z", "yesterday", 1),
		"another zone":      strings.Replace(good, "2024-07-15T09:00:00Z", "2024-07-15T11:00:00+02:00", 1),
		"no sum":            strings.Replace(good, "0101", "xx01", 1),
		"capitals":          strings.Replace(good, "abab", "ABAB", 1),
		"unsorted":          strings.Replace(good, "SHA256SUMS", "zzz", 1),
		"twice":             strings.Replace(good, "postmortem.md", "SHA256SUMS", 1),
		"leaves the draft":  strings.Replace(good, "SHA256SUMS", "../SHA256SUMS", 1),
		"absolute":          strings.Replace(good, "  SHA256SUMS", "  /SHA256SUMS", 1),
		"escaped":           strings.Replace(good, "postmortem.md", `postmortem\n.md`, 1),
		"no identity":       strings.Replace(good, "anna@example.org", "", 1),
		"hidden in a name":  strings.Replace(good, "anna@example.org", "anna\u202eexample.org", 1),
	} {
		t.Run(name, func(t *testing.T) {
			if bad == good {
				t.Fatal("nothing was changed")
			}
			if s, err := Parse([]byte(bad)); err == nil {
				t.Errorf("%+v", s)
			}
		})
	}
}

func TestChanges(t *testing.T) {
	s := statement()
	if found := s.Changes(s.Files); len(found) > 0 {
		t.Errorf("untouched: %v", found)
	}
	found := s.Changes([]File{{"a", s.Files[0].SHA256}, {"postmortem.md", strings.Repeat("02", 32)}})
	var names []string
	for _, c := range found {
		names = append(names, c.Name+" "+c.Text[strings.LastIndex(c.Text, " ")+1:])
	}
	if fmt.Sprint(names) != "[SHA256SUMS gone a sealed postmortem.md sealed]" {
		t.Errorf("%v", names)
	}
}

func TestVerifyRefusesWhatIsNoSignature(t *testing.T) {
	data := text(t, statement())
	for _, bad := range []string{"", "x", "-----BEGIN SSH SIGNATURE-----\nAAAA\n-----END SSH SIGNATURE-----\n", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", strings.Repeat("A", maxSignature+1)} {
		if _, err := Verify(data, []byte(bad)); err == nil {
			t.Errorf("%.40q is a signature", bad)
		}
	}
}

// TestAllowedTells: the reason that fits best is told, with its line.
func TestAllowedTells(t *testing.T) {
	const key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAo3D7CGN01tTYY/dLKXEv8RxRyxa32c51X0uKMhnMab"
	at := time.Date(2024, 7, 15, 9, 0, 0, 0, time.UTC)
	for _, tt := range []struct{ list, says string }{
		{"bob " + key + "\nanna valid-before=\"20240101Z\" " + key, "line 2: the key is not allowed at that time: only until 2024-01-01T00:00:00Z"},
		{"# nobody\nbob,carl " + key, "line 2: the allowed signers know the key under another name: bob,carl"},
		{"anna namespaces=\"git\" " + key, "line 1: the key is not allowed to seal"},
		{"anna ssh-future@example.org AAAA", "none of the allowed signers"},
	} {
		list, err := ParseAllowed([]byte(tt.list), time.UTC)
		if err != nil {
			t.Fatal(err)
		}
		public, err := parseKey(key)
		if err != nil {
			t.Fatal(err)
		}
		if err := list.Check(public, "anna", at); err == nil || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%v, want %q", err, tt.says)
		}
	}
	zone := time.FixedZone("", 2*60*60)
	if at, err := parseTime("202407150900", zone); err != nil || !at.Equal(time.Date(2024, 7, 15, 7, 0, 0, 0, time.UTC)) {
		t.Errorf("a time without Z: %v %v", at, err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(text(f, statement()))
	f.Add([]byte(firstLine + "\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := Parse(data)
		if err != nil {
			return
		}
		if again, err := s.Marshal(); err != nil || !bytes.Equal(again, data) {
			t.Errorf("%q is read as %q (%v)", data, again, err)
		}
	})
}

func FuzzParseAllowed(f *testing.F) {
	f.Add([]byte("anna,*@example.org namespaces=\"git,collector\",valid-after=\"20240701Z\" ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAo3D7CGN01tTYY/dLKXEv8RxRyxa32c51X0uKMhnMab anna\n"))
	f.Add([]byte("\"a b\" cert-authority ssh-rsa AAAA\n# comment\n"))
	public, err := parseKey("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAo3D7CGN01tTYY/dLKXEv8RxRyxa32c51X0uKMhnMab")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		list, err := ParseAllowed(data, time.UTC)
		if err != nil {
			return
		}
		if list.Check(public, "anna", time.Unix(0, 0)) == nil && !bytes.Contains(data, []byte("AAAAC3NzaC1lZDI1NTE5AAAAIAo3D7CGN01tTYY")) {
			t.Errorf("%q allows a key that it does not have", data)
		}
	})
}

func FuzzVerify(f *testing.F) {
	f.Add([]byte("-----BEGIN SSH SIGNATURE-----\nU1NIU0lHAAAAAQ==\n-----END SSH SIGNATURE-----\n"))
	data := text(f, statement())
	f.Fuzz(func(t *testing.T, signature []byte) {
		if key, err := Verify(data, signature); err == nil {
			t.Errorf("%s signed it", ssh.FingerprintSHA256(key))
		}
	})
}

func FuzzMatch(f *testing.F) {
	f.Add("anna@example.org", "*@ex?mple.*,!bob*")
	f.Add(strings.Repeat("a", 200), strings.Repeat("*a", 100)+"b")
	f.Fuzz(func(t *testing.T, text, list string) {
		if matchList(text, list) && !strings.ContainsAny(list, "*?") && !strings.Contains(","+list+",", ","+text+",") && !strings.Contains(text, ",") {
			t.Errorf("%q matches %q", text, list)
		}
	})
}
