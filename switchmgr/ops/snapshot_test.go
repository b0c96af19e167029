package ops_test

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/ovsns/ovsns/model"
)

// The parts of a snapshot are read by one script; it prints one JSON object
// for each part and place. The kernel needs a moment to see what is plugged
// into a link, and gives it its IPv6 address then.
const lookAround = `
set -e
part() { printf '=== %s\n' "$*"; }
settings() { grep -rH . /proc/sys/net/ipv4/conf /proc/sys/net/ipv6/conf /proc/sys/net/ipv4/ip_forward 2>/dev/null | grep -v stable_secret || true; }
place() { # name
	for try in $(seq 50); do
		ip -o link show up | grep -qE 'LOWER_UP.* state (DOWN|LOWERLAYERDOWN|DORMANT) |[<,]UP> .* state UP ' || break
		sleep 0.1
	done
	part "$1 link"; ip -d -j link
	part "$1 addr"; ip -j addr
	part "$1 route"; ip -j route
	part "$1 route6"; ip -j -6 route
	part "$1 settings"; settings
	for i in $(ls /sys/class/net); do
		[ "$i" = lo ] || { part "$1 features of $i"; ethtool -k "$i"; }
	done
}
export -f part settings place
place host
ls /run/netns 2>/dev/null | while read -r n; do ip netns exec "$n" bash -fec 'place "$0"' "namespace $n"; done
for t in bridge port interface; do
	part "table $t"; ovs-vsctl -f json list "$t"
done
for b in $(ovs-vsctl list-br); do
	part "ports of $b"; ovs-vsctl list-ports "$b"
done
part nft; nft -s list ruleset
`

// snapshot is what a host looks like, less what differs from host to host: a
// line for each thing.
type snapshot []string

// reader turns what lookAround prints into a snapshot.
type reader struct {
	chosen map[string]bool // "place ifname" whose MAC the lab chose; only it is shown
	lines  snapshot
}

// look describes the host.
func (h host) look(ctx context.Context, lab *model.State) (snapshot, error) {
	out, err := h.run(ctx, lookAround)
	if err != nil {
		return nil, err
	}
	r := reader{chosen: chosenMACs(lab)}
	for part := range strings.SplitSeq(out, "=== ") {
		title, body, _ := strings.Cut(part, "\n")
		if err := r.read(title, strings.TrimSpace(body)); err != nil {
			return nil, fmt.Errorf("%s: %s: %w\n%s", h.name, title, err, body)
		}
	}
	slices.Sort(r.lines)
	return r.lines, nil
}

func (r *reader) add(title string, v any) { r.lines = append(r.lines, title+" "+encode(v)) }

func (r *reader) read(title, body string) error {
	kind := title[strings.LastIndex(title, " ")+1:]
	place := strings.TrimSuffix(title, " "+kind)
	switch {
	case strings.HasPrefix(title, "table "):
		return r.rows(title, body)
	case title == "nft":
		r.lines = append(r.lines, "nft "+sortElements(body))
		return nil
	case kind != "link" && kind != "addr" && kind != "route" && kind != "route6":
		for l := range strings.Lines(body) {
			r.lines = append(r.lines, title+" "+strings.TrimSpace(l))
		}
		return nil
	}
	var list []map[string]any
	if err := json.Unmarshal([]byte(cmp.Or(body, "[]")), &list); err != nil {
		return err
	}
	for _, o := range list {
		switch {
		case len(o) == 0: // ip(8) prints {} for what it filters out
		case kind == "link":
			r.link(title, place, o)
		case kind == "addr":
			r.addresses(title, o)
		default:
			r.add(title, o)
		}
	}
	return nil
}

func (r *reader) link(title, place string, l map[string]any) {
	if name := place + " " + text(l["ifname"]); l["link_type"] == "ether" && !r.chosen[name] {
		l["address"] = "its own"
	}
	if up, _ := l["flags"].([]any); !slices.Contains(up, any("UP")) {
		delete(l, "qdisc") // tells whether it was ever up
	}
	for _, key := range []string{"ifindex", "link_index", "ifalias", "link_netnsid", "link_netns", "link"} {
		delete(l, key)
	}
	r.add(title, l)
}

