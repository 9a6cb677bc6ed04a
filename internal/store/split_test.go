package store

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/bits"
	"math/rand/v2"
	"testing"

	"github.com/klauspost/compress/zstd"
)

func TestTokens(t *testing.T) {
	for _, v := range []uint64{0, 1, 15, 16, 17, 31, 32, 63, 64, 127, 128, 1000, math.MaxUint32, math.MaxInt64, math.MaxUint64 - 1, math.MaxUint64} {
		token, left := tokenOf(v)
		high, again, ok := untoken(token)
		if !ok || again != left || high|v&(1<<left-1) != v {
			t.Errorf("%d: token %d with %d bits left gives %d with %d", v, token, left, high, again)
		}
	}
	seen := map[byte]bool{}
	for length := range 65 {
		v := uint64(1) << max(length-1, 0)
		token, _ := tokenOf(v)
		if length > 5 && seen[token] {
			t.Errorf("two lengths share token %d", token)
		}
		seen[token] = true
	}
}

// TestSplitColumns: what a column held comes back, and numbers of which half the
// bits are random take little more than those.
func TestSplitColumns(t *testing.T) {
	p, u := splitters(t)
	r := rand.New(rand.NewPCG(1, 2))
	for name, draw := range map[string]func() uint64{
		"small": func() uint64 { return r.Uint64N(4) }, "a thousand": func() uint64 { return r.Uint64N(1000) },
		"of all sizes": func() uint64 { return r.Uint64() >> r.UintN(64) }, "one": func() uint64 { return 77 },
	} {
		t.Run(name, func(t *testing.T) {
			var c column
			entropy := 0.0
			for range 20_000 {
				v := draw()
				entropy += float64(bits.Len64(v))
				c.uvarint(v)
			}
			stored, ok := p.packSplit(nil, c)
			if !ok {
				t.Fatal("not split")
			}
			back, ok := u.unsplit(stored, make([]byte, 0, len(c)))
			if !ok || !bytes.Equal(back, c) {
				t.Fatalf("%d bytes came back of %d", len(back), len(c))
			}
			if _, ok := u.unsplit(stored, make([]byte, 0, len(c)-1)); ok {
				t.Error("it found room for more than there is room")
			}
			t.Logf("%d bytes, as a zstd frame %d, split %d", len(c), len(p.zstd.EncodeAll(c, nil)), len(stored))
			if name == "a thousand" && float64(len(stored)) > 20_000*math.Log2(1000)/8*1.02 {
				t.Errorf("%d bytes for 20,000 numbers below 1,000", len(stored))
			}
		})
	}
	if p.split(column{0x80}) || p.split(column{0x81, 0x00}) || p.split(bytes.Repeat([]byte{0xff}, 11)) {
		t.Error("split what are no varints")
	}
}

// TestABlockSplitsWhatIsShorterSplit: in a block, each column is stored in its
// shortest form, and comes back.
func TestABlockSplitsWhatIsShorterSplit(t *testing.T) {
	p, u := splitters(t)
	r := rand.New(rand.NewPCG(1, 2))
	var random, same, few column
	for range 3000 {
		random.uvarint(r.Uint64N(3000))
		same.uvarint(77)
	}
	few.uvarint(1)
	columns := []column{random, same, few}
	block, err := p.pack(nil, sessions, 1, columns)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := u.unpack(block, sessions, len(columns), 0); err != nil {
		t.Fatal(err)
	}
	for i, c := range columns {
		if !bytes.Equal(u.columns[i].b, c) {
			t.Errorf("column %d came back as %d bytes of %d", i, len(u.columns[i].b), len(c))
		}
	}
	head := cursor{b: block[blockHeader:]}
	head.uvarint()
	head.uvarint()
	for i, want := range []uint64{split, zstded, asIs} {
		if l := u.lengths(&head); l.how != want {
			t.Errorf("column %d is stored as %d, want %d", i, l.how, want)
		}
	}
}

func splitters(t testing.TB) (*packer, *unpacker) {
	t.Helper()
	p, err := newPacker(zstd.SpeedBetterCompression) // as the compactor does
	if err != nil {
		t.Fatal(err)
	}
	u, err := newUnpacker()
	if err != nil {
		t.Fatal(err)
	}
	return p, u
}

// FuzzSplit: any column that is split comes back, and any bytes are read without
// more memory than there is room.
func FuzzSplit(f *testing.F) {
	p, u := splitters(f)
	f.Add([]byte{1, 2, 3, 0x80, 1, 0xff, 0xff, 0x03})
	f.Add(binary.AppendUvarint(nil, math.MaxUint64))
	stored, _ := p.packSplit(nil, bytes.Repeat([]byte{7, 0x90, 2}, 600))
	f.Add(stored)
	f.Fuzz(func(t *testing.T, in []byte) {
		if stored, ok := p.packSplit(nil, in); ok {
			if back, ok := u.unsplit(stored, make([]byte, 0, len(in))); !ok || !bytes.Equal(back, in) {
				t.Fatalf("%x became %x", in, back)
			}
		}
		room := make([]byte, 0, 64)
		if out, ok := u.unsplit(in, room); ok && len(out) > 64 {
			t.Fatalf("%d bytes in a room of 64", len(out))
		}
	})
}
