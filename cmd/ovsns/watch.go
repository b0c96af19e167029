package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/ovsns/ovsns/cmd/ovsns/firsttouch"
	"github.com/ovsns/ovsns/cmd/ovsns/internal/cmdline"
	"github.com/ovsns/ovsns/cmd/ovsns/internal/output"
	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/switchmgr/live"
	"github.com/ovsns/ovsns/switchmgr/watch"
)

// Flags of watch.
const (
	flagReport  = "report"
	flagMetrics = "metrics"
)

func (p *program) watchCommand() *cli.Command {
	return &cli.Command{
		Name:      "watch",
		Usage:     "stay, and repair what drifts",
		UsageText: "ovsns watch [--report] [--metrics ADDR]",
		Description: "Follows the switch's database, the kernel and nftables, and makes real again\n" +
			"what somebody removed or changed: within a second, until it is interrupted.\n" +
			"With --report or --dry-run it only says what has drifted. One line per change;\n" +
			"with -o json one object per line.\n\n" +
			"ovsns watch\novsns watch --report\novsns watch --metrics 127.0.0.1:9731",
		Flags: []cli.Flag{
			cmdline.Bool(flagReport, "only say what has drifted"),
			cmdline.Value{Name: flagMetrics, About: "serve metrics for Prometheus at `ADDR`, such as 127.0.0.1:9731"}.Flag(),
		},
		Action: p.action(watchLab),
	}
}

// watchHeap makes the process, which is idle nearly always, give memory back
// early, in percent of what it needs.
const watchHeap = 30

// watchMemory, in bytes, keeps the first look at a large lab from leaving its
// garbage lying about: a thousand ports need a third of it to stay, and three
// times as much to be read. A lab that needs more gets it, for more work.
const watchMemory = 24 << 20

func watchLab(ctx context.Context, s *session) (err error) {
	o := watch.Options{
		DB: s.db, Timeout: s.timeout, Report: s.dryRun || s.cli.Bool(flagReport),
		Tell: func(e watch.Event) { s.out.event(e) },
	}
	interval, err := watchdogInterval(s.getenv("WATCHDOG_USEC"))
	if err != nil {
		return err
	}
	o.Notify, err = watch.NewNotifier(s.getenv("NOTIFY_SOCKET"), interval, s.timeout+interval)
	if err != nil {
		return model.NotReadyf("the service manager does not listen").Because(err)
	}
	defer o.Notify.Close()
	if addr := s.cli.String(flagMetrics); addr != "" {
		o.Metrics = watch.NewMetrics()
		stop, err := serveMetrics(ctx, addr, o.Metrics)
		if err != nil {
			return err
		}
		defer stop()
	}
	defer debug.SetGCPercent(debug.SetGCPercent(watchHeap))
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(watchMemory))
	firsttouch.EndHugePages()
	return watch.Run(ctx, o)
}

// watchdogInterval reads WATCHDOG_USEC (sd_watchdog_enabled(3)).
func watchdogInterval(usec string) (time.Duration, error) {
	if usec == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(usec, 10, 64)
	if err != nil || n <= 0 {
		return 0, model.Invalidf("WATCHDOG_USEC %q is not a number of microseconds", usec)
	}
	return time.Duration(n) * time.Microsecond, nil
}

// serveMetrics answers at addr until stop is called.
func serveMetrics(ctx context.Context, addr string, m http.Handler) (stop func(), err error) {
	if _, _, err := net.SplitHostPort(addr); err != nil {
		bad := model.Invalidf("%q is no address to listen at", addr).Because(err)
		if _, err := strconv.ParseUint(addr, 10, 16); err == nil {
			return nil, bad.WithHint("--%s 127.0.0.1:%s", flagMetrics, addr)
		}
		return nil, bad.WithHint("--%s 127.0.0.1:9731", flagMetrics)
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, model.Failedf("metrics cannot be served").Because(err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", m)
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = server.Serve(listener) }() // until it is closed
	return func() { server.Close() }, nil
}

// eventView is a [watch.Event] in JSON.
type eventView struct {
	Time    time.Time      `json:"time"`
	Event   string         `json:"event"`
	Source  string         `json:"source,omitempty"`
	Changes []model.Change `json:"changes"`
	Lost    []string       `json:"lost_records"`
	Seconds float64        `json:"seconds,omitempty"`
	Error   string         `json:"error,omitempty"`
	Hint    string         `json:"hint,omitempty"`
}

// event prints what a watch tells. When stdout is gone there is nobody to
// tell; the watch goes on.
func (w *printer) event(e watch.Event) {
	if w.Format != output.FormatTable {
		w.eventData(e)
		return
	}
	switch e.Kind {
	case watch.EventRepaired, watch.EventDrift:
		for _, line := range w.eventLines(e) {
			_ = output.WriteLine(w.Out, e.Time.Format(time.RFC3339)+" "+string(e.Kind)+" "+line)
		}
		w.Detail("%s after %s", e.Kind, e.Took.Round(time.Millisecond))
	case watch.EventFailed, watch.EventLost:
		output.Problem(w.Err, failure(e), model.Hint(e.Err))
	case watch.EventFound:
		w.Note("the %s is there again", e.Source)
	case watch.EventSettled:
		w.Note("all is as recorded again")
	case watch.EventReady:
		w.Note("watching %d objects", e.Objects)
	}
}

func failure(e watch.Event) string {
	text := strings.ReplaceAll(e.Err.Error(), "\n", "; ")
	if e.Kind == watch.EventLost && e.Source != live.SourceDatabase {
		return "no news of the " + string(e.Source) + ": " + text
	}
	return text
}

// eventLines has one line per change.
func (w *printer) eventLines(e watch.Event) []string {
	var lines []string
	for _, c := range e.Plan {
		lines = append(lines, w.changeLine(c))
	}
	return lines
}

// eventData prints one object: a line of JSON, or a document of YAML.
func (w *printer) eventData(e watch.Event) {
	v := eventView{
		Time: e.Time, Event: string(e.Kind), Source: string(e.Source), Changes: e.Plan,
		Seconds: e.Took.Seconds(), Lost: []string{},
	}
	for _, k := range e.Lost {
		v.Lost = append(v.Lost, k.String())
	}
	if e.Err != nil {
		v.Error, v.Hint = e.Err.Error(), model.Hint(e.Err)
	}
	if w.Format == output.FormatYAML {
		_ = output.WriteLine(w.Out, "---")
		_ = w.YAML(v)
		return
	}
	var line bytes.Buffer
	text, err := output.Marshal(v)
	if err == nil {
		err = json.Compact(&line, text)
	}
	if err != nil {
		output.Problem(w.Err, err.Error(), "")
		return
	}
	_ = output.WriteLine(w.Out, line.String())
}
