package binlog

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"time"

	"github.com/go-mysql-org/go-mysql/client"
	protocol "github.com/go-mysql-org/go-mysql/mysql"
	"github.com/go-mysql-org/go-mysql/replication"
	"github.com/google/uuid"
)

// Login is how to reach the server.
type Login struct {
	Address  string // host:port or the path of a socket
	User     string
	Password string
	TLS      *tls.Config // nil: none
}

// Limits of one connection. What the server may send ahead before a probe hangs up
// is bounded by the receive buffer.
const (
	dialLimit     = 10 * time.Second
	silenceLimit  = 30 * time.Second
	receiveBuffer = 256 << 10
)

// stream is a log being read from the beginning of a file on. It is a connection of
// its own, which the server treats as a replica that wants what there is and does
// not wait for more.
type stream struct {
	conn   *client.Conn
	packet packet
	stop   func() bool
}

// open logs in and asks for the log from the start of a file.
//
// It does not register as a replica (COM_REGISTER_SLAVE), so it is in no list of
// replicas. Its server ID and UUID are random: a server ends an older dump of an
// equal one. Semi-synchronous replication is not asked for, so nobody waits for us.
func open(ctx context.Context, l Login, mariaDB bool, file string) (*stream, error) {
	var raw net.Conn
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := (&net.Dialer{Timeout: dialLimit}).DialContext(ctx, network, address)
		if tcp, ok := c.(*net.TCPConn); ok && err == nil {
			err = tcp.SetReadBuffer(receiveBuffer)
		}
		raw = c
		return c, err
	}
	conn, err := client.ConnectWithDialer(ctx, "", l.Address, l.User, l.Password, "", dial, func(c *client.Conn) error {
		c.ReadTimeout, c.WriteTimeout = silenceLimit, dialLimit
		c.SetTLSConfig(l.TLS)
		c.SetAttributes(map[string]string{"program_name": "collector"})
		return c.SetCollation("utf8mb4_general_ci")
	})
	if err != nil {
		return nil, fmt.Errorf("logging in to read the binary log: %w", err)
	}
	s := &stream{conn: conn, stop: context.AfterFunc(ctx, func() { raw.Close() })}
	if err := s.dump(mariaDB, file); err != nil {
		s.close()
		return nil, fmt.Errorf("asking for the binary log %s: %w", file, err)
	}
	return s, nil
}

func (s *stream) close() {
	s.stop()
	// Nothing was written, so an error while closing loses nothing.
	_ = s.conn.Close()
}

// dump sends COM_BINLOG_DUMP. A replica has to say that it knows checksums, or the
// server refuses; what stands in the file is sent with them all the same. MariaDB sends GTID events to those that say they know them; 4 is
// MARIA_SLAVE_CAPABILITY_GTID. Without its flag it sends no ANNOTATE_ROWS events,
// which quote statements.
func (s *stream) dump(mariaDB bool, file string) error {
	settings := []string{
		"SET @master_binlog_checksum = 'NONE', @source_binlog_checksum = 'NONE'",
		fmt.Sprintf("SET @slave_uuid = '%[1]s', @replica_uuid = '%[1]s'", uuid.NewString()),
	}
	if mariaDB {
		settings = append(settings, "SET @mariadb_slave_capability = 4")
	}
	for _, statement := range settings {
		if _, err := s.conn.Execute(statement); err != nil {
			return err
		}
	}
	const firstEvent = 4
	command := make([]byte, 4, 64) // the packet's header
	command = append(command, protocol.COM_BINLOG_DUMP)
	command = binary.LittleEndian.AppendUint32(command, firstEvent)
	command = binary.LittleEndian.AppendUint16(command, replication.BINLOG_DUMP_NON_BLOCK)
	command = binary.LittleEndian.AppendUint32(command, 1<<31|rand.Uint32())
	command = append(command, file...)
	s.conn.ResetSequence()
	return s.conn.WritePacket(command)
}

// next is the next event, which is valid until the one after it. io.EOF is the end
// of the log.
func (s *stream) next() (*event, error) {
	s.packet.reset()
	if err := s.conn.ReadPacketTo(&s.packet); err != nil {
		return nil, err
	}
	switch {
	case s.packet.isEvent():
		s.packet.stripChecksum()
		return &s.packet.event, nil
	case s.packet.isEnd():
		return nil, io.EOF
	case s.packet.status() == statusError && len(s.packet.head) >= errorHead:
		return nil, s.conn.HandleErrorPacket(append(s.packet.head, s.packet.event.body...))
	}
	return nil, errStrange
}

// errorHead is the shortest error: status, number and SQL state.
const errorHead = 1 + 2 + 6

var errStrange = errors.New("the server sent what is no event")
