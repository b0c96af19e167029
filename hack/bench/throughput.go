package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
	"time"
)

// line is a network whose traffic is measured: what a contestant makes, on the
// Open vSwitch that its users have.
type line struct {
	name       string
	title      string
	contestant string
	// sandbox is ovsns's own Open vSwitch; else one with its defaults.
	sandbox bool
}

// The names of lines.
const (
	lineSandbox  = "sandbox"
	lineOvsns    = "ovsns"
	lineMininet  = "mininet"
	lineTutorial = "tutorial"
)

func lines() []line {
	return []line{
		{lineSandbox, "ovsns, its sandbox", nameOvsns, true},
		{lineOvsns, "ovsns, an Open vSwitch with its defaults", nameOvsns, false},
		{lineMininet, "Mininet, as it comes", nameMininet, false},
		{lineTutorial, "`ip` and `ovs-vsctl`, as tutorials have it", nameTutorial, false},
	}
}

func findLine(name string) line {
	for _, l := range lines() {
		if l.name == name {
			return l
		}
	}
	return line{}
}

// What is measured of a line.
const (
	tcpOne  = "TCP, 1 stream"
	tcpFour = "TCP, 4 streams"
	rtt     = "round trip"
)

var throughputs = []string{tcpOne, tcpFour, rtt}

func lineKey(name, what string) string { return partThroughput + "/" + name + "/" + what }

const (
	flowTime = 2 * time.Second
	// stallTime is what a transfer is given beyond flowTime. One that has not
	// ended by then counts as 0 Mbit/s.
	stallTime = 10 * time.Second
	// flowRounds is how often traffic is measured at the most: transfers that
	// stall take their time.
	flowRounds = 3
)

// throughput builds a network of two and sends through it.
func (j job) throughput(ctx context.Context) (results, error) {
	r := results{}
	members, destroy, err := findContestant(j.Contestant).build(ctx, j, results{})
	if err != nil {
		return nil, err
	}
	if err := verify(ctx, members); err != nil {
		return nil, err
	}
	for streams, what := range map[int]string{1: tcpOne, 4: tcpFour} {
		rate, err := transfer(ctx, members[0], members[1], streams)
		if err != nil {
			return nil, err
		}
		r.add(what, "Mbit/s", rate)
	}
	delay, err := roundTrip(ctx, members[0], members[1])
	if err != nil {
		return nil, err
	}
	r.add(rtt, "ms", delay)
	return r, destroy()
}

// transfer measures with iperf3(1), in Mbit/s; 0 means that nothing comes
// through although pings do.
func transfer(ctx context.Context, from, to member, streams int) (float64, error) {
	ctx, cancel := context.WithTimeout(ctx, flowTime+stallTime)
	defer cancel()
	server := exec.CommandContext(ctx, "nsenter", "--net="+to.Netns, "iperf3", "--server", "--one-off")
	if err := server.Start(); err != nil {
		return 0, err
	}
	defer func() { _ = server.Wait() }() // killed, or done
	defer cancel()
	if err := listening(ctx, to); err != nil {
		return 0, err
	}
	client := exec.CommandContext(ctx, "nsenter", "--net="+from.Netns, "iperf3", "--json",
		"--client", to.Address.String(), "--parallel", strconv.Itoa(streams), "--time", fmt.Sprint(flowTime.Seconds()))
	text, err := client.Output()
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("iperf3: %w: %s", err, text)
	}
	return received(text)
}

// received reads the rate at the receiver from iperf3's report.
func received(text []byte) (float64, error) {
	var report struct {
		End struct {
			Received struct {
				Rate float64 `json:"bits_per_second"`
			} `json:"sum_received"`
		}
	}
	if err := json.Unmarshal(text, &report); err != nil {
		return 0, err
	}
	return report.End.Received.Rate / 1e6, nil
}

// listening returns when iperf3's port is open.
func listening(ctx context.Context, m member) error {
	return until(ctx, func() error {
		text, err := exec.CommandContext(ctx, "nsenter", "--net="+m.Netns, "ss", "-Hltn", "sport = :5201").Output()
		if err == nil && len(text) == 0 {
			err = errors.New("iperf3 does not listen")
		}
		return err
	})
}

var averageTime = regexp.MustCompile(`rtt min/avg/max/mdev = [^/]+/([^/]+)/`)

// roundTrip measures with ping(8), in milliseconds.
func roundTrip(ctx context.Context, from, to member) (float64, error) {
	text, err := exec.CommandContext(ctx, "nsenter", "--net="+from.Netns,
		"ping", "-q", "-i", "0.01", "-c", "200", to.Address.String()).Output()
	if err != nil {
		return 0, fmt.Errorf("ping: %w: %s", err, text)
	}
	found := averageTime.FindSubmatch(text)
	if found == nil {
		return 0, fmt.Errorf("ping says %s", text)
	}
	return strconv.ParseFloat(string(found[1]), 64)
}

// amount formats a median with its unit; a transfer at 0 has stalled.
func amount(s *series) string {
	if s == nil {
		return unmeasured
	}
	m := median(s.Values)
	switch {
	case s.Unit == "s":
		return duration(m)
	case m == 0:
		return stalled
	case s.Unit == "Mbit/s" && m >= 1000:
		return fmt.Sprintf("%.3g Gbit/s", m/1000)
	}
	return fmt.Sprintf("%.3g %s", m, s.Unit)
}
