package nsmgr

import (
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"github.com/ovsns/ovsns/model"
)

// CheckPrivilege reports whether this process may change networks and enter
// namespaces: CAP_NET_ADMIN and CAP_SYS_ADMIN (capabilities(7)) in effect.
// Else the error is [model.ErrNotReady] with a hint.
func CheckPrivilege() error {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if err := unix.Capget(&header, &data[0]); err != nil {
		return classify(err, "cannot read the capabilities of this process")
	}
	const need = 1<<unix.CAP_NET_ADMIN | 1<<unix.CAP_SYS_ADMIN
	if data[0].Effective&need == need {
		return nil
	}
	return model.NotReadyf("this needs the privileges of root (CAP_NET_ADMIN and CAP_SYS_ADMIN)").
		WithHint("%s", sudoHint())
}

// HasTaps reports whether this process may make tap interfaces: /dev/net/tun
// can be opened, which is also up to its file mode.
func HasTaps() bool {
	fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return false
	}
	unix.Close(fd)
	return true
}

// HasKernelDatapath reports whether the kernel has Open vSwitch's datapath.
// Asking loads the module where there is one.
func HasKernelDatapath() bool {
	req := nl.NewNetlinkRequest(nl.GENL_ID_CTRL, 0)
	req.AddData(genericHeader{nl.GENL_CTRL_CMD_GETFAMILY, nl.GENL_CTRL_VERSION})
	req.AddData(nl.NewRtAttr(nl.GENL_CTRL_ATTR_FAMILY_NAME, nl.ZeroTerminated("ovs_datapath")))
	_, err := req.Execute(unix.NETLINK_GENERIC, 0)
	return err == nil
}

// genericHeader is struct genlmsghdr: a command, a version and two bytes more.
// That of package nl has no room for these and reads what lies behind it.
type genericHeader [nl.SizeofGenlmsg]byte

// Len is for [nl.NetlinkRequestData].
func (genericHeader) Len() int { return nl.SizeofGenlmsg }

// Serialize is for [nl.NetlinkRequestData].
func (h genericHeader) Serialize() []byte { return h[:] }
