/*
 * metadata.h - what a task's containers can ask: their credentials and metadata v4.
 *
 * One HTTP server on 127.0.0.1, any port. /v4/<container>, …/task, …/stats, …/task/stats; and
 * /v2/credentials/<id> with the token that the container was given. Ids and token are random: others
 * on this machine can reach the port, but not guess them.
 */
#ifndef TASK_METADATA_H
#define TASK_METADATA_H

#include "lab/planes/task/task.h"

int metadata_open(struct task *task, struct metadata **ret_metadata);
void metadata_close(struct metadata *metadata); /* NULL is fine */

const char *metadata_uri(struct metadata *metadata, size_t container); /* by index in the task */
const char *metadata_credentials_uri(const struct metadata *metadata);
const char *metadata_token(const struct metadata *metadata);

#endif
