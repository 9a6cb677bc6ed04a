package facts

import "time"

// KindTopology is a look at who replicates with whom that is worth keeping: the
// first one of a run of the recorder, each that showed a change, and one from time
// to time for its GTID sets, which always move.
const KindTopology = "topology"

// Topology is such a look. The sets are as the server writes them, without line breaks.
type Topology struct {
	Since      *time.Time `json:"since,omitempty"` // the look before, on the collector's clock; null at the first one of a run
	ServerUUID string     `json:"server_uuid,omitempty"`
	ServerID   uint32     `json:"server_id,omitempty"`
	ReadOnly   bool       `json:"read_only"`
	Sources    []Source   `json:"sources,omitempty"`  // one for each channel of a replica
	Replicas   []Peer     `json:"replicas,omitempty"` // that are connected
	Group      []Member   `json:"group,omitempty"`    // of Group Replication, itself included
	GTID       GTID       `json:"gtid"`
}

// Source is where a channel replicates from.
type Source struct {
	Channel    string `json:"channel,omitempty"`
	ServerUUID string `json:"server_uuid,omitempty"`
	ServerID   uint32 `json:"server_id,omitempty"`
	Stopped    bool   `json:"stopped,omitempty"` // by somebody: neither thread runs
}

// Peer is a replica as its source sees it. MySQL says who it is; elsewhere only
// the client host of its session is known.
type Peer struct {
	ServerUUID string `json:"server_uuid,omitempty"`
	ServerID   uint32 `json:"server_id,omitempty"`
	Host       string `json:"host,omitempty"`
}

// Member is a member of a replication group as this server sees it.
type Member struct {
	ServerUUID string `json:"server_uuid"`
	Host       string `json:"host"`
	Port       uint16 `json:"port"`
	State      string `json:"state"` // ONLINE, RECOVERING, OFFLINE, ERROR, UNREACHABLE
	Role       string `json:"role"`  // PRIMARY, SECONDARY or empty
}

// GTID is what a server has executed.
type GTID struct {
	Executed string     `json:"executed,omitempty"`  // MySQL: gtid_executed; MariaDB: gtid_binlog_state, the last of each domain and server
	Slave    string     `json:"slave_pos,omitempty"` // MariaDB: gtid_slave_pos, the last of each domain that was replicated
	TooLong  bool       `json:"too_long,omitempty"`  // the sets were left out
	Asked    bool       `json:"asked"`               // false: not asked at this look
	Since    *time.Time `json:"since,omitempty"`     // when they were asked for before
}
