package testlab

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"
)

// stateScript prints everything that ovsns may change on a host, in parts.
const stateScript = `
place() { # name, option of ip(8)
	echo "=== links $1"; ip $2 -d addr show
	echo "=== routes $1"; ip $2 -4 route show table all; ip $2 -6 route show table all
}
place host
ls /run/netns 2>/dev/null | while read -r n; do place "$n" "-n $n"; done
echo '=== rows'
ovs-vsctl --no-headings --format=csv \
	-- --columns=external_ids,other_config list open_vswitch \
	-- --columns=name,datapath_type,external_ids,other_config list bridge \
	-- --columns=name,tag,trunks,vlan_mode,external_ids,other_config list port \
	-- --columns=name,type,external_ids,options list interface
echo '=== rules'; nft list ruleset; iptables-legacy-save 2>/dev/null
cd /proc/sys/net
echo '=== settings'; grep -s . ipv4/ip_forward ipv[46]/conf/*/forwarding ipv[46]/conf/*/mc_forwarding ipv6/conf/*/accept_ra
`

// volatileState is what differs, in each part, between two makings of the same
// thing: numbers of interfaces and namespaces, counters, the kernel's own
// routes and what it is still finding out (the state of an interface that is up
// is UNKNOWN until its carrier has been noticed).
var volatileState = map[string]*regexp.Regexp{
	"links":  regexp.MustCompile(`(?m)^[0-9]+: |@[^:\n]*| link-netns(id)? [^ \n]+| tentative| state (UNKNOWN|UP)\b|.*valid_lft.*\n| (numtxqueues|minmtu|promiscuity) .*`),
	"routes": regexp.MustCompile(`(?m)^(local|broadcast|multicast|anycast) .*\n| pref medium`),
	"rules":  regexp.MustCompile(`(?m)packets [0-9]+ bytes [0-9]+|^#.*\n|\[[0-9]+:[0-9]+\]`),
}

// stateOf returns the state of a host: equal states are equal texts.
func stateOf(ctx context.Context, m *machine) (string, error) {
	e, err := finish(m.Command(ctx, "sh", "-c", stateScript))
	if err == nil && e.Status != 0 {
		err = errors.New("the host's state cannot be read: " + e.Stderr)
	}
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for part := range strings.SplitSeq(e.Stdout, "=== ") {
		title, body, _ := strings.Cut(part, "\n")
		kind, _, _ := strings.Cut(title, " ")
		if volatile := volatileState[kind]; volatile != nil {
			body = volatile.ReplaceAllString(body, "")
		}
		lines := strings.Split(strings.TrimSpace(body), "\n")
		if kind == "routes" || kind == "rows" {
			slices.Sort(lines)
		}
		b.WriteString("# " + title + "\n" + strings.Join(lines, "\n") + "\n")
	}
	return b.String(), nil
}

// lineDiff lists the lines that only one of two texts has.
func lineDiff(before, now string) string {
	var b strings.Builder
	only := func(sign, a, c string) {
		have := map[string]int{}
		for line := range strings.Lines(c) {
			have[line]++
		}
		for line := range strings.Lines(a) {
			if have[line]--; have[line] < 0 {
				b.WriteString(sign + line)
			}
		}
	}
	only("-", before, now)
	only("+", now, before)
	return b.String()
}
