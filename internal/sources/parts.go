package sources

import "encoding/json"

// maxPart is how many bytes of answers one record holds: readers open records one by one.
const maxPart = 150 << 10

// Parts cuts a list into pieces each of which makes a record of bearable size, one
// piece at least. What is too big by itself is a piece of its own.
func Parts[T any](list []T) ([][]T, error) {
	pieces := [][]T{{}}
	size := 0
	for _, one := range list {
		text, err := json.Marshal(one)
		if err != nil {
			return nil, err
		}
		if size += len(text); size > maxPart && size > len(text) {
			pieces, size = append(pieces, []T{}), len(text)
		}
		pieces[len(pieces)-1] = append(pieces[len(pieces)-1], one)
	}
	return pieces, nil
}
