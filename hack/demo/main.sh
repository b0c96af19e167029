#!/bin/bash
# main.sh - the demonstration itself; demo.sh runs it inside a sandbox.
#
#   red, blue: VLAN 100 ──┐                     ┌── outside
#                         sw0 ── host ── NAT ──eth0   198.51.100.2
#   green:     VLAN 200 ──┘                           2001:db8:ffff::2
#
# Ends with status 1 when something is not reached that should be, or is that
# should not.
set -euo pipefail
[ -e /run/netns/outside ] || { echo "error: to be run inside a sandbox with an outside" >&2; echo "hint: hack/demo.sh" >&2; exit 1; }

# run shows a command, then runs it.
run() { printf '\033[1m$ %s\033[0m\n' "$*" | plain; "$@"; }
plain() { if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then cat; else sed 's/\x1b\[[0-9]*m//g'; fi; }

lab() {
    run ovsns switch create
    run ovsns gateway set --vlan 100 10.1.0.254/24 2001:db8:1::fe/64 --nat
    run ovsns gateway set --vlan 200 10.2.0.254/24 2001:db8:2::fe/64 --nat
    run ovsns attach red --vlan 100
    run ovsns attach blue --vlan 100
    run ovsns attach green --vlan 200
    run ovsns show
    run ovsns exec red -- curl -sS http://198.51.100.2
}

# addresses NAMESPACE prints its IPv4 and its IPv6 address on eth0.
addresses() { ip -n "$1" -o addr show dev eth0 scope global | awk '{ sub("/.*", "", $4); print $4 }'; }

# expected FROM TO says what must be.
expected() {
    case $1-$2 in
    outside-outside | red-red | blue-blue | green-green) echo - ;;
    red-blue | blue-red | *-outside) echo ok ;;
    *) echo blocked ;;
    esac
}

# reach FROM ADDRESS SECONDS: ping until one answers, for so long.
reach() { if ip netns exec "$1" ping -n -q -c 1 -w "$3" "$2" >/dev/null 2>&1; then echo ok; else echo blocked; fi; }

# cell FROM TO prints one field of the matrix, with ! when it is not as it must be.
cell() {
    local want got='' a one
    want=$(expected "$1" "$2")
    if [ "$want" = - ]; then echo -; return; fi
    for a in $(addresses "$2"); do
        # What must answer may be slow at first; what must not need not be
        # waited for as long.
        one=$(reach "$1" "$a" "$([ "$want" = ok ] && echo 5 || echo 1)")
        [ "$one" = "$want" ] || one="$one!"
        got="$got${got:+/}$one"
    done
    echo "${got:-none!}"
}

# matrix prints who reaches whom, IPv4/IPv6, and fails when a field has a "!".
matrix() {
    local from to row bad=0 all=(red blue green outside)
    printf '%-10s' 'from \ to'
    printf '%-18s' "${all[@]}"
    echo
    for from in red blue green; do
        row=$(printf '%-10s' "$from")
        for to in "${all[@]}"; do row+=$(printf '%-18s' "$(cell "$from" "$to")"); done
        echo "$row"
        case $row in *!*) bad=1 ;; esac
    done
    return $bad
}

lab
printf '\nWho reaches whom (IPv4/IPv6):\n'
status=0
matrix || status=1
printf '\n'
run ovsns nat list
# Each subnet has sent something outside, so each counter has counted.
ovsns -q nat list | awk 'NR > 1 && $3 == 0 { bad = 1 } END { exit bad || NR < 5 }' ||
    { echo "error: a counter of NAT has not counted" >&2; status=1; }
[ $status = 0 ] || { echo "error: not all is as it should be; see what is marked with !" >&2; exit 1; }
printf '\nAll as it should be. The same by hand: .build/ovsns sandbox --outside\n'
