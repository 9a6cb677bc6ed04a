package binlog

import (
	"bytes"
	"compress/zlib"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"
)

// inflate is the beginning of a text that MariaDB compressed (log_bin_compress): a
// byte whose lower three bits say how many bytes of length follow, the length, and
// zlib's stream. See sql/log_event.cc, binlog_buf_uncompress.
func inflate(body []byte) ([]byte, error) {
	if len(body) == 0 || len(body) < 1+int(body[0]&7) {
		return nil, errShort
	}
	r, err := zlib.NewReader(bytes.NewReader(body[1+int(body[0]&7):]))
	if err != nil {
		return nil, fmt.Errorf("reading a compressed statement: %w", err)
	}
	return head(r)
}

// head is the beginning of a stream that may be cut off.
func head(r io.Reader) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(r, keptQuery))
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, fmt.Errorf("reading a compressed event: %w", err)
	}
	return text, nil
}

// payload is a TRANSACTION_PAYLOAD_EVENT: a whole transaction of MySQL, compressed
// (binlog_transaction_compression).
type payload struct {
	size   uint64  // uncompressed
	events []event // those at the beginning, whose headers are whole
}

// Fields of the payload's header. See libs/mysql/binlog/event/codecs/binary.h.
const (
	payloadEnd         = 0
	payloadCompression = 2
	payloadSize        = 3

	compressionZstd = 0
)

// readPayload reads the header and the first events. The body may be cut off.
func readPayload(body []byte) (payload, error) {
	var p payload
	compression := uint64(compressionZstd)
	for {
		if len(body) == 0 {
			return p, errShort
		}
		if body[0] == payloadEnd {
			body = body[1:]
			break
		}
		if len(body) < 2 || len(body) < 2+int(body[1]) {
			return p, errShort
		}
		field, value := body[0], packedInteger(body[2:2+int(body[1])])
		body = body[2+int(body[1]):]
		switch field {
		case payloadCompression:
			compression = value
		case payloadSize:
			p.size = value
		}
	}
	text := body
	if compression == compressionZstd {
		r, err := zstd.NewReader(bytes.NewReader(body), zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(64<<20))
		if err != nil {
			return p, fmt.Errorf("reading a compressed transaction: %w", err)
		}
		defer r.Close()
		if text, err = head(r); err != nil {
			return p, err
		}
	}
	for len(text) >= headerSize {
		h := readHeader(text)
		if h.Size < headerSize {
			break
		}
		end := min(int(h.Size), len(text))
		kept := min(end, headerSize+keep(h.Type))
		p.events = append(p.events, event{h, text[headerSize:kept]})
		text = text[end:]
	}
	return p, nil
}

// packedInteger is an integer of 1, 2, 3 or 8 bytes; one of more than a byte says
// so in its first one, as all of MySQL's length-encoded integers do.
func packedInteger(b []byte) (n uint64) {
	if len(b) > 1 {
		b = b[1:]
	}
	for i, c := range b {
		if i < 8 {
			n |= uint64(c) << (8 * i)
		}
	}
	return n
}
