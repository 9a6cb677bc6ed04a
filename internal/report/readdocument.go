package report

import (
	"fmt"
	"io"
	"os"
)

// maxDocumentRead is how many bytes a document may have that is read: twice what a
// template may write, the rest is for people's words.
const maxDocumentRead = 2 * maxDocument

// readDocument reads the file of a document, as people may have left it. A link to a file
// is followed; a folder, a pipe or a device is an error, and so is a file beyond limit bytes.
func readDocument(file string, limit int64) ([]byte, error) {
	info, err := os.Stat(file)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is no file", file)
	}
	tooLarge := fmt.Errorf("%s has more than %d MiB, the most that is read of a document: take out what does not belong into it, pictures for example, and put that beside it", file, limit>>20)
	if info.Size() > limit {
		return nil, tooLarge
	}
	in, err := os.Open(file) //nolint:gosec // a document of the draft that the user named
	if err != nil {
		return nil, err
	}
	defer func() { _ = in.Close() }()
	data, err := io.ReadAll(io.LimitReader(in, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > limit { // it grew
		return nil, tooLarge
	}
	return data, nil
}
