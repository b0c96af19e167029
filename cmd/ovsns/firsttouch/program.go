package firsttouch

import (
	"syscall"
	"unsafe"
)

// Of auxv and elf.h, and MADV_POPULATE_READ (Linux 5.14); package unix would come
// later.
const (
	atPhdr, atPhent, atPhnum = 3, 4, 5
	ptLoad, ptPhdr, pfX      = 1, 6, 1
	populateRead             = 22
)

// segment is a program header (elf(5), Elf64_Phdr).
type segment struct {
	kind, flags                                uint32
	offset, vaddr, paddr, filesz, memsz, align uint64
}

// mapProgram has the kernel map the whole code of the program at once: else it
// does so by 64 KiB, whenever something there is executed for the first time, and
// most of it is.
func mapProgram() {
	headers := programHeaders()
	if len(headers) == 0 || headers[0].kind != ptPhdr {
		return
	}
	base := uintptr(unsafe.Pointer(&headers[0])) - uintptr(headers[0].vaddr)
	for _, s := range headers {
		if s.kind == ptLoad && s.flags&pfX != 0 {
			from, end := (base+uintptr(s.vaddr))&^(page-1), base+uintptr(s.vaddr+s.memsz)
			_, _, _ = syscall.Syscall(syscall.SYS_MADVISE, from, (end-from+page-1)&^(page-1), populateRead)
		}
	}
}

// programHeaders returns those of the running program, nil if they are not to be
// found.
func programHeaders() []segment {
	fd, err := syscall.Open("/proc/self/auxv", syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
	if err != nil {
		return nil
	}
	defer func() { _ = syscall.Close(fd) }()
	var auxv [64][2]uintptr // getauxval(3)
	n, err := syscall.Read(fd, (*[unsafe.Sizeof(auxv)]byte)(unsafe.Pointer(&auxv))[:])
	if err != nil {
		return nil
	}
	var at unsafe.Pointer
	var size, number uintptr
	for i, entry := range auxv[:n/int(unsafe.Sizeof(auxv[0]))] {
		switch entry[0] {
		case atPhdr:
			at = *(*unsafe.Pointer)(unsafe.Pointer(&auxv[i][1])) // never moved: not of the heap
		case atPhent:
			size = entry[1]
		case atPhnum:
			number = entry[1]
		}
	}
	if size != unsafe.Sizeof(segment{}) { // not of 64 bits, or nothing was found
		return nil
	}
	return unsafe.Slice((*segment)(at), number)
}
