/*
 * output.h - what a container prints becomes log events: a line each, stamped with lab time.
 */
#ifndef TASK_OUTPUT_H
#define TASK_OUTPUT_H

#include "lab/planes/plane.h"

struct output;

/*
 * group and stream NULL: it is read and thrown away. ret_fd is the container's end, to be closed by
 * the caller once the process has it. 0 or -errno.
 */
int output_open(uv_loop_t *loop, const struct plane *plane, const char *group, const char *stream,
		int *ret_fd, struct output **ret_output);

/* The process is gone: reads what is left, takes an unended line as one. */
void output_finish(struct output *output);

/* What was written since the last time (wire/task.h, "logged"): a new object, or NULL. */
json_t *output_take_logged(struct output *output);

#endif
