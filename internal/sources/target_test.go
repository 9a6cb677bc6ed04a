package sources_test

import (
	"testing"

	"collector/internal/sources"
)

func TestResolve(t *testing.T) {
	targets := sources.Targets{
		{Name: "db1", Labels: map[string]string{"instance": "db1.example.com:9104", "job": "mysql", "region": "eu"}},
		{Name: "db2", Labels: map[string]string{"instance": "db2"}},
		{Name: "small1", Labels: map[string]string{"instance": "small:9104"}},
		{Name: "small2", Labels: map[string]string{"instance": "small:9204"}},
		{Name: "local", Labels: map[string]string{"instance": "127.0.0.1:9104"}},
		{Name: "here", Labels: map[string]string{"instance": "localhost:9104"}},
		{Name: "six", Labels: map[string]string{"instance": "[2001:db8::1]:9104"}},
		{Name: "unlabelled"},
	}
	for name, tt := range map[string]struct {
		labels map[string]string
		want   string
	}{
		"all labels":                     {map[string]string{"instance": "db1.example.com:9104", "job": "mysql", "region": "eu", "more": "x"}, "db1"},
		"node_exporter on its machine":   {map[string]string{"instance": "db1.example.com:9100", "job": "node"}, "db1"},
		"the case of a host is nothing":  {map[string]string{"instance": "DB1.example.com:9100", "job": "node"}, "db1"},
		"a host of another region":       {map[string]string{"instance": "db1.example.com:9100", "region": "us"}, "db1.example.com:9100"},
		"another domain":                 {map[string]string{"instance": "db1.example.org:9100"}, "db1.example.org:9100"},
		"a configured name without port": {map[string]string{"instance": "db2:9100"}, "db2"},
		"IPv6":                           {map[string]string{"instance": "[2001:db8::1]:9100"}, "six"},
		"two servers on one machine":     {map[string]string{"instance": "small:9100"}, "small:9100"},
		"one of two by its labels":       {map[string]string{"instance": "small:9204"}, "small2"},
		"loopback is no machine":         {map[string]string{"instance": "127.0.0.1:9100"}, "127.0.0.1:9100"},
		"nor is localhost":               {map[string]string{"instance": "localhost:9100"}, "localhost:9100"},
		"unless it is the very label":    {map[string]string{"instance": "localhost:9104"}, "here"},
		"no instance":                    {map[string]string{"job": "batch"}, "batch"},
		"nothing":                        {nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			if got := targets.Resolve(tt.labels); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
