/*
 * failure_mode.h - what is to be broken: an SSM parameter, asked for by every request.
 *
 * One read serves all that arrive within its maximum age. If SSM does not answer, the last known
 * mode stays and, until it answers again, nobody waits for it.
 */
#ifndef APP_FAILURE_MODE_H
#define APP_FAILURE_MODE_H

#include "app/trace.h"
#include "lib/aws/client.h"

enum failure_mode { MODE_NONE, MODE_RETURN_500, MODE_CONNECTION_LEAK };

struct failure_modes;

/* Somebody who asked. Lives until told. */
struct failure_mode_asker {
	void (*told)(enum failure_mode mode, void *user);
	void *user;
	struct trace *trace; /* gets the call to SSM as a subsegment, if this asker caused it */

	struct failure_mode_asker *next; /* failure_mode.c's own */
};

const char *failure_mode_name(enum failure_mode mode);

/* parameter NULL: always MODE_NONE. max_age 0: a read for each that asks. */
struct failure_modes *failure_modes_open(struct aws_client *aws, const char *parameter,
					 msec max_age);
void failure_modes_close(struct failure_modes *modes); /* after its aws_client; NULL is fine */

/* told() is called before this returns where no read is needed. */
void failure_modes_ask(struct failure_modes *modes, struct failure_mode_asker *asker);

#endif
