package binance

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	binance "github.com/adshao/go-binance/v2"
	"github.com/adshao/go-binance/v2/delivery"
	"github.com/adshao/go-binance/v2/futures"
	"github.com/adshao/go-binance/v2/options"

	"github.com/ledgersys/ledgersys/internal/egress"
)

// sinkhole notes what reached the wire.
type sinkhole struct {
	mu   sync.Mutex
	seen []string
}

func (s *sinkhole) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen = append(s.seen, r.Method+" "+r.URL.Path)
	_, _ = w.Write([]byte("null"))
}

func (s *sinkhole) take() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	seen := s.seen
	s.seen = nil
	return seen
}

// service is one service of the library, made by its constructor.
type service struct {
	name string
	do   reflect.Value
}

// constructors finds every constructor of a client and follows those that lead to
// further ones.
func constructors(name string, client reflect.Value, depth int) []service {
	var found []service
	t := client.Type()
	for i := range t.NumMethod() {
		m, v := t.Method(i), client.Method(i)
		if v.Type().NumIn() != 0 || v.Type().NumOut() != 1 || depth == 0 && !strings.HasPrefix(m.Name, "New") {
			continue
		}
		out := v.Call(nil)[0]
		if out.Kind() != reflect.Pointer || out.IsNil() || out.Elem().Kind() != reflect.Struct {
			continue
		}
		path := name + "." + m.Name
		if do := out.MethodByName("Do"); do.IsValid() {
			fill(out)
			found = append(found, service{path, do})
		} else if depth < 3 {
			found = append(found, constructors(path, out, depth+1)...)
		}
	}
	return found
}

// fill calls every setter of a service with something.
func fill(service reflect.Value) {
	for i := range service.NumMethod() {
		m := service.Method(i).Type()
		if m.NumOut() != 1 || m.Out(0) != service.Type() || m.NumIn() == 0 || m.IsVariadic() {
			continue
		}
		args := make([]reflect.Value, m.NumIn())
		for k := range args {
			args[k] = something(m.In(k))
		}
		service.Method(i).Call(args)
	}
}

func something(t reflect.Type) reflect.Value {
	v := reflect.New(t).Elem()
	switch t.Kind() {
	case reflect.String:
		v.SetString("1")
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(1)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(1)
	case reflect.Float32, reflect.Float64:
		v.SetFloat(1)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Pointer:
		v.Set(reflect.New(t.Elem()))
		v.Elem().Set(something(t.Elem()))
	case reflect.Slice:
		v.Set(reflect.Append(v, something(t.Elem())))
	case reflect.Struct:
		for i := range t.NumField() {
			if v.Field(i).CanSet() {
				v.Field(i).Set(something(t.Field(i).Type))
			}
		}
	default:
	}
	return v
}

// call calls Do. A service that cannot be called without its parameters may
// panic: then nothing was sent.
func (s service) call(ctx context.Context) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = errors.New("panics without its parameters")
		}
	}()
	out := s.do.Call([]reflect.Value{reflect.ValueOf(ctx)})
	if last := out[len(out)-1]; last.Type().Implements(reflect.TypeFor[error]()) && !last.IsNil() {
		err, _ = last.Interface().(error)
	}
	return err
}

// EX-12: whatever go-binance can do, only what is on our list reaches the
// wire.
func TestEveryServiceOfTheLibraryMeetsTheGuard(t *testing.T) {
	t.Parallel()
	sink := &sinkhole{}
	server := httptest.NewServer(sink)
	t.Cleanup(server.Close)
	door, err := egress.New(egress.Config{Allow: []string{strings.TrimPrefix(server.URL, "http://")}})
	if err != nil {
		t.Fatal(err)
	}
	web, err := door.Client(egress.Caller{Name: name, Passes: Exchange().Passes, Base: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	spot := binance.NewClient("key", "secret")
	fut := futures.NewClient("key", "secret")
	del := delivery.NewClient("key", "secret")
	opt := options.NewClient("key", "secret")
	spot.HTTPClient, fut.HTTPClient, del.HTTPClient, opt.HTTPClient = web.HTTP(), web.HTTP(), web.HTTP(), web.HTTP()
	all := slices.Concat(
		constructors("spot", reflect.ValueOf(spot), 0), constructors("futures", reflect.ValueOf(fut), 0),
		constructors("delivery", reflect.ValueOf(del), 0), constructors("options", reflect.ValueOf(opt), 0),
	)
	if len(all) < 300 {
		t.Fatalf("%d services found: too few to mean anything", len(all))
	}
	var listed []string
	for _, p := range Exchange().Passes {
		listed = append(listed, p.Method+" "+p.Path)
	}
	reached, denied, silent := 0, 0, 0
	for _, s := range all {
		err := s.call(t.Context())
		seen := sink.take()
		switch {
		case len(seen) > 0:
			reached++
			for _, call := range seen {
				if !slices.Contains(listed, call) {
					t.Errorf("%s reached the wire with %s", s.name, call)
				}
				if !strings.HasPrefix(call, "GET ") {
					t.Errorf("%s reached the wire with %s, which is no GET", s.name, call)
				}
			}
			t.Logf("passes  %s %v", s.name, seen)
		case errors.Is(err, egress.ErrDenied):
			denied++
			t.Logf("denied  %s", s.name)
		default:
			silent++
			t.Logf("nothing %s: %v", s.name, err)
		}
	}
	if reached < 8 {
		t.Errorf("%d services passed: those that are used must pass", reached)
	}
	t.Logf("%d services: %d passed, %d denied, %d sent nothing; other calls on the wire: 0", len(all), reached, denied, silent)
}
