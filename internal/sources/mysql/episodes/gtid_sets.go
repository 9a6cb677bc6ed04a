package episodes

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/go-mysql-org/go-mysql/mysql"

	"collector/internal/sources/mysql/facts"
)

// missing are the transactions that one server has and another one lacks.
type missing struct {
	text  string // as the server's flavour writes GTIDs
	count uint64 // 0 when there is none
}

// lacking compares what a server has executed of its own transactions with what
// another one has executed. identity is the server's UUID or, on MariaDB, its ID.
//
// On MySQL the sets say everything. MariaDB only says the last transaction of each
// domain and server; in a domain with one writer at a time, those between two of
// them were written by the same server.
func lacking(own placement, other facts.GTID, from gtidBasis) (missing, error) {
	if own.GTID.TooLong || other.TooLong {
		return missing{}, errTooLong
	}
	if own.ServerUUID != "" {
		return lackingMySQL(own.ServerUUID, own.GTID.Executed, other.Executed)
	}
	return lackingMariaDB(own.ServerID, own.GTID.Executed, other, from)
}

// gtidBasis is what on MariaDB counts as known where a server's transactions are not
// recorded by its name.
type gtidBasis int

const (
	byName     gtidBasis = iota // nothing
	provenOnly                  // everything up to the domain's last one
	byGrowth                    // that, even where they are: the look before of the same server
)

// errTooLong is why sets were not recorded.
var errTooLong = fmt.Errorf("the set was too long to be recorded")

func lackingMySQL(uuid, executed, other string) (missing, error) {
	has, err := mySQLSet(executed)
	if err != nil {
		return missing{}, err
	}
	known, err := mySQLSet(other)
	if err != nil {
		return missing{}, err
	}
	own := has.Sets[strings.ToLower(uuid)]
	if own == nil {
		return missing{}, nil
	}
	own = own.Clone()
	if there := known.Sets[strings.ToLower(uuid)]; there != nil {
		own.MinusInterval(there.Intervals)
	}
	var m missing
	for _, i := range own.Intervals {
		m.count += uint64(i.Stop - i.Start)
	}
	if m.count > 0 {
		m.text = own.String()
	}
	return m, nil
}

func mySQLSet(text string) (*mysql.MysqlGTIDSet, error) {
	set, err := mysql.ParseMysqlGTIDSet(text)
	if err != nil {
		return nil, fmt.Errorf("reading a GTID set: %w", err)
	}
	return set.(*mysql.MysqlGTIDSet), nil
}

func lackingMariaDB(server uint32, executed string, other facts.GTID, from gtidBasis) (missing, error) {
	has, err := mariaDBSet(executed)
	if err != nil {
		return missing{}, err
	}
	known, err := mariaDBSet(other.Executed, other.Slave)
	if err != nil {
		return missing{}, err
	}
	var m missing
	var texts []string
	for domain, servers := range has {
		last, wrote := servers[server]
		there := known.last(domain, server, from)
		if !wrote || last <= there {
			continue
		}
		m.count = max(m.count, m.count+last-there) // what a broken server claims does not wrap to nothing
		text := fmt.Sprintf("%d-%d-%d", domain, server, there+1)
		if last-there > 1 {
			text += fmt.Sprintf("..%d", last)
		}
		texts = append(texts, text)
	}
	slices.SortFunc(texts, func(a, b string) int { return cmp.Compare(a, b) })
	m.text = strings.Join(texts, ",")
	return m, nil
}

// mariaDBState is the last sequence number of each domain and server.
type mariaDBState map[uint32]map[uint32]uint64

// mariaDBSet joins GTID lists.
func mariaDBSet(texts ...string) (mariaDBState, error) {
	state := mariaDBState{}
	for _, text := range texts {
		for part := range strings.SplitSeq(text, ",") {
			if part == "" {
				continue
			}
			g, err := mysql.ParseMariadbGTID(part)
			if err != nil {
				return nil, fmt.Errorf("reading a GTID: %w", err)
			}
			if state[g.DomainID] == nil {
				state[g.DomainID] = map[uint32]uint64{}
			}
			state[g.DomainID][g.ServerID] = max(state[g.DomainID][g.ServerID], g.SequenceNumber)
		}
	}
	return state, nil
}

// last is the last transaction of a server in a domain that is known here.
func (s mariaDBState) last(domain, server uint32, from gtidBasis) (last uint64) {
	if n, ok := s[domain][server]; ok && from != byGrowth || from == byName {
		return n
	}
	for _, n := range s[domain] {
		last = max(last, n)
	}
	return last
}
