#!/usr/bin/python3
"""The task with Mininet's own API: one OVSSwitch on the datapath in userspace,
without a controller.

    mininet_lab.py N

Prints a line of JSON when the network is built: where each namespace is. Takes
it down and ends when its input ends.

Mininet has no VLANs of its own: ovs-vsctl sets the tags, all at once. Not
through the switch's own shell, which cuts so long a line. Its limits on open files and on terminals are machine-wide settings; they
are left as they are, for this machine is not ours to change.
"""
import json
import resource
import sys

import mininet.net
from mininet.node import OVSSwitch
from mininet.topo import Topo
from mininet.util import errRun


class Lab(Topo):
    """n hosts on one switch."""

    def build(self, n=1):  # pylint: disable=arguments-differ
        self.addSwitch("sw0", dpid="1", datapath="user", failMode="standalone")
        for i in range(n):
            ip = "10.0.%d.%d/16" % (i // 250, i % 250 + 1)
            self.addHost("n%04d" % i, ip=ip)
            self.addLink("n%04d" % i, "sw0")


def main():
    n = int(sys.argv[1])
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    mininet.net.fixLimits = lambda: None
    net = mininet.net.Mininet(topo=Lab(n=n), switch=OVSSwitch, controller=None)
    net.start()
    tags = ["ovs-vsctl"]
    for i in range(n):
        tags += ["--", "set", "port", "sw0-eth%d" % (i + 1), "tag=%d" % (100 + i // 10)]
    said, complaint, status = errRun(tags)
    if status:
        sys.exit(said + complaint)
    members = []
    for i, host in enumerate(net.hosts):
        members.append({"Netns": "/proc/%d/ns/net" % host.pid, "Ifname": "%s-eth0" % host.name, "Port": "sw0-eth%d" % (i + 1)})
    print(json.dumps(members), flush=True)
    sys.stdin.read()
    net.stop()


main()
