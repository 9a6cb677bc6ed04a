package report

import (
	"bytes"
	_ "embed"
	"fmt"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// TimelineSchema is the published JSON Schema (2020-12) of timeline.json.
//
//go:embed schema/timeline.v1.schema.json
var TimelineSchema []byte

// ValidateTimeline says where a timeline.json breaks the published schema.
func ValidateTimeline(data []byte) error {
	schema, err := jsonschema.UnmarshalJSON(bytes.NewReader(TimelineSchema))
	if err != nil {
		return fmt.Errorf("reading the embedded schema: %w", err)
	}
	const name = "timeline.v1.schema.json"
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource(name, schema); err != nil {
		return fmt.Errorf("reading the embedded schema: %w", err)
	}
	compiled, err := c.Compile(name)
	if err != nil {
		return fmt.Errorf("reading the embedded schema: %w", err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		return fmt.Errorf("not JSON: %w", err)
	}
	return compiled.Validate(value)
}
