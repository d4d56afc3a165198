/*
 * trim.c - gives back the pages of libraries that only starting needed.
 */
#include "app/trim.h"

#include <link.h>
#include <sys/mman.h>
#include <unistd.h>

static int trim_one(struct dl_phdr_info *library, size_t size, void *user)
{
	const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);

	for (int i = 0; i < library->dlpi_phnum; i++) {
		const ElfW(Phdr) *segment = &library->dlpi_phdr[i];
		uintptr_t start = library->dlpi_addr + segment->p_vaddr;
		uintptr_t end = start + segment->p_memsz;

		/* What may be written has been (relocations), and would be lost. */
		if (segment->p_type != PT_LOAD || segment->p_flags & PF_W)
			continue;
		start &= ~(page - 1);
		end = (end + page - 1) & ~(page - 1);
		madvise((void *)start, end - start, MADV_DONTNEED); /* advice: may be refused */
	}
	return 0;
}

void trim_libraries(void)
{
	dl_iterate_phdr(trim_one, NULL);
}
