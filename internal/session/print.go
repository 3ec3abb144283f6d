package session

import (
	"fmt"
	"math"
	"net/netip"
	"strings"
	"time"

	"github.com/oschwald/maxminddb-golang/v2"
)

// Point is a place on earth, in degrees.
type Point struct {
	Lat float64 `json:"lat"`
	Lon float64 `json:"lon"`
}

// Places knows where addresses are, by a GeoIP database that the operator
// gave. Nothing is asked for anywhere else.
type Places struct{ db *maxminddb.Reader }

// OpenPlaces opens the database, an MMDB of countries or of cities.
func OpenPlaces(path string) (*Places, error) {
	db, err := maxminddb.Open(path)
	if err != nil {
		return nil, fmt.Errorf("places of addresses: %w", err)
	}
	return &Places{db}, nil
}

// Close closes the database.
func (p *Places) Close() error { return p.db.Close() }

// find returns the country of an address, and the place if it is known.
func (p *Places) find(address string) (country string, at *Point) {
	ip, err := netip.ParseAddr(address)
	if p == nil || err != nil {
		return "", nil
	}
	var row struct {
		Country struct {
			ISO string `maxminddb:"iso_code"`
		} `maxminddb:"country"`
		Location struct {
			Lat *float64 `maxminddb:"latitude"`
			Lon *float64 `maxminddb:"longitude"`
		} `maxminddb:"location"`
	}
	if err := p.db.Lookup(ip.Unmap()).Decode(&row); err != nil {
		return "", nil
	}
	if row.Location.Lat != nil && row.Location.Lon != nil {
		at = &Point{*row.Location.Lat, *row.Location.Lon}
	}
	return row.Country.ISO, at
}

// print is where a request comes from, as sessions remember it.
func (s *Service) print(from Peer) Print {
	country, at := s.Places.find(from.Address)
	return Print{Address: from.Address, Agent: from.Agent, Country: country, At: at}
}

// How fast nobody travels, and how far apart two places must be for the
// database's mistakes not to matter.
const (
	fastest = 1000.0 // km/h
	farAway = 500.0  // km
)

// strange says why the use of a session looks like theft: the cookie is in
// another browser and another network at once, or came faster than anybody
// travels. One of the two alone is an update, a train or a phone.
func strange(l Live, now Print, at time.Time) string {
	was := l.Print
	if family(was.Agent) != family(now.Agent) && (network(was.Address) != network(now.Address) || was.Country != now.Country) {
		return "the same session in another browser and another network"
	}
	if was.At != nil && now.At != nil {
		if d := distance(*was.At, *now.At); d > farAway && d > fastest*max(at.Sub(l.Seen).Hours(), 0) {
			return "two places too far apart for the time in between"
		}
	}
	return ""
}

// revoked reports whether a session was ended by its person or for safety,
// and not by time: its use elsewhere shows that somebody kept the cookie.
func revoked(l Live) bool {
	switch l.Why {
	case "person", "not_me", "password", "factor", "suspicious":
		return !l.Ended.IsZero()
	}
	return false
}

// network is the part of an address that stays when a device moves about.
func network(address string) string {
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return address
	}
	ip = ip.Unmap()
	bits := 16
	if ip.Is6() {
		bits = 32
	}
	if ip.IsLoopback() {
		return "loopback"
	}
	p, err := ip.Prefix(bits)
	if err != nil {
		return address
	}
	return p.String()
}

// distance is that between two places over the surface of the earth, in km.
func distance(a, b Point) float64 {
	const radius, degree = 6371, math.Pi / 180
	h := math.Pow(math.Sin((b.Lat-a.Lat)*degree/2), 2) + math.Cos(a.Lat*degree)*math.Cos(b.Lat*degree)*math.Pow(math.Sin((b.Lon-a.Lon)*degree/2), 2)
	return 2 * radius * math.Asin(math.Sqrt(min(1, h)))
}

// browsers and systems are recognised by these words, the first that fits.
// What pretends to be another comes before it.
var (
	browsers = [][2]string{
		{"Edg", "Edge"},
		{"OPR/", "Opera"},
		{"Vivaldi", "Vivaldi"},
		{"SamsungBrowser", "Samsung Internet"},
		{"Firefox/", "Firefox"},
		{"FxiOS", "Firefox"},
		{"HeadlessChrome", "Chromium"},
		{"Chromium", "Chromium"},
		{"CriOS", "Chrome"},
		{"Chrome/", "Chrome"},
		{"Safari/", "Safari"},
		{"curl/", "curl"},
		{"Go-http-client", "a Go program"},
		{"python", "a Python program"},
	}
	systems = [][2]string{
		{"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Android", "Android"}, {"CrOS", "ChromeOS"}, {"Windows", "Windows"}, {"Mac OS X", "macOS"}, {"Linux", "Linux"},
	}
)

// deviceWords names a browser and its system, as "Firefox on Windows", and
// says whether it is one to carry about.
func deviceWords(agent string) (name string, mobile bool) {
	browser, system := first(browsers, agent), first(systems, agent)
	switch {
	case browser == "" && system == "":
		name = "an unknown program"
	case system == "":
		name = browser
	case browser == "":
		name = "a program on " + system
	default:
		name = browser + " on " + system
	}
	return name, system == "iPhone" || system == "iPad" || system == "Android"
}

// family is a browser without its version.
func family(agent string) string {
	if name, _ := deviceWords(agent); name != "an unknown program" {
		return name
	}
	word, _, _ := strings.Cut(agent, "/")
	return word
}

func first(list [][2]string, agent string) string {
	for _, w := range list {
		if strings.Contains(agent, w[0]) {
			return w[1]
		}
	}
	return ""
}

// placeWords says where somebody is, as far as is known.
func placeWords(p Print) string {
	if p.Country != "" {
		return p.Country + ", " + p.Address
	}
	return p.Address
}
