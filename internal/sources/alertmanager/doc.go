// Package alertmanager asks an Alertmanager, version 0.16 or newer, over its API v2.
//
// It asks in plain HTTP. The official client (prometheus/alertmanager/api/v2/client)
// would add 31 modules, OpenTelemetry and an OpenAPI validator among them, for two
// GETs, and reads an answer of tens of thousands of alerts as a whole; here each
// alert is forgotten once its fingerprint is known. The shapes are those of the
// official models.
package alertmanager
