package logfile

import (
	"context"
	"errors"
	"fmt"
	"io"
)

// readBuffer is how much of a file is read at once.
const readBuffer = 256 << 10

// Each reads lines from an offset of the file's text, 0 unless the content is Plain,
// until take says stop, or to the end. The error says what a person can do about it.
func (f *File) Each(ctx context.Context, input *Meter, start int64, take func(Line) (stop bool, err error)) error {
	input.SeekTo(start)
	stream, done, err := f.Unpack(input)
	if err != nil {
		return f.explain(err)
	}
	defer done()
	text := NewLines(stream, start, readBuffer)
	for n := 0; ; n++ {
		if n%256 == 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
		}
		l, err := text.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return f.explain(err)
		}
		if stop, err := take(l); stop || err != nil {
			return err
		}
	}
}

func (f *File) explain(err error) error {
	if f.Content == Plain || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return Explain(err)
	}
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return fmt.Errorf("the %s data ends in the middle: it is damaged or still being written", f.Content)
	}
	return fmt.Errorf("the %s data is damaged: %w", f.Content, err)
}
