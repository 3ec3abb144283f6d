package session_test

import (
	"encoding/binary"
	"math"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/notify"
	"github.com/ledgersys/ledgersys/internal/session"
)

// spot is where a network is.
type spot struct {
	network, country string
	lat, lon         float64
}

// geoFile writes a database of places in the form of MaxMind: a tree of the
// bits of addresses, then what is known of each network, then a head.
func geoFile(t *testing.T, spots ...spot) string {
	t.Helper()
	const none = -1
	tree := [][2]int{{none, none}} // children; below -1 the data of a network
	var data []byte
	var at []int
	for i, s := range spots {
		at = append(at, len(data))
		data = append(data, geoMap("country", geoMap("iso_code", geoText(s.country)), "location", geoMap("latitude", geoFloat(s.lat), "longitude", geoFloat(s.lon)))...)
		p := netip.MustParsePrefix(s.network)
		a, node := p.Addr().As4(), 0
		for bit := range p.Bits() {
			side := int(a[bit/8] >> (7 - bit%8) & 1)
			if bit == p.Bits()-1 {
				tree[node][side] = -2 - i
				break
			}
			if tree[node][side] < 0 {
				tree = append(tree, [2]int{none, none})
				tree[node][side] = len(tree) - 1
			}
			node = tree[node][side]
		}
	}
	var file []byte
	for _, n := range tree {
		for _, child := range n {
			switch {
			case child == none:
				child = len(tree)
			case child < none:
				child = len(tree) + 16 + at[-2-child]
			}
			file = append(file, byte(child>>16), byte(child>>8), byte(child))
		}
	}
	file = append(append(file, make([]byte, 16)...), data...)
	file = append(file, "\xab\xcd\xefMaxMind.com"...)
	file = append(file, geoMap("node_count", geoNumber(len(tree)), "record_size", geoNumber(24), "ip_version", geoNumber(4),
		"database_type", geoText("Test-City"), "binary_format_major_version", geoNumber(2), "binary_format_minor_version", geoNumber(0))...)
	path := filepath.Join(t.TempDir(), "places.mmdb")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func geoText(s string) []byte { return append([]byte{2<<5 | byte(len(s))}, s...) }

func geoFloat(f float64) []byte {
	return binary.BigEndian.AppendUint64([]byte{3<<5 | 8}, math.Float64bits(f))
}

func geoNumber(n int) []byte { return binary.BigEndian.AppendUint32([]byte{6<<5 | 4}, uint32(n)) }

// geoMap is names, which are texts, and values in turn.
func geoMap(pairs ...any) []byte {
	out := []byte{7<<5 | byte(len(pairs)/2)}
	for _, p := range pairs {
		switch v := p.(type) {
		case string:
			out = append(out, geoText(v)...)
		case []byte:
			out = append(out, v...)
		}
	}
	return out
}

// TestPlaces: with the operator's file a session has a country, and one that
// is used at two ends of the world ends; without it neither is known.
func TestPlaces(t *testing.T) {
	t.Parallel()
	path := geoFile(t, spot{"198.51.100.0/24", "GB", 51.5, -0.1}, spot{"203.0.113.0/24", "AU", -33.9, 151.2})
	for name, known := range map[string]bool{"with_file": true, "without": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, func(c *session.Config) {
				if !known {
					return
				}
				p, err := session.OpenPlaces(path)
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() {
					if err := p.Close(); err != nil {
						t.Error(err)
					}
				})
				c.Places = p
			})
			id, o := w.enlist(address)
			p, err := w.Profile(t.Context(), id)
			if err != nil || len(p.Sessions) != 1 {
				t.Fatalf("%+v %v", p.Sessions, err)
			}
			want := map[bool]string{true: "GB", false: ""}[known]
			if got := p.Sessions[0].Country; got != want {
				t.Errorf("the country is %q, want %q", got, want)
			}
			far := session.Peer{Address: "203.0.113.9", Agent: home.Agent}
			w.pass(29 * time.Minute) // nobody is in Australia half an hour after London
			_, err = w.Session(t.Context(), o.Cookie, far)
			if known != (err != nil) {
				t.Fatalf("the same browser in Australia: %v", err)
			}
			if !known {
				return
			}
			w.dead("the session", o.Cookie)
			if m := w.mail(notify.SessionsRevoked); !strings.Contains(m.Words["reason"], "too far apart") {
				t.Errorf("the mail says %q", m.Words)
			}
			o, err = w.SignIn(t.Context(), address, secret(good), nothing, home)
			if err != nil {
				t.Fatal(err)
			}
			if m := w.mail(notify.NewDevice); m.Words["place"] != "GB, "+home.Address {
				t.Errorf("the alert says %q", m.Words)
			}
			near := session.Peer{Address: "192.0.2.1", Agent: home.Agent} // in no list
			if _, err := w.Session(t.Context(), o.Cookie, near); err != nil {
				t.Errorf("a place that is not known: %v", err)
			}
		})
	}
	if _, err := session.OpenPlaces(filepath.Join(t.TempDir(), "none.mmdb")); err == nil {
		t.Error("a database that is not there is opened")
	}
}
