package grafana

import (
	"encoding/json"
	"strconv"
)

// object is a JSON object of a dashboard. Its form differs between versions of
// Grafana and what we do not know must survive, so it stays a map.
type object = map[string]any

// text is a string member, "" when it is none.
func text(o object, key string) string {
	s, _ := o[key].(string)
	return s
}

// child is an object member, nil when it is none.
func child(o object, key string) object {
	c, _ := o[key].(object)
	return c
}

// children are the objects of a list member.
func children(o object, key string) []object {
	list, _ := o[key].([]any)
	out := make([]object, 0, len(list))
	for _, item := range list {
		if c, ok := item.(object); ok {
			out = append(out, c)
		}
	}
	return out
}

// number is a numeric member, also one written as a string.
func number(o object, key string, otherwise float64) float64 {
	switch v := o[key].(type) {
	case float64:
		return v
	case int:
		return float64(v)
	case json.Number:
		if f, err := v.Float64(); err == nil {
			return f
		}
	case string:
		if f, err := strconv.ParseFloat(v, 64); err == nil {
			return f
		}
	}
	return otherwise
}

// truth is a boolean member.
func truth(o object, key string) bool {
	b, _ := o[key].(bool)
	return b
}

// stringsOf are the strings of a value that is one or a list of them.
func stringsOf(v any) []string {
	switch v := v.(type) {
	case string:
		return []string{v}
	case float64:
		return []string{strconv.FormatFloat(v, 'f', -1, 64)}
	case bool:
		return []string{strconv.FormatBool(v)}
	case []any:
		var out []string
		for _, item := range v {
			out = append(out, stringsOf(item)...)
		}
		return out
	}
	return nil
}

// copied is a deep copy: repeats change their panels one by one.
func copied(o object) object {
	out := make(object, len(o))
	for k, v := range o {
		out[k] = copyOf(v)
	}
	return out
}

func copyOf(v any) any {
	switch v := v.(type) {
	case object:
		return copied(v)
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = copyOf(item)
		}
		return out
	}
	return v
}

// anys makes a list of objects a JSON list.
func anys(list []object) []any {
	out := make([]any, len(list))
	for i, o := range list {
		out[i] = o
	}
	return out
}

// texts makes a list of strings a JSON list.
func texts(list []string) []any {
	out := make([]any, len(list))
	for i, s := range list {
		out[i] = s
	}
	return out
}
