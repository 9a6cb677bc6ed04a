package errorlog

import (
	"testing"
	"time"
)

func TestPlace(t *testing.T) {
	berlin := Clock{Zone: zone("Europe/Berlin")}
	asked := Clock{Offsets: []Offset{{at("2024-10-26T00:00:00Z"), 2 * time.Hour}, {at("2024-10-27T00:45:00Z"), 2 * time.Hour}, {at("2024-10-27T01:00:00Z"), time.Hour}}}
	local := func(wall string) head { return head{wall: at(wall), day: true, step: time.Second} }
	for name, tc := range map[string]struct {
		clock                Clock
		head                 head
		at, earliest, latest string
	}{
		"summer":          {berlin, local("2024-07-12T09:14:03Z"), "2024-07-12T07:14:03Z", "2024-07-12T07:14:02.99Z", "2024-07-12T07:14:04.01Z"},
		"twice":           {berlin, local("2024-10-27T02:30:00Z"), "2024-10-27T00:30:00Z", "2024-10-27T00:29:59.99Z", "2024-10-27T01:30:01.01Z"},
		"twice, asked":    {asked, local("2024-10-27T02:30:00Z"), "2024-10-27T00:30:00Z", "2024-10-27T00:29:59.99Z", "2024-10-27T01:30:01.01Z"},
		"before, asked":   {asked, local("2024-10-27T01:30:00Z"), "2024-10-26T23:30:00Z", "2024-10-26T23:29:59.99Z", "2024-10-26T23:30:01.01Z"},
		"after, asked":    {asked, local("2024-10-27T03:30:00Z"), "2024-10-27T02:30:00Z", "2024-10-27T02:29:59.99Z", "2024-10-27T02:30:01.01Z"},
		"does not exist":  {berlin, local("2024-03-31T02:30:00Z"), "2024-03-31T01:30:00Z", "2024-03-31T01:29:59.99Z", "2024-03-31T01:30:01.01Z"},
		"zone is written": {berlin, head{wall: at("2024-07-12T07:14:03.5Z"), zone: true, day: true, step: time.Microsecond}, "2024-07-12T07:14:03.5Z", "2024-07-12T07:14:03.5Z", "2024-07-12T07:14:03.500001Z"},
		"clock is ahead":  {Clock{Zone: time.UTC, Ahead: 3 * time.Second, Error: time.Millisecond}, local("2024-07-12T07:14:03Z"), "2024-07-12T07:14:00Z", "2024-07-12T07:13:59.989Z", "2024-07-12T07:14:01.011Z"},
		"zone is assumed": {Clock{Zone: time.UTC, ZoneError: time.Hour}, local("2024-07-12T07:14:03Z"), "2024-07-12T07:14:03Z", "2024-07-12T06:14:02.99Z", "2024-07-12T08:14:04.01Z"},
	} {
		t.Run(name, func(t *testing.T) {
			got := tc.clock.place(tc.head)
			if !got.At.Equal(at(tc.at)) || !got.Earliest.Equal(at(tc.earliest)) || !got.Latest.Equal(at(tc.latest)) {
				t.Errorf("got %v", got)
			}
		})
	}
}
