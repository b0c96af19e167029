package switchmgr_test

import (
	"testing"

	"github.com/ovsns/ovsns/switchmgr"
)

// A lab of 100 namespaces, made and removed.
func BenchmarkApply(b *testing.B) {
	m, err := switchmgr.Open(b.Context(), switchmgr.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer m.Close()
	lab := wideLab(100)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := m.ApplyLab(b.Context(), lab, switchmgr.ApplyOptions{}); err != nil {
			b.Fatal(err)
		}
		if _, err := m.DestroyAll(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}

// What it takes to look at 200 namespaces, and to find that nothing is to be
// done.
func BenchmarkObserve(b *testing.B) {
	m, err := switchmgr.Open(b.Context(), switchmgr.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer m.Close()
	lab := wideLab(200)
	if _, err := m.ApplyLab(b.Context(), lab, switchmgr.ApplyOptions{}); err != nil {
		b.Fatal(err)
	}
	b.Run("Show", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := m.Show(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("ApplyNothing", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := m.ApplyLab(b.Context(), lab, switchmgr.ApplyOptions{}); err != nil {
				b.Fatal(err)
			}
		}
	})
	if _, err := m.DestroyAll(b.Context()); err != nil {
		b.Fatal(err)
	}
}
