package host

import (
	"crypto/subtle"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/ledgersys/ledgersys/internal/keyring"
)

// Metrics are the figures for machines. None has a label that names a person,
// a firm or an address.
type Metrics struct {
	registry *prometheus.Registry
	own      prometheus.Registerer // puts ledgersys_ before each name
	requests *prometheus.HistogramVec
}

// NewMetrics makes the figures that every process has. figures tells those of
// the machine.
func NewMetrics(version string, figures func() Figures) *Metrics {
	m := &Metrics{registry: prometheus.NewRegistry()}
	m.own = prometheus.WrapRegistererWithPrefix("ledgersys_", m.registry)
	m.requests = prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "http_request_duration_seconds", Help: "Time to answer, by route.",
		Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10, 30},
	}, []string{"method", "route", "status"})
	m.own.MustRegister(m.requests,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	m.Gauge("build_info", "Which program this is.", map[string]string{"version": version}, func() float64 { return 1 })
	for _, g := range []struct {
		name, help string
		value      func(Figures) uint64
	}{
		{"disk_free_bytes", "Room left on the volume of the data directory.", func(f Figures) uint64 { return f.DiskFree }},
		{"disk_size_bytes", "Size of that volume.", func(f Figures) uint64 { return f.DiskSize }},
		{"memory_used_bytes", "Memory in use on the machine or in its control group.", func(f Figures) uint64 { return f.MemoryUsed }},
		{"memory_size_bytes", "Memory of the machine or of its control group.", func(f Figures) uint64 { return f.MemorySize }},
		{"wal_bytes", "Size of the write-ahead files of all databases.", func(f Figures) uint64 { return f.WAL }},
	} {
		m.Gauge(g.name, g.help, nil, func() float64 { return float64(g.value(figures())) })
	}
	return m
}

// Request counts an answered request. route is the pattern, never the path.
func (m *Metrics) Request(method, route string, status int, took time.Duration) {
	if route == "" {
		route = "none"
	}
	m.requests.WithLabelValues(method, route, strconv.Itoa(status)).Observe(took.Seconds())
}

// Gauge adds a figure that is asked for when somebody looks. The name gets the
// prefix ledgersys_. Two of one name and labels are a fault of the program.
func (m *Metrics) Gauge(name, help string, labels map[string]string, value func() float64) {
	m.own.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help, ConstLabels: labels}, value))
}

// Counter adds a figure that only grows and returns what makes it grow by one,
// given a value for each label.
func (m *Metrics) Counter(name, help string, labels ...string) func(values ...string) {
	c := prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	m.own.MustRegister(c)
	return func(values ...string) { c.WithLabelValues(values...).Inc() }
}

// Histogram adds a figure of how long something takes and returns what notes
// one time.
func (m *Metrics) Histogram(name, help string, labels ...string) func(took time.Duration, values ...string) {
	h := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: name, Help: help}, labels)
	m.own.MustRegister(h)
	return func(took time.Duration, values ...string) { h.WithLabelValues(values...).Observe(took.Seconds()) }
}

// Server serves /metrics to whoever has the token; an empty token is nobody's
// secret. All else is 404.
func (m *Metrics) Server(token keyring.Secret) *http.Server {
	serve := promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4, Timeout: 20 * time.Second})
	return plain(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		given := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
		allowed := token.Empty() || subtle.ConstantTimeCompare([]byte(given), token.Reveal()) == 1
		if r.URL.Path != "/metrics" || r.Method != http.MethodGet || !allowed {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Cache-Control", "no-store")
		serve.ServeHTTP(w, r)
	}))
}
