/*
 * log.h - our own log: an event a line, in JSON, on stderr.
 *
 *   log_event(LOG_INFO, "alb.target.unhealthy", F_STR("target", id), F_INT("status", status));
 *
 * lib/ never logs; programs do. Secrets never go in.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stddef.h>
#include <stdint.h>

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARNING, LOG_ERROR };

struct log_field {
	const char *name;
	const char *text; /* NULL: a number */
	int64_t number;
};

/* A function: clang warns where a literal is asked whether it is NULL. */
static inline const char *log_text(const char *text)
{
	return text ? text : "";
}

#define F_STR(name, text) ((struct log_field){(name), log_text(text), 0})
#define F_INT(name, number) ((struct log_field){(name), NULL, (number)})
/* What -errno says, by name and number. */
#define F_ERR(err) F_STR("error", log_strerror(err))

const char *log_strerror(int err); /* takes errno or -errno */

void log_set_level(enum log_level least);  /* LOG_INFO at first */
void log_set_program(const char *program); /* a literal: "goldend", "goldend alb" */
void log_fields(enum log_level level, const char *event, const struct log_field *fields,
		size_t count);

#define log_event(level, event, ...)                                                   \
	do {                                                                           \
		const struct log_field log_fields_[] = {F_STR("", ""), ##__VA_ARGS__}; \
		log_fields(level, event, log_fields_ + 1,                              \
			   sizeof(log_fields_) / sizeof(log_fields_[0]) - 1);          \
	} while (0)

#endif
