// Says what GitOps tools make of an object: Flux by its own library (kstatus), Argo CD by a health check in Lua,
// run by the engine that Argo CD has, with the libraries open that it opens (base, package and table).
//
// Reads a health check and an object in JSON a line, {"check": "...", "object": {...}}; answers each with a line of JSON.
package main

import (
	"bufio"
	"encoding/json"
	"os"

	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	lua "github.com/yuin/gopher-lua"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

const longestLine = 16 << 20

type word struct {
	Status  string `json:"status"`
	Message string `json:"message"`
}

type question struct {
	Check  string          `json:"check"`
	Object json.RawMessage `json:"object"`
}

type verdict struct {
	Argo word   `json:"argo"`
	Flux string `json:"flux"`
}

func value(state *lua.LState, found any) lua.LValue {
	switch found := found.(type) {
	case bool:
		return lua.LBool(found)
	case float64:
		return lua.LNumber(found)
	case int64:
		return lua.LNumber(found)
	case string:
		return lua.LString(found)
	case []any:
		table := state.CreateTable(len(found), 0)
		for _, each := range found {
			table.Append(value(state, each))
		}
		return table
	case map[string]any:
		table := state.CreateTable(0, len(found))
		for key, each := range found {
			table.RawSetString(key, value(state, each))
		}
		return table
	}
	return lua.LNil
}

func argo(object map[string]any, check string) (word, error) {
	state := lua.NewState(lua.Options{SkipOpenLibs: true})
	defer state.Close()
	for name, open := range map[string]lua.LGFunction{
		lua.LoadLibName: lua.OpenPackage, lua.BaseLibName: lua.OpenBase, lua.TabLibName: lua.OpenTable,
	} {
		call := lua.P{Fn: state.NewFunction(open), NRet: 0, Protect: true}
		if err := state.CallByParam(call, lua.LString(name)); err != nil {
			return word{}, err
		}
	}
	state.SetGlobal("obj", value(state, object))
	if err := state.DoString(check); err != nil {
		return word{}, err
	}
	answer, _ := state.Get(-1).(*lua.LTable)
	return word{
		Status:  answer.RawGetString("status").String(),
		Message: answer.RawGetString("message").String(),
	}, nil
}

func judged(line []byte) (verdict, error) {
	var asked question
	if err := json.Unmarshal(line, &asked); err != nil {
		return verdict{}, err
	}
	object := &unstructured.Unstructured{}
	if err := object.UnmarshalJSON(asked.Object); err != nil {
		return verdict{}, err
	}
	health, err := argo(object.Object, asked.Check)
	if err != nil {
		return verdict{}, err
	}
	found, err := status.Compute(object)
	if err != nil {
		return verdict{}, err
	}
	return verdict{Argo: health, Flux: found.Status.String()}, nil
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, longestLine)
	answers := json.NewEncoder(os.Stdout)
	for lines.Scan() {
		answer, err := judged(lines.Bytes())
		if err == nil {
			err = answers.Encode(answer)
		}
		if err != nil {
			panic(err)
		}
	}
	if err := lines.Err(); err != nil {
		panic(err)
	}
}
