package firsttouch

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"reflect"
	"runtime/debug"
	"strings"
	"testing"
	"unsafe"
)

// variable makes a process of this program one that only shows its memory: its
// collector has not run, and so not given anything back.
const variable = "FIRSTTOUCH_TEST_SHOW"

func TestMain(m *testing.M) {
	if os.Getenv(variable) == "" {
		os.Exit(m.Run())
	}
	debug.SetGCPercent(400) // as main does
	BeginHugePages()
	var list [256][]byte
	for i := range list {
		list[i] = make([]byte, 4*kib)
		list[i][0] = 1
	}
	at := uintptr(unsafe.Pointer(unsafe.SliceData(list[255])))
	err := show(at)
	EndHugePages()
	if err := errors.Join(err, show(at)); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

// show prints how much of a mapping is on huge pages, and its flags.
func show(at uintptr) error {
	smaps, err := mapping(at)
	for _, key := range []string{"AnonHugePages", "VmFlags"} {
		fmt.Println(key, smaps[key])
	}
	return err
}

// mapping returns what proc_pid_smaps(5) says of the mapping in which an address
// lies.
func mapping(at uintptr) (map[string]string, error) {
	file, err := os.Open("/proc/self/smaps")
	if err != nil {
		return nil, err
	}
	defer file.Close()
	fields := map[string]string{}
	inside := false
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		var from, to uintptr
		if n, _ := fmt.Sscanf(lines.Text(), "%x-%x ", &from, &to); n == 2 {
			inside = from <= at && at < to
		} else if key, value, _ := strings.Cut(lines.Text(), ":"); inside {
			fields[key] = strings.TrimSpace(value)
		}
	}
	return fields, lines.Err()
}

// The init function has mapped all code, on Linux 5.14 or newer.
func TestMapProgram(t *testing.T) {
	code, err := mapping(reflect.ValueOf(mapProgram).Pointer())
	if err != nil || code["Size"] == "" || code["Rss"] != code["Size"] {
		t.Errorf("of %s of code, %s are mapped: %v", code["Size"], code["Rss"], err)
	}
}

// TestHugePages: what is allocated afterwards lies where huge pages are asked for,
// and on them if there are any; until EndHugePages.
func TestHugePages(t *testing.T) {
	const rounds = 20 // its place in a chunk is another one each time
	without := 0
	for range rounds {
		cmd := exec.CommandContext(t.Context(), "/proc/self/exe")
		cmd.Env = append(os.Environ(), variable+"=1", "GORACE=atexit_sleep_ms=0")
		out, err := cmd.CombinedOutput()
		if err != nil || strings.Count(string(out), " hg") != 1 || strings.Count(string(out), " nh") != 1 {
			t.Errorf("huge pages are not asked for and then forbidden: %v\n%s", err, out)
		}
		if strings.Contains(string(out), "AnonHugePages 0 kB") {
			without++
		}
	}
	if givesHugePages(t) && without > rounds/2 { // it may be short of them at times
		t.Errorf("the machine gives huge pages, but %d of %d processes had none", without, rounds)
	}
}

// givesHugePages reports whether the machine gives them to those who ask.
func givesHugePages(t *testing.T) bool {
	t.Helper()
	text, err := os.ReadFile("/sys/kernel/mm/transparent_hugepage/enabled")
	if err != nil {
		t.Log(err)
	}
	return err == nil && !strings.Contains(string(text), "[never]")
}
