/*
 * task.h - which ECS task this is, from its metadata endpoint.
 */
#ifndef APP_TASK_H
#define APP_TASK_H

#include "lib/aws/client.h"

struct task {
	char *id;   /* "0123456789abcdef0123456789abcdef"; "local" outside ECS */
	char *zone; /* "us-east-1a"; "" outside ECS */
};

/* Asks $uri/task; until it answers the task is "local". uri NULL: it stays so. changed() follows. */
void task_ask(struct task *task, struct aws_client *aws, const char *uri,
	      void (*changed)(void *user), void *user);
void task_clear(struct task *task);

#endif
