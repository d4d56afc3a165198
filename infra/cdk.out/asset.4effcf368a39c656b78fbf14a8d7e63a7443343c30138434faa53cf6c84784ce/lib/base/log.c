/*
 * log.c - our own log: an event a line, in JSON, on stderr.
 */
#include "lib/base/log.h"
#include "lib/base/clock.h"
#include "lib/base/json.h"
#include "lib/base/mem.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static enum log_level least_level = LOG_INFO;
static const char *program_name = "golden";

static const char *const level_names[] = {
	[LOG_DEBUG] = "DEBUG",
	[LOG_INFO] = "INFO",
	[LOG_WARNING] = "WARN",
	[LOG_ERROR] = "ERROR",
};

const char *log_strerror(int err)
{
	return strerror(err < 0 ? -err : err);
}

void log_set_level(enum log_level least)
{
	least_level = least;
}

void log_set_program(const char *program)
{
	program_name = program;
}

void log_fields(enum log_level level, const char *event, const struct log_field *fields,
		size_t count)
{
	AUTO_JSON json_t *line = json_object();
	char when[CLOCK_TEXT];
	char *text;
	size_t len;

	if (level < least_level)
		return;

	json_set_str(line, "time", clock_iso(clock_real().ms, when));
	json_set_str(line, "level", level_names[level]);
	json_set_str(line, "program", program_name);
	json_set_str(line, "event", event);
	for (size_t i = 0; i < count; i++) {
		if (fields[i].text)
			json_set_str(line, fields[i].name, fields[i].text);
		else
			json_set_int(line, fields[i].name, fields[i].number);
	}

	text = json_dumps(line, JSON_COMPACT | JSON_ENSURE_ASCII);
	if (!text)
		return; /* bytes that are no UTF-8: a log line is not worth a crash */

	/* One write, so that lines of several processes do not mix. */
	len = strlen(text);
	text = mem_resize(text, len + 2);
	memcpy(text + len, "\n", 2);
	/* Nobody reads us: be quiet rather than spin. A full disk may have room again. */
	if (write(STDERR_FILENO, text, len + 1) < 0 && errno != ENOSPC)
		least_level = LOG_ERROR;
	free(text);
}
