package mysql

import (
	"bytes"
	"database/sql/driver"
	"hash/maphash"
	"net"
	"strings"

	"collector/internal/sources/mysql/sqltext"
)

// texts remembers what stands in the rows of each tick, because most of it stood in
// those of the last: an account, a state, a long statement. It is not safe for
// concurrent use.
type texts struct {
	normalizer *sqltext.Normalizer
	seed       maphash.Seed
	shapes     map[uint64]string // by hash of the statement
	names      map[string]string // each by itself
}

// What bounds the memory: a map is emptied when it is full, and longer names
// are not remembered.
const (
	maxShapes = 512
	maxNames  = 1024
	maxName   = 128 // bytes
)

func newTexts() *texts {
	return &texts{
		normalizer: sqltext.NewNormalizer(), seed: maphash.MakeSeed(),
		shapes: map[uint64]string{}, names: map[string]string{},
	}
}

// statement is the shape of a statement in a row; NULL is "".
func (t *texts) statement(value driver.Value) string {
	raw, _ := value.([]byte)
	return t.shape(raw)
}

// shape is the shape of a statement. Of the statements themselves it keeps only
// hashes: they may be long, and hold what nobody else should know.
func (t *texts) shape(statement []byte) string {
	if len(statement) == 0 {
		return ""
	}
	key := maphash.Bytes(t.seed, statement)
	shape, ok := t.shapes[key]
	if !ok {
		shape = t.normalizer.Normalize(string(statement))
		remember(t.shapes, maxShapes, key, shape)
	}
	return shape
}

// name is an account, a state, or something else that is short and often the same;
// NULL is "".
func (t *texts) name(value driver.Value) string {
	raw, _ := value.([]byte)
	return t.known(raw)
}

// host is a client's host, without its port, of which there is one to a connection.
// IPv6 addresses and "localhost" stay whole.
func (t *texts) host(value driver.Value) string {
	raw, _ := value.([]byte)
	if bytes.Count(raw, []byte(":")) > 1 {
		return t.known([]byte(addressOf(string(raw))))
	}
	host, _, _ := bytes.Cut(raw, []byte(":"))
	return t.known(host)
}

// addressOf cuts the port off what has more than one colon.
func addressOf(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		return name
	}
	if i := strings.LastIndexByte(host, ':'); net.ParseIP(host) == nil && net.ParseIP(host[:i]) != nil {
		return host[:i]
	}
	return host
}

// known looks a name up without copying it.
func (t *texts) known(raw []byte) string {
	if name, ok := t.names[string(raw)]; ok {
		return name
	}
	name := string(raw)
	if len(name) <= maxName {
		remember(t.names, maxNames, name, name)
	}
	return name
}

func remember[K comparable](names map[K]string, limit int, key K, value string) {
	if len(names) >= limit {
		clear(names)
	}
	names[key] = value
}
