/*
 * request_log.c - one JSON line a request on stdout.
 *
 * Lines gather while the loop works and leave in one write before it sleeps. A pipe whose reader
 * is slow is tried again a little later.
 */
#include "app/request_log.h"
#include "app/json_line.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define UNWRITTEN_MAX ((size_t)1 << 20)
#define AGAIN_MS 20
#define LINE_MAX_BYTES ((size_t)16384) /* with room for a path of which each byte is escaped */
#define METHOD_MAX_BYTES ((size_t)32)
#define PATH_MAX_BYTES ((size_t)2048) /* what is longer is cut */

struct request_log {
	int fd;
	struct buf unwritten;
	int64_t lost;
	uv_prepare_t turn_over;
	uv_timer_t again;
	int open_handles;

	int64_t offset_us; /* real time minus monotonic, at the turn's first line */
	int64_t second;	   /* what `when` shows, but for its milliseconds */
	char when[CLOCK_TEXT];
};

static void write_out(struct request_log *log)
{
	while (log->unwritten.len > 0) {
		ssize_t len = write(log->fd, log->unwritten.data, log->unwritten.len);

		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0 && errno != EAGAIN) {
			buf_clear(&log->unwritten); /* nobody reads us any more */
			return;
		}
		if (len < 0)
			return;
		buf_drop(&log->unwritten, (size_t)len);
	}
	if (log->lost > 0) {
		log_event(LOG_WARNING, "app.log.lost", F_INT("lines", log->lost));
		log->lost = 0;
	}
}

static void on_again(uv_timer_t *timer)
{
	write_out(timer->data);
}

static void on_turn_over(uv_prepare_t *prepare)
{
	struct request_log *log = prepare->data;

	if (log->unwritten.len == 0 || uv_is_active((uv_handle_t *)&log->again))
		return;
	write_out(log);
	if (log->unwritten.len > 0)
		uv_timer_start(&log->again, on_again, AGAIN_MS, 0);
}

/* Pipes and sockets must not make us wait. Terminals and files are shared with others, and do not. */
static void never_wait(int fd)
{
	struct stat stat;
	int flags;

	if (fstat(fd, &stat) < 0 || !(S_ISFIFO(stat.st_mode) || S_ISSOCK(stat.st_mode)))
		return;
	flags = fcntl(fd, F_GETFL);
	if (flags >= 0)
		fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

struct request_log *request_log_open(uv_loop_t *loop, int fd)
{
	struct request_log *log = mem_new(struct request_log);

	log->fd = fd;
	log->unwritten.limit = UNWRITTEN_MAX;
	log->open_handles = 2;
	never_wait(fd);
	uv_prepare_init(loop, &log->turn_over);
	uv_timer_init(loop, &log->again);
	log->turn_over.data = log;
	log->again.data = log;
	uv_prepare_start(&log->turn_over, on_turn_over);
	uv_unref((uv_handle_t *)&log->turn_over);
	uv_unref((uv_handle_t *)&log->again);
	return log;
}

static void on_closed(uv_handle_t *handle)
{
	struct request_log *log = handle->data;

	if (--log->open_handles > 0)
		return;
	buf_free(&log->unwritten);
	free(log);
}

void request_log_close(struct request_log *log)
{
	if (!log)
		return;
	write_out(log);
	uv_close((uv_handle_t *)&log->turn_over, on_closed);
	uv_close((uv_handle_t *)&log->again, on_closed);
}

/* gmtime and strftime cost as much as the rest of the line: once a second is enough. */
static const char *time_text(struct request_log *log, int64_t monotonic_us)
{
	int64_t ms = (monotonic_us + log->offset_us) / 1000;
	int rest = (int)(ms % 1000);
	size_t at;

	if (ms / 1000 != log->second || !log->when[0]) {
		clock_iso(ms, log->when);
		log->second = ms / 1000;
	}
	at = strlen(log->when) - strlen("000Z");
	log->when[at] = (char)('0' + rest / 100);
	log->when[at + 1] = (char)('0' + rest / 10 % 10);
	log->when[at + 2] = (char)('0' + rest % 10);
	return log->when;
}

static const char *level_of(int status)
{
	return status >= 500 ? "ERROR" : status >= 400 ? "WARN" : "INFO";
}

void request_log_add(struct request_log *log, const struct request_line *line)
{
	struct buf *out = &log->unwritten;
	struct span path = line->path;

	if (out->len + LINE_MAX_BYTES > UNWRITTEN_MAX) {
		log->lost++;
		return;
	}
	if (path.len > PATH_MAX_BYTES)
		path.len = PATH_MAX_BYTES;
	if (out->len == 0)
		log->offset_us = clock_real_us() - clock_monotonic_us();

	json_line_word(out, "{\"time\":", time_text(log, line->ended_us));
	json_line_word(out, ",\"level\":", level_of(line->status));
	json_line_word(out, ",\"requestId\":", line->request_id);
	json_line_word(out, ",\"traceId\":", line->trace_id);
	json_line_text(out, ",\"method\":", line->method.at,
		       line->method.len < METHOD_MAX_BYTES ? line->method.len : METHOD_MAX_BYTES);
	json_line_text(out, ",\"path\":", path.at, path.len);
	json_line_int(out, ",\"status\":", line->status);
	if (line->error_type)
		json_line_word(out, ",\"errorType\":", line->error_type);
	json_line_milli(out, ",\"latencyMs\":", line->ended_us - line->started_us);
	buf_add(out, "}\n", 2);
	assert(!buf_failed(out));
}
