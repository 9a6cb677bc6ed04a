package errorlog

import (
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// grammar is one form of a line. Its groups are time, thread, level, code,
// subsystem and message, of which time and message are always there.
type grammar struct {
	match  *regexp.Regexp
	layout string // of the time, after spaces were made zeros
	zone   bool   // the time says its zone
	step   time.Duration
	level  string // of a form that writes none
}

// grammars are the forms of lines, in the order in which they are tried:
//
//   - MySQL 5.7 to 9.x: 2024-07-12T07:14:03.123456Z 8 [ERROR] [MY-010584] [Repl] text;
//     with log_timestamps=SYSTEM an offset instead of the Z; 5.7 without code and subsystem
//     (https://dev.mysql.com/doc/refman/9.7/en/error-log-format.html).
//   - MariaDB since 10.1: 2024-07-12  9:14:03 8 [ERROR] text, local time; a thread of InnoDB in
//     hexadecimal, and then no level (https://mariadb.com/docs/server/server-management/server-monitoring-logs/error-log).
//   - MariaDB's fatal signals, and all lines of old: 240712  9:14:03 [ERROR] text.
//   - MySQL's fatal signals: 2024-07-12T07:14:03Z UTC - mysqld got signal 11 ; before 8.0.23 without the date.
var grammars = [...]grammar{
	{regexp.MustCompile(`^(?P<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}(?:Z|[+-]\d\d:\d\d)) (?P<thread>\d+) \[(?P<level>\w+)\] (?:\[MY-(?P<code>\d{1,6})\] )?(?:\[(?P<subsystem>\w{1,32})\] )?(?P<message>.*)$`),
		"2006-01-02T15:04:05.999999Z07:00", true, time.Microsecond, ""},
	{regexp.MustCompile(`^(?P<time>\d{4}-\d\d-\d\d [ \d]\d:\d\d:\d\d) (?P<thread>\d+|0x[0-9a-f]+) +(?:\[(?P<level>\w+)\] )?(?P<message>.*)$`),
		"2006-01-02 15:04:05", false, time.Second, levelError},
	{regexp.MustCompile(`^(?P<time>\d{6} [ \d]\d:\d\d:\d\d) (?:\[(?P<level>\w+)\] )?(?P<message>.*)$`),
		"060102 15:04:05", false, time.Second, levelNote},
	{regexp.MustCompile(`^(?P<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ) (?P<message>UTC - \S+ got .*)$`),
		"2006-01-02T15:04:05Z07:00", true, time.Second, levelError},
	{regexp.MustCompile(`^(?P<time>\d\d:\d\d:\d\d) (?P<message>UTC - \S+ got .*)$`),
		"15:04:05", true, time.Second, levelError},
}

// carrier is what syslog, the journal or a container's log puts before a line.
var carrier = regexp.MustCompile(`^(?:(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT\S+) \S+ (?:mysqld|mariadbd|mysql|mariadb)(?:\[\d+\])?: |\d{4}-\d\d-\d\dT\S+ (?:stdout|stderr) [FP] )`)

// maxHead is how much of a line is looked at, in bytes: servers write long ones
// only where they quote.
const maxHead = 2 << 10

// parseHead reads the first line of a message. A line that goes on with the message
// before it is none.
func parseHead(line string) (head, bool) {
	if len(line) > maxHead {
		if strings.HasPrefix(line, "{") {
			return parseJSON(line)
		}
		line = line[:maxHead]
	}
	line = strings.ToValidUTF8(line, "?")
	if at := carrier.FindStringIndex(line); at != nil {
		line = line[at[1]:]
	}
	if strings.HasPrefix(line, "{") {
		return parseJSON(line)
	}
	if line == "" || line[0] < '0' || line[0] > '9' {
		return head{}, false
	}
	for i := range grammars {
		if m := grammars[i].match.FindStringSubmatch(line); m != nil {
			return grammars[i].head(m)
		}
	}
	return head{}, false
}

func (g *grammar) head(m []string) (head, bool) {
	group := func(name string) string {
		if i := g.match.SubexpIndex(name); i >= 0 {
			return m[i]
		}
		return ""
	}
	written := group("time")
	if space := strings.LastIndexByte(written, ' '); space >= 0 && strings.Contains(written, "  ") {
		written = written[:space] + "0" + written[space+1:] // " 9:14:03": the layout wants two digits
	}
	wall, err := time.Parse(g.layout, written)
	if err != nil {
		return head{}, false
	}
	h := head{wall: wall.UTC(), zone: g.zone, day: g.layout != "15:04:05", step: g.step}
	h.level, h.subsystem, h.message = levelOf(group("level")), group("subsystem"), group("message")
	h.code, _ = strconv.Atoi(group("code"))
	if group("level") == "" {
		h.level = g.level
	}
	h.trim()
	return h, h.level != ""
}

// trim takes the program's name and the subsystem out of the message.
func (h *head) trim() {
	text := strings.TrimSpace(h.message)
	text = strings.TrimPrefix(text, "[FATAL] ")
	if program := programName.FindString(text); program != "" {
		text = text[len(program):]
	}
	if rest, ok := strings.CutPrefix(text, "InnoDB: "); ok {
		h.subsystem, text = "InnoDB", rest
	}
	h.message = text
}

// programName is the server's own name before what it says. In "mariadbd: ready for
// connections" it is kept apart all the same.
var programName = regexp.MustCompile(`^(?:/\S+/)?(?:mysqld|mariadbd)(?:-debug)?: `)

// parseJSON reads a line of MySQL's log_sink_json. See
// https://dev.mysql.com/doc/refman/9.7/en/error-log-json.html.
func parseJSON(line string) (head, bool) {
	var l struct {
		Time      string `json:"time"`
		Code      int    `json:"err_code"`
		Subsystem string `json:"subsystem"`
		Label     string `json:"label"`
		Message   string `json:"msg"`
		Prio      *int   `json:"prio"`
	}
	if json.Unmarshal([]byte(line), &l) != nil || l.Prio == nil {
		return head{}, false
	}
	wall, err := time.Parse("2006-01-02T15:04:05.999999Z07:00", l.Time)
	if err != nil {
		return head{}, false
	}
	h := head{wall: wall.UTC(), zone: true, day: true, step: time.Microsecond}
	h.code, h.message = l.Code, firstLine(l.Message)
	h.level = levelOf(l.Label)
	if h.level == "" {
		h.level = levelOfPrio(*l.Prio)
	}
	if plainWord.MatchString(l.Subsystem) {
		h.subsystem = l.Subsystem
	}
	h.trim()
	return h, true
}

var plainWord = regexp.MustCompile(`^\w{1,32}$`)

// levelOfPrio: the priorities of MySQL's JSON lines.
func levelOfPrio(prio int) string {
	switch prio {
	case 0:
		return levelSystem
	case 1:
		return levelError
	case 2:
		return levelWarning
	}
	return levelNote
}
