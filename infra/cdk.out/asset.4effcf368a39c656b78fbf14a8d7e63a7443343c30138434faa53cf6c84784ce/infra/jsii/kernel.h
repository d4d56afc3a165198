/*
 * kernel.h - the process that runs the CDK: started, spoken to a message at a time, ended.
 *
 * A message is a JSON object on a line, both ways over one socket, which is the process's fd 3. What
 * it prints goes to our stderr. It can always die: then kernel_why() says how, and reads and writes
 * fail from there on.
 */
#ifndef JSII_KERNEL_H
#define JSII_KERNEL_H

#include "lib/base/clock.h"

#include <jansson.h>
#include <stdbool.h>
#include <sys/types.h>

struct kernel_command {
	const char *node;
	const char *program; /* JavaScript */
	const char *scratch; /* its TMPDIR */
	const char *cache;   /* of unpacked packages; NULL: none */
};

/* Never NULL; whether it runs is seen by the first read. */
struct kernel *kernel_start(const struct kernel_command *command);

/* At once, and in the middle of whatever it does: it keeps nothing. NULL is fine. */
void kernel_end(struct kernel *kernel);

bool kernel_write(struct kernel *kernel, const json_t *message);
json_t *kernel_read(struct kernel *kernel); /* an object, the caller's; NULL: it is gone */

/* The longest wait for a message: one may take a synth. None until it is said. */
void kernel_set_patience(struct kernel *kernel, msec patience);

/* Waits for it to end by itself, `wait` at most. */
bool kernel_ended(struct kernel *kernel, msec wait);

const char *kernel_why(const struct kernel *kernel); /* NULL while it runs; the kernel's */
pid_t kernel_pid(const struct kernel *kernel);	     /* 0 once it is gone */

#endif
