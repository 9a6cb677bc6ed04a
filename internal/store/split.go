package store

import (
	"encoding/binary"
	"math/bits"

	"github.com/klauspost/compress/fse"
)

// A column of numbers packs better when what repeats and what is random are apart:
// of each number a token, which says how long it is and how it begins and which
// an entropy coder makes small, and the bits behind it, which nothing makes
// smaller. Packed as bytes of varints, the second byte of one number and the first
// of the next would share one statistic. Tokens are those of "hybrid integers" in
// JPEG XL (ISO/IEC 18181-1), with 6 bits for small numbers and 1 leading bit.
const (
	plainTokens = 64 // numbers below are their own token
	tokenBits   = 1  // of a larger number, behind its highest one, that the token holds
	plainLength = 6  // bits of the largest number that is its own token
)

// tokenOf is a number's token and how many of its lowest bits are left.
func tokenOf(v uint64) (token byte, left uint) {
	if v < plainTokens {
		return byte(v), 0
	}
	length := uint(bits.Len64(v))
	left = length - 1 - tokenBits
	return byte(plainTokens + (length-plainLength-1)<<tokenBits | uint(v>>left)&(1<<tokenBits-1)), left
}

// untoken undoes tokenOf: the number with its lowest bits zero, and how many they are.
func untoken(token byte) (v uint64, left uint, ok bool) {
	if token < plainTokens {
		return uint64(token), 0, true
	}
	t := uint(token) - plainTokens
	length := t>>tokenBits + plainLength + 1
	if length > 64 {
		return 0, 0, false
	}
	left = length - 1 - tokenBits
	return (1<<tokenBits | uint64(t)&(1<<tokenBits-1)) << left, left, true
}

// split appends a column's tokens and bits to the packer's own memory. It is false
// for a column that does not consist of varints as they are written here.
func (p *packer) split(c column) bool {
	p.tokens, p.bits = p.tokens[:0], bitWriter{to: p.bits.to[:0]}
	for rest := []byte(c); len(rest) > 0; {
		v, n := binary.Uvarint(rest)
		if n <= 0 || n > 1 && rest[n-1] == 0 {
			return false
		}
		rest = rest[n:]
		token, left := tokenOf(v)
		p.tokens = append(p.tokens, token)
		p.bits.put(v&(1<<left-1), left)
	}
	p.bits.flush()
	return true
}

// packSplit appends a column as its tokens, packed, and its bits: their number, the
// length of the packed tokens and how they are packed, both. FSE (tANS) alone does
// better than zstd where nothing repeats, because zstd's literals are Huffman coded.
func (p *packer) packSplit(dst []byte, c column) (out []byte, ok bool) {
	if !p.split(c) {
		return dst, false
	}
	p.packed = p.zstd.EncodeAll(p.tokens, p.packed[:0])
	packed, how := p.packed, uint64(zstded)
	if coded, err := fse.Compress(p.tokens, &p.fse); err == nil && len(coded) < len(packed) { // an error: it would not be shorter
		packed, how = coded, fseCoded
	}
	if len(packed) >= len(p.tokens) {
		packed, how = p.tokens, asIs
	}
	dst = binary.AppendUvarint(dst, uint64(len(p.tokens)))
	dst = binary.AppendUvarint(dst, uint64(len(packed))*methods+how)
	dst = append(dst, packed...)
	return append(dst, p.bits.to...), true
}

// unsplit appends the column that packSplit stored. It is false when the bytes
// make no sense, or make more than there is room for.
func (u *unpacker) unsplit(stored, room []byte) (c []byte, ok bool) {
	head := cursor{b: stored}
	n := head.below(cap(room) + 1) // a number takes a byte or more
	size := head.below((len(stored) + 1) * methods)
	how := uint64(size % methods)
	size /= methods
	if head.bad || size > len(head.b) {
		return nil, false
	}
	tokens, ok := u.untokens(head.b[:size], n, how)
	if !ok || len(tokens) != n {
		return nil, false
	}
	from := bitReader{from: head.b[size:]}
	for _, token := range tokens {
		v, left, ok := untoken(token)
		if !ok {
			return nil, false
		}
		v |= from.take(left)
		if len(room)+binary.MaxVarintLen64 > cap(room) && len(room)+varintLen(v) > cap(room) {
			return nil, false
		}
		room = binary.AppendUvarint(room, v)
	}
	return room, from.ended()
}

// untokens unpacks n tokens.
func (u *unpacker) untokens(packed []byte, n int, how uint64) (tokens []byte, ok bool) {
	if cap(u.tokens) < n {
		u.tokens = make([]byte, 0, n)
	}
	var err error
	switch how {
	case asIs:
		return packed, true
	case zstded:
		tokens, err = u.zstd.DecodeAll(packed, u.tokens[:0:n])
		return tokens, err == nil
	case fseCoded:
		if n == 0 { // the library takes it for no limit
			return nil, false
		}
		u.fse.DecompressLimit, u.fse.Out = n, u.tokens[:0:n]
		tokens, err = fse.Decompress(packed, &u.fse)
		u.fse.Out = nil
		return tokens, err == nil
	}
	return nil, false
}

func varintLen(v uint64) int { return (bits.Len64(v|1) + 6) / 7 }

// bitWriter writes numbers of few bits, lowest first.
type bitWriter struct {
	to   []byte
	held uint64
	n    uint
}

// put writes the n lowest bits of v; the others must be zero.
func (w *bitWriter) put(v uint64, n uint) {
	if n > 32 {
		w.put(v&(1<<32-1), 32)
		v, n = v>>32, n-32
	}
	w.held |= v << w.n
	for w.n += n; w.n >= 8; w.n -= 8 {
		w.to = append(w.to, byte(w.held))
		w.held >>= 8
	}
}

func (w *bitWriter) flush() {
	if w.n > 0 {
		w.to = append(w.to, byte(w.held))
	}
	w.held, w.n = 0, 0
}

// bitReader reads what bitWriter wrote. Past the end it gives zeros and is not ended.
type bitReader struct {
	from []byte
	held uint64
	n    uint
	bad  bool
}

func (r *bitReader) take(n uint) uint64 {
	if n > 32 {
		low := r.take(32)
		return low | r.take(n-32)<<32
	}
	for r.n < n {
		if len(r.from) == 0 {
			r.bad = true
			return 0
		}
		r.held |= uint64(r.from[0]) << r.n
		r.from = r.from[1:]
		r.n += 8
	}
	v := r.held & (1<<n - 1)
	r.held >>= n
	r.n -= n
	return v
}

// ended says that everything was read: what is left of the last byte is zero.
func (r *bitReader) ended() bool { return !r.bad && len(r.from) == 0 && r.held == 0 && r.n < 8 }
