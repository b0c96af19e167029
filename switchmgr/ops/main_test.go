package ops_test

import (
	"os"
	"testing"

	"github.com/ovsns/ovsns/switchmgr/internal/labtest"
)

// The Managers work in the private host of the tests, the scripts in other
// ones.
func TestMain(m *testing.M) { os.Exit(labtest.Main(m, "ops-test")) }
