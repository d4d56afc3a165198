/*
 * trial.c - a lab in memory for a service's unit test.
 */
#include "lab/aws/trial.h"
#include "lab/aws/inside.h"
#include "lab/aws/protocol.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void trial_open(struct trial *trial, const struct service *const *services)
{
	struct lab_options options = {.number = 7, .speed = 0, .seed = 42, .services = services};

	*trial = (struct trial){0};
	if (lab_open(NULL, &options, &trial->lab) < 0)
		abort();
	trial->caller = lab_operator(trial->lab);
}

void trial_close(struct trial *trial)
{
	json_decref(trial->out);
	lab_close(trial->lab);
}

json_t *trial_tree(const char *text)
{
	AUTO_FREE char *json = mem_strdup(text);
	json_t *tree;
	char *at;

	for (at = json; (at = strchr(at, '\'')); at++)
		*at = '"';
	tree = json_read(json, strlen(json));
	if (!tree) {
		fprintf(stderr, "no JSON: %s\n", text);
		abort();
	}
	return tree;
}

static void say(struct trial *trial, const struct fault *fault)
{
	trial->status = fault ? fault->status : 200;
	snprintf(trial->code, sizeof(trial->code), "%s", fault ? fault->code : "");
	snprintf(trial->message, sizeof(trial->message), "%s", fault ? fault->message : "");
}

static void keep(const struct lab_reply *reply, void *user)
{
	struct trial *trial = user;

	say(trial, reply->fault);
	if (reply->result == 0)
		trial->out = json_deep_copy(reply->out);
}

/* As the front door does, before the handler is called. */
static bool is_valid(struct trial *trial, const struct model *model, int op, const json_t *in)
{
	struct arena *arena = arena_open();
	struct fault fault;
	bool valid = protocol_validate(arena, model, &model->ops[op], in, &fault);

	if (!valid)
		say(trial, &fault);
	arena_close(arena);
	return valid;
}

const json_t *trial_ask_tree(struct trial *trial, const struct model *model, int op,
			     const json_t *in)
{
	json_decref(trial->out);
	trial->out = NULL;
	if (!is_valid(trial, model, op, in))
		return NULL;
	lab_run(trial->lab, &(struct lab_call){
				    .model = model,
				    .op = op,
				    .in = in,
				    .caller = trial->caller,
				    .host = "127.0.0.1:4566",
				    .done = keep,
				    .user = trial,
			    });
	lab_turn(trial->lab);
	return trial->out;
}

const json_t *trial_ask(struct trial *trial, const struct model *model, int op, const char *fmt,
			...)
{
	AUTO_FREE char *text = NULL;
	AUTO_JSON json_t *in = NULL;
	va_list args;

	va_start(args, fmt);
	text = mem_vfmt(fmt, args);
	va_end(args);
	in = trial_tree(text);
	return trial_ask_tree(trial, model, op, in);
}

void trial_pass(struct trial *trial, msec time)
{
	struct lab_clock clock = *lab_clock(trial->lab);

	lab_clock_step(&clock, time);
	lab_clock_change(trial->lab, &clock);
	lab_turn(trial->lab);
}

void trial_within(struct trial *trial, const struct model *model,
		  void (*run)(struct request *rq, void *user), void *user)
{
	struct request *rq = request_open(trial->lab, model, trial->caller);

	run(rq, user);
	request_close(rq);
	lab_turn(trial->lab);
}
