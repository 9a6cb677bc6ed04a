package alertmanager

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/common/model"
)

// recorded is one line of the event recorder: eventrecorderpb.Event in the JSON form
// of protocol buffers, in which 64-bit numbers are strings and what is zero is left
// out. Alertmanager 0.33 and 0.34 write ten types of events. None of them tells of a
// notification that failed, nor of a silence that was expired by hand.
type recorded struct {
	Time     time.Time                  `json:"@timestamp"`
	Instance string                     `json:"instance"` // the host's name
	Position int                        `json:"clusterPosition"`
	Data     map[string]json.RawMessage `json:"data"` // one key: the type
}

// The types of events that are told; of the others see silentTypes.
const (
	typeStartup      = "alertmanagerStartupEvent"
	typeShutdown     = "alertmanagerShutdownEvent"
	typeNotification = "notification"
	typeCreated      = "silenceCreated"
	typeUpdated      = "silenceUpdated"
	typeSilenced     = "silenceMutedAlert"
	typeInhibited    = "inhibitionMutedAlert"
)

// silentTypes are the types of events that other witnesses tell: alerts.
var silentTypes = [...]string{"alertCreated", "alertResolved", "alertGrouped"}

// recordedLabels is eventrecorderpb.LabelSet.
type recordedLabels struct {
	Labels []struct {
		Key   string `json:"key"`
		Value string `json:"value"`
	} `json:"labels"`
}

func (l recordedLabels) set() map[string]string {
	set := make(map[string]string, len(l.Labels))
	for _, pair := range l.Labels {
		set[pair.Key] = pair.Value
	}
	return set
}

// recordedMatcher is eventrecorderpb.Matcher.
type recordedMatcher struct {
	Type    string `json:"type"`
	Name    string `json:"name"`
	Pattern string `json:"pattern"`
}

func (m recordedMatcher) matcher() matcher {
	ops := map[string]string{"TYPE_EQUAL": "=", "TYPE_NOT_EQUAL": "!=", "TYPE_REGEXP": "=~", "TYPE_NOT_REGEXP": "!~"}
	of, known := ops[m.Type]
	if !known {
		of = "=" // the type is new, or was left out
	}
	return matcher{m.Name, of, m.Pattern}
}

// recordedSilence is eventrecorderpb.Silence.
type recordedSilence struct {
	ID          string            `json:"id"`
	Matchers    []recordedMatcher `json:"matchers"`
	MatcherSets []struct {
		Matchers []recordedMatcher `json:"matchers"`
	} `json:"matcherSets"`
	StartsAt  time.Time `json:"startsAt"`
	EndsAt    time.Time `json:"endsAt"`
	UpdatedAt time.Time `json:"updatedAt"`
	CreatedBy string    `json:"createdBy"`
	Comment   string    `json:"comment"`
}

func (s recordedSilence) silence() silence {
	out := silence{ID: s.ID, CreatedBy: s.CreatedBy, Comment: s.Comment, StartsAt: s.StartsAt, EndsAt: s.EndsAt, UpdatedAt: s.UpdatedAt}
	sets := [][]recordedMatcher{s.Matchers}
	if len(s.MatcherSets) > 0 {
		sets = nil
		for _, set := range s.MatcherSets {
			sets = append(sets, set.Matchers)
		}
	}
	for _, set := range sets {
		var one []matcher
		for _, m := range set {
			one = append(one, m.matcher())
		}
		if len(one) > 0 {
			out.Matchers = append(out.Matchers, one)
		}
	}
	return out
}

// recordedAlert is eventrecorderpb.Alert.
type recordedAlert struct {
	Fingerprint string         `json:"fingerprint"`
	Labels      recordedLabels `json:"labels"`
	StartsAt    time.Time      `json:"startsAt"`
	Resolved    bool           `json:"resolved"`
}

// recordedMuted is eventrecorderpb.SilenceMutedAlertEvent and InhibitionMutedAlertEvent.
type recordedMuted struct {
	Silence      recordedSilence `json:"silence"`
	InhibitRules []struct {
		Name string `json:"name"` // 0.34 or newer
	} `json:"inhibitRules"`
	MutedAlert struct {
		Labels      recordedLabels `json:"labels"`
		Fingerprint string         `json:"fingerprint"`
	} `json:"mutedAlert"`
	Inhibiting []string `json:"inhibitingFingerprints"`
}

// recordedNotification is eventrecorderpb.NotificationEvent: it was delivered.
type recordedNotification struct {
	Alerts []struct {
		Details recordedAlert `json:"details"`
	} `json:"alerts"`
	Group struct {
		Labels   recordedLabels `json:"groupLabels"`
		Receiver string         `json:"receiverName"`
		UUID     string         `json:"groupUuid"`
	} `json:"groupInfo"`
	Reason      string `json:"reason"`
	FlushID     string `json:"flushId"`
	Integration struct {
		Name  string `json:"name"`
		Index string `json:"index"`
	} `json:"integration"`
}

// reason puts NotifyReason into words.
func (n recordedNotification) reason() string {
	return strings.ToLower(strings.ReplaceAll(strings.TrimPrefix(n.Reason, "NOTIFY_REASON_"), "_", " "))
}

// fingerprintOf is a fingerprint as the API writes it: 16 hexadecimal digits.
func fingerprintOf(number string) string {
	n, err := strconv.ParseUint(number, 10, 64)
	if err != nil {
		return ""
	}
	return model.Fingerprint(n).String()
}

var (
	errNoEvent = errors.New("it is no line of Alertmanager's event recorder")
	errNoTime  = errors.New("it has no time")
)

// timeOf is the time of a line, whatever else it says: Alertmanager writes it first.
// Only a line in another order is decoded for it.
func timeOf(text []byte) (time.Time, error) {
	const key = `"@timestamp"`
	const nearby = 64
	if at := bytes.Index(text[:min(len(text), nearby)], []byte(key)); at >= 0 {
		rest := bytes.TrimLeft(text[at+len(key):], " :\t")
		if len(rest) > 0 && rest[0] == '"' {
			if end := bytes.IndexByte(rest[1:min(len(rest), nearby)], '"'); end > 0 {
				if t, err := time.Parse(time.RFC3339Nano, string(rest[1:end+1])); err == nil {
					return t, nil
				}
			}
		}
	}
	var only struct {
		Time time.Time `json:"@timestamp"`
	}
	if err := json.Unmarshal(text, &only); err != nil {
		return time.Time{}, errNoEvent
	}
	if only.Time.IsZero() {
		return time.Time{}, errNoTime
	}
	return only.Time, nil
}

// readLine reads one line: the event, its type and what it says.
func readLine(text []byte) (r recorded, kind string, payload json.RawMessage, err error) {
	if err := json.Unmarshal(text, &r); err != nil {
		return recorded{}, "", nil, errNoEvent
	}
	if r.Time.IsZero() {
		return recorded{}, "", nil, errNoTime
	}
	if len(r.Data) != 1 {
		return recorded{}, "", nil, fmt.Errorf("%w: it says %d things instead of one", errNoEvent, len(r.Data))
	}
	for kind, payload = range r.Data {
	}
	return r, kind, payload, nil
}
