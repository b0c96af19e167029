package watch

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/switchmgr/live"
)

// Metrics count what a watch does. A nil one counts nothing.
type Metrics struct {
	registry *prometheus.Registry

	heard, looks, failures, found, repaired, lost *prometheus.CounterVec
	objects, ports                                *prometheus.GaugeVec
	drifted, connected                            prometheus.Gauge
	seconds                                       prometheus.Histogram
}

// NewMetrics returns Metrics of their own registry.
func NewMetrics() *Metrics {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "ovsns", Subsystem: "watch", Name: name, Help: help}, labels)
	}
	gauge := func(name, help string) prometheus.Gauge {
		return prometheus.NewGauge(prometheus.GaugeOpts{Namespace: "ovsns", Subsystem: "watch", Name: name, Help: help})
	}
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		heard:    counter("news_total", "News that concerned the lab, by where it came from.", "source"),
		looks:    counter("looks_total", "Comparisons of what is with what is recorded."),
		failures: counter("failures_total", "Looks or repairs that failed."),
		found:    counter("drift_found_total", "Objects found to differ from what is recorded, by kind.", "kind"),
		repaired: counter("drift_repaired_total", "Objects repaired, by kind.", "kind"),
		lost:     counter("reconnects_total", "How often a source of news was lost and found again.", "source"),
		objects: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Namespace: "ovsns", Name: "objects", Help: "Objects of the lab that are recorded, by kind.",
		}, []string{"kind"}),
		ports: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Namespace: "ovsns", Name: "ports", Help: "Ports that are recorded, by switch: attachments, gateways and uplinks.",
		}, []string{"switch"}),
		drifted:   gauge("drifted", "1 while something is not as recorded, else 0."),
		connected: gauge("connected", "1 while the switch's database answers, else 0."),
		seconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Namespace: "ovsns", Subsystem: "watch", Name: "repair_seconds",
			Help:    "Time from the first news of a damage to the end of its repair.",
			Buckets: []float64{.025, .05, .1, .2, .4, .8, 1.6, 3.2, 10, 30},
		}),
	}
	m.registry.MustRegister(m.heard, m.looks, m.failures, m.found, m.repaired, m.lost, m.objects, m.ports, m.drifted, m.connected, m.seconds,
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	m.looks.WithLabelValues()
	m.failures.WithLabelValues()
	return m
}

// ServeHTTP answers with all metrics in the format of Prometheus.
func (m *Metrics) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{}).ServeHTTP(rw, r)
}

func (m *Metrics) news(s live.Source) {
	if m != nil {
		m.heard.WithLabelValues(string(s)).Inc()
	}
}

func (m *Metrics) looked(err error) {
	if m == nil {
		return
	}
	m.looks.WithLabelValues().Inc()
	m.connected.Set(1)
	if err != nil {
		m.failures.WithLabelValues().Inc()
	}
}

func (m *Metrics) recorded(s *model.State) {
	if m == nil {
		return
	}
	m.objects.Reset()
	m.ports.Reset()
	for _, o := range s.Objects() {
		m.objects.WithLabelValues(string(o.Key().Kind)).Inc()
		switch o := o.(type) {
		case model.Attachment:
			m.ports.WithLabelValues(o.Switch).Inc()
		case model.Gateway:
			m.ports.WithLabelValues(o.Switch).Inc()
		case model.Uplink:
			m.ports.WithLabelValues(o.Switch).Inc()
		case model.Cable:
			for _, end := range o.Ends() {
				m.ports.WithLabelValues(end.Switch).Inc()
			}
		default: // has no port
		}
	}
}

func (m *Metrics) event(e Event) {
	if m == nil {
		return
	}
	switch e.Kind {
	case EventDrift:
		count(m.found, e)
		m.drifted.Set(1)
	case EventRepaired:
		count(m.found, e)
		count(m.repaired, e)
		if e.Took > 0 {
			m.seconds.Observe(e.Took.Seconds())
		}
	case EventFailed:
		m.drifted.Set(1)
	case EventSettled:
		m.drifted.Set(0)
	case EventLost:
		if e.Source == live.SourceDatabase {
			m.connected.Set(0)
		}
	case EventFound:
		m.lost.WithLabelValues(string(e.Source)).Inc()
	}
}

func count(c *prometheus.CounterVec, e Event) {
	for _, change := range e.Plan {
		c.WithLabelValues(string(change.Key().Kind)).Inc()
	}
}
