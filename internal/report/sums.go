package report

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path"
	"strings"
)

// sumsFile has the form that `sha256sum -c` checks.
const sumsFile = "SHA256SUMS"

func sums(files []File) []byte {
	var b bytes.Buffer
	for _, f := range files {
		fmt.Fprintf(&b, "%s  %s\n", sumOf(f.Data), f.Name)
	}
	return b.Bytes()
}

func sumOf(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// sum is one line of SHA256SUMS.
type sum struct{ name, hex string }

// readSums reads SHA256SUMS. Names that leave the directory are an error.
func readSums(data []byte) ([]sum, error) {
	var out []sum
	s := bufio.NewScanner(bytes.NewReader(data))
	for n := 1; s.Scan(); n++ {
		line := s.Text()
		if strings.TrimSpace(line) == "" {
			continue
		}
		digits, name, ok := strings.Cut(line, " ")
		name = strings.TrimPrefix(strings.TrimPrefix(name, " "), "*")
		if _, err := hex.DecodeString(digits); !ok || err != nil || len(digits) != 2*sha256.Size {
			return nil, fmt.Errorf("%s line %d is not “sum  name”", sumsFile, n)
		}
		if name == "" || path.IsAbs(name) || path.Clean(name) != name || strings.HasPrefix(name, "..") {
			return nil, fmt.Errorf("%s line %d: %q is not a file of this draft", sumsFile, n, name)
		}
		out = append(out, sum{name, digits})
	}
	if err := s.Err(); err != nil {
		return nil, fmt.Errorf("reading %s: %w", sumsFile, err)
	}
	return out, nil
}
