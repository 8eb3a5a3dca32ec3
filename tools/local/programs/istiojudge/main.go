// Judges objects of Istio's kinds as istiod's validating webhook does, by its own library and without a cluster.
//
// Reads one object in JSON a line; answers each with a line of JSON: {"error": "...", "warnings": ["..."]}.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"

	"istio.io/istio/pilot/pkg/config/kube/crd"
	"istio.io/istio/pkg/config/schema/collections"
	"istio.io/istio/pkg/config/schema/resource"
)

const longestLine = 16 << 20

type verdict struct {
	Error    string   `json:"error"`
	Warnings []string `json:"warnings"`
}

func judge(line []byte) verdict {
	var object crd.IstioKind
	if err := json.Unmarshal(line, &object); err != nil {
		return verdict{Error: err.Error()}
	}
	kind := object.GroupVersionKind()
	schema, found := collections.All.FindByGroupKind(resource.FromKubernetesGVK(&kind))
	if !found {
		return verdict{Error: fmt.Sprintf("unrecognized type %v", kind)}
	}
	config, err := crd.ConvertObject(schema, &object, "cluster.local")
	if err != nil {
		return verdict{Error: err.Error()}
	}
	warnings, err := schema.ValidateConfig(*config)
	answer := verdict{}
	if err != nil {
		answer.Error = err.Error()
	}
	if warnings != nil {
		answer.Warnings = []string{warnings.Error()}
	}
	return answer
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, longestLine)
	answers := json.NewEncoder(os.Stdout)
	for lines.Scan() {
		if err := answers.Encode(judge(lines.Bytes())); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	if err := lines.Err(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
