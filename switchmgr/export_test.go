package switchmgr

import "github.com/ovsns/ovsns/switchmgr/ops"

// OnOperation has f called after each batch of operations, with the last of it; an
// error makes the run fail there.
func (m *Manager) OnOperation(f func(ops.Op) error) { m.ran = f }
