package servers

import (
	"net"
	"sync"
	"testing"
)

// TestFreePort: no port is given twice, and none that the kernel hands out by itself.
func TestFreePort(t *testing.T) {
	var (
		given sync.Map
		wg    sync.WaitGroup
	)
	for range 8 {
		wg.Go(func() {
			for range 50 {
				port, err := FreePort()
				if err != nil {
					t.Error(err)
					return
				}
				if _, before := given.LoadOrStore(port, true); before || port < firstPort || port > lastPort {
					t.Errorf("given %d, before: %t", port, before)
				}
			}
		})
	}
	wg.Wait()
}

// TestIsFree: a port on which somebody listens is none.
func TestIsFree(t *testing.T) {
	for _, address := range []string{"127.0.0.1:0", "0.0.0.0:0"} {
		l, err := net.Listen("tcp4", address)
		if err != nil {
			t.Fatal(err)
		}
		port := l.Addr().(*net.TCPAddr).Port
		if free, err := isFree(port); free || err != nil {
			t.Errorf("%s: free %t, %v", l.Addr(), free, err)
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		if free, err := isFree(port); !free || err != nil {
			t.Errorf("after it: free %t, %v", free, err)
		}
	}
}
