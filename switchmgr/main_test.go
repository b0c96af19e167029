package switchmgr_test

import (
	"os"
	"testing"

	"github.com/ovsns/ovsns/switchmgr/internal/labtest"
)

func TestMain(m *testing.M) { os.Exit(labtest.Main(m, "switchmgr-test")) }
