package servers

import "context"

// NodeExporter starts Debian stable's node_exporter, which tells about the
// machine that it runs on, and returns when it answers. The caller closes it.
func NodeExporter(ctx context.Context) (*HTTPServer, error) {
	if err := Available(KindNodeExporter); err != nil {
		return nil, err
	}
	dir, addr, err := place("node")
	if err != nil {
		return nil, err
	}
	return startHTTP(ctx, dir, addr, "/", programs(KindNodeExporter)[0], "--web.listen-address="+addr)
}
