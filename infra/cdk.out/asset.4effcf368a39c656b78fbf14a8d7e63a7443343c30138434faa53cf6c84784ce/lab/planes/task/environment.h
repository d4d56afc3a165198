/*
 * environment.h - what a container finds in its environment, and what it runs.
 */
#ifndef TASK_ENVIRONMENT_H
#define TASK_ENVIRONMENT_H

#include "lib/base/arena.h"
#include "lib/base/json.h"

/* What the task plane adds to what image and template say. */
struct surroundings {
	const json_t *desired;	     /* of the task: wire/task.h */
	const char *metadata_uri;    /* of this container */
	const char *credentials_uri; /* NULL: the task has no role */
	const char *token;	     /* that goes with it */
};

/* The image's configuration (the "config" member of an OCI image config), or NULL. */
json_t *image_config(const char *tree);

/* NAME=value, NULL-terminated, in the arena. */
char **environment_make(struct arena *arena, const struct surroundings *around,
			const json_t *container, const json_t *image);
const char *environment_get(char *const *env, const char *name); /* or NULL */

/* Entry point and command, NULL-terminated; empty when neither image nor template has one. */
char **command_make(struct arena *arena, const json_t *container, const json_t *image);

/* `text` with every 127.0.0.1:<digit> and localhost:<digit> made address:<digit>. */
const char *loopback_rewrite(struct arena *arena, const char *text, const char *address);

#endif
