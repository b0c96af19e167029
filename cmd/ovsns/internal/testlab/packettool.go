package testlab

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// PacketMain is the program behind the words transfer and frame.
func PacketMain(args []string) int {
	err := errors.New("usage: echo | send | receive | frames")
	switch {
	case len(args) == 2 && args[0] == "echo":
		err = echo(args[1])
	case len(args) == 5 && args[0] == "send":
		err = send(args[1], args[2], args[3], args[4])
	case len(args) == 3 && args[0] == "receive":
		err = receiveFrames(args[1], args[2])
	case len(args) >= 4 && args[0] == "frames":
		err = sendFrames(args[1], args[2:])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// echo says to whoever connects where it comes from, and then, when that has
// said all, the same. Not both at once: Open vSwitch 3.1 with userspace TSO
// makes segments too long for the host to route when they carry more TCP
// options than the timestamp, as data does that acknowledges gaps (SACK).
func echo(address string) error {
	l, err := net.Listen("tcp", net.JoinHostPort(address, "0"))
	if err != nil {
		return err
	}
	fmt.Println("listening on", l.Addr().(*net.TCPAddr).Port)
	for {
		conn, err := l.Accept()
		if err != nil {
			return err
		}
		go func() {
			defer conn.Close()
			host, _, _ := net.SplitHostPort(conn.RemoteAddr().String())
			_, _ = fmt.Fprintln(conn, host)
			data, _ := io.ReadAll(conn)
			_, _ = conn.Write(data)
		}()
	}
}

// send sends random bytes and compares what comes back.
func send(address, port, size, wait string) error {
	n, err := strconv.Atoi(size)
	if err != nil {
		return err
	}
	patience, err := time.ParseDuration(wait)
	if err != nil {
		return err
	}
	deadline := time.Now().Add(patience)
	conn, err := net.DialTimeout("tcp", net.JoinHostPort(address, port), patience)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.SetDeadline(deadline); err != nil {
		return err
	}
	data := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{}).Read(data) // never fails
	sent := make(chan error, 1)
	go func() {
		_, err := conn.Write(data)
		sent <- errors.Join(err, conn.(*net.TCPConn).CloseWrite())
	}()
	back, err := io.ReadAll(conn)
	if err := errors.Join(<-sent, err); err != nil {
		return err
	}
	name, back, _ := bytes.Cut(back, []byte("\n"))
	if !bytes.Equal(back, data) {
		return fmt.Errorf("%d bytes came back, not the %d that were sent", len(back), n)
	}
	fmt.Println("seen as", string(name))
	return nil
}

// Frames of the words have an EtherType for local experiments (IEEE Std 802).
const experimental = 0x88b5

func htons(v uint16) int {
	return int(binary.NativeEndian.Uint16(binary.BigEndian.AppendUint16(nil, v)))
}

// packetSocket hears and sends whole frames on an interface (packet(7)).
func packetSocket(ifname string) (int, *net.Interface, error) {
	ifc, err := net.InterfaceByName(ifname)
	if err != nil {
		return 0, nil, err
	}
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, htons(unix.ETH_P_ALL))
	if err != nil {
		return 0, nil, err
	}
	if err := unix.SetsockoptInt(fd, unix.SOL_PACKET, unix.PACKET_AUXDATA, 1); err != nil {
		return 0, nil, err
	}
	return fd, ifc, unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: uint16(htons(unix.ETH_P_ALL)), Ifindex: ifc.Index})
}

// sendFrames sends broadcast frames again and again, each with a tag and a name of
// those that alternate in words.
func sendFrames(ifname string, words []string) error {
	fd, ifc, err := packetSocket(ifname)
	if err != nil {
		return err
	}
	var all [][]byte
	for pair := range slices.Chunk(words, 2) {
		b, err := namedFrame(ifc.HardwareAddr, pair[0], pair[1])
		if err != nil {
			return err
		}
		all = append(all, b)
	}
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for ; ; <-again.C {
		for _, b := range all {
			if _, err := unix.Write(fd, b); err != nil {
				return err
			}
		}
	}
}

// namedFrame returns a broadcast frame with VLAN tags, which carries a name.
func namedFrame(from net.HardwareAddr, tags, name string) ([]byte, error) {
	b := append([]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, from...)
	if tags != "-" {
		for tag := range strings.SplitSeq(tags, ".") {
			vid, err := strconv.ParseUint(tag, 10, 12)
			if err != nil {
				return nil, err
			}
			b = binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(b, unix.ETH_P_8021Q), uint16(vid))
		}
	}
	b = append(binary.BigEndian.AppendUint16(b, experimental), name...)
	return append(b, make([]byte, 64)...), nil
}

// receiveFrames prints, of each frame whose name is SALT-N, that number and the tags
// with which it came first.
func receiveFrames(ifname, salt string) error {
	fd, _, err := packetSocket(ifname)
	if err != nil {
		return err
	}
	fmt.Println("listening")
	buffer, control, known := make([]byte, 2048), make([]byte, 256), map[string]bool{}
	for {
		n, cn, _, from, err := unix.Recvmsg(fd, buffer, control, 0)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			return err
		}
		if ll, ok := from.(*unix.SockaddrLinklayer); ok && ll.Pkttype == unix.PACKET_OUTGOING {
			continue
		}
		name, tags := readFrame(buffer[:n], control[:cn])
		if number, ours := strings.CutPrefix(name, salt+"-"); ours && !known[number] {
			known[number] = true
			fmt.Println(number, tags)
		}
	}
}

// readFrame returns the name that a frame carries, and its VLAN tags; "" is no frame of
// [namedFrame]. The kernel takes the outer tag off and hands it over beside the frame.
func readFrame(b, control []byte) (name, tag string) {
	var tags []string
	messages, _ := unix.ParseSocketControlMessage(control)
	for _, m := range messages {
		if m.Header.Level == unix.SOL_PACKET && m.Header.Type == unix.PACKET_AUXDATA && len(m.Data) >= 20 {
			if binary.NativeEndian.Uint32(m.Data)&unix.TP_STATUS_VLAN_VALID != 0 {
				tags = append(tags, vidOf(binary.NativeEndian.Uint16(m.Data[16:])))
			}
		}
	}
	if len(b) < 12 {
		return "", ""
	}
	b = b[12:]
	for len(b) >= 4 && binary.BigEndian.Uint16(b) == unix.ETH_P_8021Q {
		tags = append(tags, vidOf(binary.BigEndian.Uint16(b[2:])))
		b = b[4:]
	}
	if len(b) < 2 || binary.BigEndian.Uint16(b) != experimental {
		return "", ""
	}
	payload, _, _ := bytes.Cut(b[2:], []byte{0})
	if len(tags) == 0 {
		tags = []string{"-"}
	}
	return string(payload), strings.Join(tags, ".")
}

func vidOf(tci uint16) string { return strconv.Itoa(int(tci & 0xfff)) }
