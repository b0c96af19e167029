// Package firsttouch makes it cheap to touch memory for the first time, as a
// short-lived program does with most of its own: in a virtual machine that may take
// 20 microseconds for each small page.
//
// The program's code is mapped as a whole (program.go).
//
// The heap lies on transparent huge pages, where the machine gives them to those who
// ask (madvise(2), MADV_HUGEPAGE); where everybody has them, or nobody, that only
// costs some address space:
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
package firsttouch

import (
	"syscall"
	"unsafe"
)

const (
	kib, mib = 1 << 10, 1 << 20

	page  = 4 * kib
	huge  = 2 * mib
	chunk = 4 * mib  // by which the heap grows: pallocChunkPages of package runtime
	arena = 64 * mib // in which chunks follow each other: heapArenaBytes

	// madvHugepage and madvNohugepage are MADV_HUGEPAGE and MADV_NOHUGEPAGE; package
	// unix would come later.
	madvHugepage, madvNohugepage = 14, 15
)

func init() {
	mapProgram()
	begin(huge)
}

// BeginHugePages has what is allocated from now on lie on huge pages, 4 MiB of it. Until
// the next garbage collection the heap counts as larger by up to 4 MiB: by default
// the collector would run at once, which uses up what it has kept free, so set
// its percentage higher before (see [runtime/debug.SetGCPercent]).
func BeginHugePages() { begin(chunk) }

// EndHugePages asks for no more, for a program that goes on: what its collector gives back
// would else be made huge again in time (khugepaged).
func EndHugePages() {
	for _, at := range advised {
		advise(at, madvNohugepage)
	}
	advised = nil
}

// begin plugs the heap up to the next multiple of boundary, and asks for huge
// pages behind it. What is small comes from a store that each processor has of its
// own, and what is large from the heap itself: both have pages left there.
func begin(boundary uintptr) {
	const (
		store = 512 * kib // pageCachePages of package runtime
		large = 128 * kib // a quarter of it
		small = 8 * kib   // a page of the heap
	)
	end := plug(large) + large
	limit := (end + boundary - 1) &^ (boundary - 1)
	for size := uintptr(mib); size >= large; size /= 2 {
		for limit-end >= size && plug(size) == end {
			end += size
		}
	}
	at := end
	for range 2 * store / small { // enough for the store and for what is less than large
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
