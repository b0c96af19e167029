package switchmgr_test

import (
	"testing"

	"github.com/ovsns/ovsns/switchmgr/internal/labtest"
)

func TestMain(m *testing.M) { labtest.Main(m, "switchmgr-test") }
