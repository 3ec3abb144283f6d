package cli_test

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/ledgersys/ledgersys/internal/testkit"
)

// schema is as much of JSON Schema as ours use.
type schema struct {
	Ref        string            `json:"$ref"`
	Defs       map[string]schema `json:"$defs"`
	Type       string            `json:"type"`
	Const      any               `json:"const"`
	Enum       []any             `json:"enum"`
	Pattern    string            `json:"pattern"`
	Minimum    *float64          `json:"minimum"`
	Required   []string          `json:"required"`
	Properties map[string]schema `json:"properties"`
	Others     *schema           `json:"additionalProperties"`
	Items      *schema           `json:"items"`
	AnyOf      []schema          `json:"anyOf"`
}

// check says how a value differs from a schema. What a schema does not name is
// a difference here, although readers must put up with it.
func (s *schema) check(defs map[string]schema, v any, at string) error {
	if s.Ref != "" {
		d, ok := defs[strings.TrimPrefix(s.Ref, "#/$defs/")]
		if !ok {
			return fmt.Errorf("%s: no %s", at, s.Ref)
		}
		return d.check(defs, v, at)
	}
	if len(s.AnyOf) > 0 {
		var first error
		for i := range s.AnyOf {
			err := s.AnyOf[i].check(defs, v, at)
			if err == nil {
				return nil
			}
			if first == nil {
				first = err
			}
		}
		return first
	}
	if s.Const != nil && s.Const != v || s.Enum != nil && !contains(s.Enum, v) {
		return fmt.Errorf("%s: %v is none of %v %v", at, v, s.Const, s.Enum)
	}
	return s.byType(defs, v, at)
}

func contains(list []any, v any) bool {
	for _, x := range list {
		if reflect.DeepEqual(x, v) {
			return true
		}
	}
	return false
}

func (s *schema) byType(defs map[string]schema, v any, at string) error {
	wrong := fmt.Errorf("%s: %v is no %s", at, v, s.Type)
	switch s.Type {
	case "":
	case "null":
		if v != nil {
			return wrong
		}
	case "boolean":
		if _, ok := v.(bool); !ok {
			return wrong
		}
	case "integer":
		n, ok := v.(float64)
		if !ok || n != float64(int64(n)) || s.Minimum != nil && n < *s.Minimum {
			return wrong
		}
	case "string":
		text, ok := v.(string)
		if !ok || s.Pattern != "" && !regexp.MustCompile(s.Pattern).MatchString(text) {
			return wrong
		}
	case "array":
		list, ok := v.([]any)
		if !ok {
			return wrong
		}
		for i := range list {
			if err := s.Items.check(defs, list[i], fmt.Sprintf("%s/%d", at, i)); err != nil {
				return err
			}
		}
	case "object":
		return s.object(defs, v, at)
	default:
		return fmt.Errorf("%s: type %s is not known here", at, s.Type)
	}
	return nil
}

func (s *schema) object(defs map[string]schema, v any, at string) error {
	m, ok := v.(map[string]any)
	if !ok {
		return fmt.Errorf("%s: %v is no object", at, v)
	}
	for _, k := range s.Required {
		if _, has := m[k]; !has {
			return fmt.Errorf("%s: no %s", at, k)
		}
	}
	for k := range m {
		p, named := s.Properties[k]
		switch {
		case !named && s.Others == nil:
			return fmt.Errorf("%s: %s is not in the schema", at, k)
		case !named:
			p = *s.Others
		}
		if err := p.check(defs, m[k], at+"/"+k); err != nil {
			return err
		}
	}
	return nil
}

// TestSchemas: what the verbs print is what their schemas say, over all
// vectors and our own sample statements.
func TestSchemas(t *testing.T) {
	t.Parallel()
	root := testkit.Root(t)
	vectors, err := filepath.Glob(filepath.Join(root, "pkg", "tax", "testdata", "vectors", "*.json"))
	if err != nil || len(vectors) == 0 {
		t.Fatalf("no vectors (%v)", err)
	}
	samples := statements(t, filepath.Join(root, "scripts", "samples"))
	us := append([]string{"--country", "US", "--prices", filepath.Join(root, "scripts", "samples", "prices.csv")}, samples...)
	runs := map[string][][]string{
		"report":  {append([]string{"--json"}, us...), append([]string{"--json", "--country", "GB"}, samples...)},
		"lots":    {us},
		"inspect": {append([]string{"--json"}, samples...)},
		"explain": {append([]string{"8949:1", "--year", "2024"}, us...)},
	}
	for _, v := range vectors {
		runs["report"] = append(runs["report"], []string{"--json", v})
		runs["lots"] = append(runs["lots"], []string{v})
	}
	for verb, list := range runs {
		text, errs, code := output("tax", verb, "--schema")
		if code != 0 {
			t.Fatalf("%s --schema: exit %d: %s", verb, code, errs)
		}
		var s schema
		if err := json.Unmarshal(text, &s); err != nil {
			t.Fatal(err)
		}
		for _, args := range list {
			text, errs, code := output(append([]string{"tax", verb}, args...)...)
			var v any
			if err := json.Unmarshal(text, &v); err != nil || code != 0 && code != 3 {
				t.Fatalf("%s %v: exit %d, %v: %s", verb, args, code, err, errs)
			}
			if err := s.check(s.Defs, v, verb); err != nil {
				t.Errorf("%s: %v", args[len(args)-1], err)
			}
		}
	}
}
