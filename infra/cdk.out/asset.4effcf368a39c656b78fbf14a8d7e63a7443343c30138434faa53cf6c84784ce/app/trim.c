/*
 * trim.c - gives back the pages of libraries that only starting and logging in needed.
 */
#include "app/trim.h"
#include "lib/base/clock.h"
#include "lib/base/mem.h"

#include <link.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define FIRST (5 * SECOND)
#define SOON (1 * SECOND)
#define EVERY (1 * MINUTE)

struct trim {
	uv_timer_t timer;
};

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

static void on_timer(uv_timer_t *timer)
{
	dl_iterate_phdr(trim_one, NULL);
}

struct trim *trim_open(uv_loop_t *loop)
{
	struct trim *trim = mem_new(struct trim);

	uv_timer_init(loop, &trim->timer);
	uv_timer_start(&trim->timer, on_timer, FIRST, EVERY);
	uv_unref((uv_handle_t *)&trim->timer);
	trim->timer.data = trim;
	dl_iterate_phdr(trim_one, NULL);
	return trim;
}

void trim_soon(struct trim *trim)
{
	if (uv_timer_get_due_in(&trim->timer) > SOON)
		uv_timer_start(&trim->timer, on_timer, SOON, EVERY);
}

static void on_closed(uv_handle_t *handle)
{
	free(handle->data);
}

void trim_close(struct trim *trim)
{
	if (trim)
		uv_close((uv_handle_t *)&trim->timer, on_closed);
}
