/*
 * function.h - an execution environment of a Lambda function: its process, and one invocation after
 * the other. For lab/planes/function alone.
 */
#ifndef FUNCTION_FUNCTION_H
#define FUNCTION_FUNCTION_H

#include "lab/planes/launch.h"
#include "lab/planes/plane.h"
#include "lab/planes/output.h"
#include "lab/planes/task_limits.h"
#include "lib/net/http_server.h"

struct function {
	uv_loop_t *loop;
	struct plane *plane;
	struct keeper *keeper;
	char *folder;	 /* the state folder, absolute */
	json_t *desired; /* as last told; NULL: not yet */
	json_t *queue;	 /* invocations that were not begun */
	json_t *current; /* … the one that runs; NULL: none */
	json_t *done;	 /* id → result, until control leaves it out */
	struct output *output;
	struct limits *limits;
	struct limit_group *group;

	/* The process. */
	pid_t pid;		/* 0: none */
	char *key;		/* the access key it was started with */
	const char *killed_for; /* "timeout"; NULL: it was not */
	msec launched;
	msec init; /* what it took to ask for its first invocation; -1: not yet, or said */
	struct http_server *api;
	struct http_exchange *next; /* it waits for an invocation; NULL: it does not */

	msec began; /* the current one */
	uv_timer_t timeout;
	uv_timer_t second;
	uv_signal_t child;
	bool stopping;
};

/* function.c: an invocation ended. error NULL: it went well. */
void function_finish(struct function *function, const char *payload, size_t len, const char *error);
void function_finish_error(struct function *function, const char *type, const char *message);
void function_advance(struct function *function);

/* runtime_api.c: where the process asks, on 127.0.0.1. */
int runtime_api_open(struct function *function);
void runtime_api_give(struct function *function); /* the current one to who waits for it */

/* environment.c: NAME=value, NULL-terminated. */
char **function_environment(struct arena *arena, const struct function *function);

#endif
