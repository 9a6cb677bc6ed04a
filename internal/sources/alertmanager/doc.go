// Package alertmanager asks an Alertmanager, version 0.16 or newer, over its API v2, and
// reads what the event recorder of version 0.33 or newer writes.
//
// [Client] says which alerts are held as firing, for resolves that were lost. [Source]
// is the witness of drafts: silences that overlapped the window, alerts that fired and
// of which nobody was told (silenced, inhibited, muted by a time interval), and, from
// the event recorder's file, when who was told of which alert. It tells no alerts:
// Prometheus and the received notifications do.
//
// It asks in plain HTTP. The official client (prometheus/alertmanager/api/v2/client)
// would add 31 modules, OpenTelemetry and an OpenAPI validator among them, for four
// GETs, and reads an answer of tens of thousands of alerts as a whole; here each
// alert is forgotten once it is known whether it matters. The shapes are those of the
// official models, and of eventrecorder/eventrecorderpb in their protobuf JSON form.
package alertmanager
