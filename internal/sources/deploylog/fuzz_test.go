package deploylog

import (
	"testing"

	"collector/internal/timeline"
)

// FuzzFiles: any two files are read to the end, and their records interpreted.
func FuzzFiles(f *testing.F) {
	f.Add([]byte(deployText), []byte(gzipText(f, deployText)))
	f.Add([]byte(utf16Text(deployText, false)), []byte("\x28\xb5\x2f\xfd\x04"))
	f.Add([]byte("BZh91AY&SY"), []byte("\x00\x00\xff\n{\"time\":1}\n"))
	f.Fuzz(func(t *testing.T, a, b []byte) {
		s, _ := newSource(t, File{}, map[string]string{"a.log": string(a), "b.log": string(b)})
		f := ask(t, s, window)
		if timeline.Build(window, timeline.Scope{}, f).Window != window {
			t.Error("window")
		}
	})
}

// FuzzInterpret: foreign records are an error or findings, never a panic.
func FuzzInterpret(f *testing.F) {
	s, _ := newSource(f, File{}, map[string]string{"deploy.log": deployText + "oops\n"})
	records, err := s.Gather(f.Context(), request(f, window))
	if err != nil {
		f.Fatal(err)
	}
	for _, e := range records {
		f.Add(e.Body)
	}
	f.Add(`{"question":{"kind":"episode","lookaround":"1h","lines":{"format":"regexp","pattern":"("}},"answer":{"lines":[{}]}}`)
	f.Add(`{"question":{"kind":"files"},"answer":{"files":[{"bad_spans":[{}],"lines":1}]}}`)
	f.Fuzz(func(t *testing.T, body string) {
		e := timeline.Evidence{Source: kind, Body: body}.Seal()
		found, err := Interpret(window, []timeline.Evidence{e})
		if err != nil {
			return
		}
		for _, event := range found.Events {
			if event.Summary == "" || len(event.Evidence) != 1 {
				t.Errorf("%+v", event)
			}
		}
	})
}
