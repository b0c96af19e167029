package testlab

import (
	"os"
	"strconv"
	"time"
)

// slow is how many times longer than elsewhere something may take: on a machine
// in software, OVSNS_TEST_SLOW.
var slow = max(1, atoi(os.Getenv("OVSNS_TEST_SLOW")))

func atoi(s string) time.Duration {
	n, _ := strconv.Atoi(s) // unset is 0
	return time.Duration(n)
}

// Patience bounds every wait for a condition. It is long because a loaded
// machine is no failure.
var Patience = slow * time.Minute
