// Package hugepages has the heap of a short-lived program lie on transparent
// huge pages, where the machine gives them to those who ask (madvise(2),
// MADV_HUGEPAGE): most of such a program's memory is touched for the first time,
// which in a virtual machine may take 20 microseconds for each small page. Where
// everybody has huge pages it changes nothing, nor where nobody has.
//
//	     touched          the plug            to be huge
//	|==============|- - - - - - - - - -|                    |
//	chunk                          boundary              boundary
//
// Go's heap grows by chunks of 4 MiB, from some place in the first one on, and
// asks for nothing. A huge page is given only for 2 MiB of which nothing was
// touched. So what is left until there is allocated, never touched and given
// back by the first garbage collection.
//
// The package is imported for its init function, which needs as little as
// possible so that it comes before most others (Go 1.21 has them sorted).
package hugepages

import (
	"syscall"
	"unsafe"
)

const (
	kib, mib = 1 << 10, 1 << 20

	huge  = 2 * mib
	chunk = 4 * mib  // by which the heap grows: pallocChunkPages of package runtime
	arena = 64 * mib // in which chunks follow each other: heapArenaBytes

	// madvHugepage and madvNohugepage are MADV_HUGEPAGE and MADV_NOHUGEPAGE; package
	// unix would come later.
	madvHugepage, madvNohugepage = 14, 15
)

func init() { begin(huge) }

// Begin has what is allocated from now on lie on huge pages, 4 MiB of it. Until
// the next garbage collection the heap counts as larger by up to 4 MiB.
func Begin() { begin(chunk) }

// End asks for no more, for a program that goes on: what its collector gives back
// would else be made huge again in time (khugepaged).
func End() {
	for _, at := range advised {
		advise(at, madvNohugepage)
	}
	advised = nil
}

// begin goes on at the next multiple of a size.
func begin(boundary uintptr) {
	const (
		large = 128 * kib // this and more does not come from a processor's own store
		small = 8 * kib   // this does, which holds 512 KiB
	)
	end := plug(large) + large
	limit := (end + boundary - 1) &^ (boundary - 1)
	for size := uintptr(mib); size >= large; size /= 2 {
		for limit-end >= size && plug(size) == end {
			end += size
		}
	}
	at := end
	for range 2 * 512 * kib / small { // until it is used up, and the rest
		if at = plug(small); at >= limit {
			break
		}
	}
	advise(at, madvHugepage)
	advised = append(advised, at)
}

// advised are places in the arenas for which huge pages were asked for.
var advised []uintptr

// advise speaks of the whole arena, also of what does not belong to the heap yet:
// that fails, or is forgotten when it does.
func advise(at, what uintptr) {
	_, _, _ = syscall.Syscall(syscall.SYS_MADVISE, at&^(arena-1), arena, what)
}

// plugged has the compiler not leave the plug out.
var plugged []byte

// plug allocates without touching, and returns where. Nothing holds it.
func plug(size uintptr) uintptr {
	plugged = make([]byte, size)
	at := uintptr(unsafe.Pointer(unsafe.SliceData(plugged)))
	plugged = nil
	return at
}