func (r *reader) addresses(title string, l map[string]any) {
	name := text(l["ifname"])
	for _, a := range l["addr_info"].([]any) {
		a := a.(map[string]any)
		delete(a, "tentative") // for two seconds, while the kernel looks for another one
		if strings.HasPrefix(text(a["local"]), "fe80:") {
			a["local"] = "fe80::" // follows from the MAC that the interface had when the kernel saw it up
		}
		r.add(title+" "+name, a)
	}
}

// chosenMACs returns the interfaces whose MAC the lab says.
func chosenMACs(lab *model.State) map[string]bool {
	chosen := map[string]bool{}
	for _, a := range model.All[model.Attachment](lab) {
		chosen["namespace "+a.Namespace+" "+a.Ifname] = true
	}
	for _, l := range model.All[model.Link](lab) {
		for _, end := range []model.LinkEnd{l.A, l.B} {
			place := "namespace " + end.Namespace
			if end.Namespace == model.HostEnd {
				place = "host"
			}
			chosen[place+" "+end.Ifname] = !end.MAC.IsZero()
		}
	}
	return chosen
}

func text(v any) string {
	s, _ := v.(string)
	return s
}

// encode writes an object with sorted keys.
func encode(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // it came from JSON
	}
	return string(b)
}

// volatile are the columns that are not configuration, refer to other rows, or
// follow from the MAC that ovs-vswitchd chose.
var volatile = regexp.MustCompile(`^(_uuid|_version|statistics|ports|interfaces|ofport|ifindex|mac_in_use|datapath_id|datapath_version|link_resets|lacp_current|status|mirrors)$`)

// ownMAC is one that the script draws by lot, and ovsns by the database's
// identity.
var ownMAC = regexp.MustCompile(`[0-9a-f][26ae](:[0-9a-f]{2}){5}`)

// rows describes a table of the switch's database, without our own marks.
func (r *reader) rows(title, body string) error {
	var table struct {
		Headings []string
		Data     [][]any
	}
	if err := json.Unmarshal([]byte(body), &table); err != nil {
		return err
	}
	name := slices.Index(table.Headings, "name")
	for _, data := range table.Data {
		for i, column := range table.Headings {
			value := data[i]
			switch column {
			case "external_ids":
				value = foreignIDs(value)
			case "other_config", "mac":
				value = ownMAC.ReplaceAllString(encode(value), "its own")
			}
			if !volatile.MatchString(column) {
				r.add(fmt.Sprintf("%s %v: %s", title, data[name], column), value)
			}
		}
	}
	return nil
}

func foreignIDs(column any) []any {
	pairs := column.([]any)[1].([]any) // ["map", [[key, value], ...]]
	return slices.DeleteFunc(pairs, func(p any) bool {
		key := text(p.([]any)[0])
		return strings.HasPrefix(key, "ovsns-") || key == "iface-id" || key == "attached-mac"
	})
}

var elementList = regexp.MustCompile(`(?s)elements = \{[^}]*\}`)

// sortElements gives the elements of sets an order: the kernel's is random.
func sortElements(ruleset string) string {
	return elementList.ReplaceAllStringFunc(ruleset, func(list string) string {
		list = strings.TrimSuffix(strings.TrimPrefix(list, "elements = {"), "}")
		var words []string
		for w := range strings.SplitSeq(list, ",\n") {
			for v := range strings.SplitSeq(w, `", `) {
				words = append(words, strings.Trim(strings.TrimSpace(v), `"`))
			}
		}
		slices.Sort(words)
		return strings.Join(words, "\n")
	})
}

// compare says how two hosts differ, or "".
func compare(what string, want, got snapshot) string {
	var diff []string
	for _, l := range want {
		if !slices.Contains(got, l) {
			diff = append(diff, "- "+l)
		}
	}
	for _, l := range got {
		if !slices.Contains(want, l) {
			diff = append(diff, "+ "+l)
		}
	}
	if len(diff) == 0 {
		return ""
	}
	slices.SortFunc(diff, func(a, b string) int { return cmp.Compare(a[2:], b[2:]) })
	return what + ":\n" + strings.Join(diff, "\n") + "\n"
}
