package deploylog

import (
	"testing"
	"time"

	"collector/internal/sources/deployline"
)

// TestDeployOverTheRepeatedHour: start and end on both sides of the change of clocks.
func TestDeployOverTheRepeatedHour(t *testing.T) {
	w := window
	w.From = time.Date(2024, 10, 26, 22, 0, 0, 0, time.UTC)
	w.To = w.From.Add(6 * time.Hour)
	line := func(clock, event string) string {
		return jsonLine("time", "2024-10-27 "+clock, "service", "shop", "version", "2", "event", event)
	}
	for name, text := range map[string]string{
		"both ambiguous":   line("02:50:00", deployline.DeployStarted) + line("02:10:00", deployline.DeployFinished),
		"start ambiguous":  line("02:50:00", deployline.DeployStarted) + line("03:05:00", deployline.DeployFinished),
		"finish ambiguous": line("01:50:00", deployline.DeployStarted) + line("02:10:00", deployline.DeployFinished),
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := newSource(t, File{Timezone: "Europe/Berlin"}, map[string]string{"deploy.log": text})
			f := ask(t, s, w)
			if len(f.Events) != 1 || f.Events[0].End == nil || f.Events[0].Attributes["outcome"] != "finished" || f.Events[0].Attributes["time_note"] == "" {
				t.Errorf("%s%+v", told(f), f.Events)
			}
		})
	}
}
