package actions

import "bytes"

// maxMarkers is how many bytes of markers of quotes and lists one line may begin with.
// The parser takes as many steps for each of them as there are others: a megabyte of ">"
// would keep it busy for hours.
const maxMarkers = 1000

// Shallow blanks out lines that begin with more markers of quotes and lists than any
// text of people. Every other byte stays where it is.
func Shallow(document []byte) []byte {
	out, copied := document, false
	for start := 0; start < len(document); {
		end := len(document)
		if n := bytes.IndexByte(document[start:], '\n'); n >= 0 {
			end = start + n
		}
		if end-start > maxMarkers && len(bytes.Trim(document[start:start+maxMarkers], " \t>-+*.)0123456789")) == 0 {
			if !copied {
				out, copied = bytes.Clone(document), true
			}
			copy(out[start:end], bytes.Repeat([]byte(" "), end-start))
		}
		start = end + 1
	}
	return out
}
