/*
 * trial_resource.c - resources of a stack in a lab in memory.
 */
#include "lab/aws/trial_resource.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

struct deed {
	struct trial *trial;
	const struct resource *type;
	int (*run)(struct request *rq, struct deed *deed);
	struct cfn_resource resource;
	json_t *old;
	const char *name; /* of an attribute */
	char id[1024];
	int there;
	json_t *out;
	int err;
};

static const struct resource *find_type(const struct service *service, const char *name)
{
	for (const struct resource *type = service->resources; type->type; type++)
		if (strcmp(type->type, name) == 0)
			return type;
	fail_msg("the service has no type %s", name);
	return NULL;
}

static void within(struct request *rq, void *user)
{
	struct deed *deed = user;
	struct trial *trial = deed->trial;

	tx_savepoint(rq->tx);
	deed->err = deed->run(rq, deed);
	if (deed->err)
		tx_undo(rq->tx);
	else
		tx_release(rq->tx);
	snprintf(trial->code, sizeof(trial->code), "%s",
		 deed->err ? (rq->fault.code ? rq->fault.code : "InternalFailure") : "");
	snprintf(trial->message, sizeof(trial->message), "%s",
		 deed->err && rq->fault.message ? rq->fault.message : "");
}

static void run(struct trial *trial, const struct service *service, const char *type,
		const char *id, const char *props, struct deed *deed)
{
	json_t *before = trial_tree("[{'Key': 'stage', 'Value': 'one'}]");
	json_t *after = trial_tree("[{'Key': 'stage', 'Value': 'two'}]");
	json_t *tree = trial_tree(props);

	deed->trial = trial;
	deed->type = find_type(service, type);
	deed->resource = (struct cfn_resource){
		.stack_name = "Stack",
		.stack_id = "arn:aws:cloudformation:us-east-1:123456789012:stack/Stack/1",
		.logical_id = "It",
		.physical_id = id,
		.props = tree,
		.tags = deed->old ? after : before,
		.old_tags = deed->old ? before : NULL,
	};
	trial_within(trial, service->model, within, deed);
	json_decref(before);
	json_decref(after);
	json_decref(tree);
	json_decref(deed->old);
}

static int make(struct request *rq, struct deed *deed)
{
	const char *id = NULL;
	int err = deed->type->create(rq, &deed->resource, &id);

	snprintf(deed->id, sizeof(deed->id), "%s", err || !id ? "" : id);
	return err;
}

const char *trial_make(struct trial *trial, const struct service *service, const char *type,
		       const char *props)
{
	/* A few at once: tests hold on to what they made. */
	static struct deed deeds[16];
	static size_t next;
	struct deed *deed = &deeds[next++ % array_len(deeds)];

	*deed = (struct deed){.run = make};
	run(trial, service, type, NULL, props, deed);
	return deed->err ? NULL : deed->id;
}

static int change(struct request *rq, struct deed *deed)
{
	return deed->type->update(rq, &deed->resource, deed->old);
}

bool trial_change(struct trial *trial, const struct service *service, const char *type,
		  const char *id, const char *old, const char *props)
{
	struct deed deed = {.run = change, .old = trial_tree(old)};

	run(trial, service, type, id, props, &deed);
	return deed.err == 0;
}

static int unmake(struct request *rq, struct deed *deed)
{
	return deed->type->delete (rq, &deed->resource);
}

bool trial_unmake(struct trial *trial, const struct service *service, const char *type,
		  const char *id, const char *props)
{
	struct deed deed = {.run = unmake};

	run(trial, service, type, id, props, &deed);
	return deed.err == 0;
}

/* What is handed out is the trial's, as an answer is. */
static void answer(struct trial *trial, json_t *out)
{
	json_decref(trial->out);
	trial->out = out;
}

static int read_it(struct request *rq, struct deed *deed)
{
	deed->out = json_object();
	deed->there = 1;
	return deed->type->read(rq, &deed->resource, deed->out, &deed->there);
}

const json_t *trial_read(struct trial *trial, const struct service *service, const char *type,
			 const char *id, const char *props)
{
	struct deed deed = {.run = read_it};

	run(trial, service, type, id, props, &deed);
	answer(trial, deed.out);
	return deed.err == 0 && deed.there ? deed.out : NULL;
}

static int get_att(struct request *rq, struct deed *deed)
{
	deed->out =
		deed->type->get_att ? deed->type->get_att(rq, &deed->resource, deed->name) : NULL;
	return 0;
}

const char *trial_att(struct trial *trial, const struct service *service, const char *type,
		      const char *id, const char *props, const char *name)
{
	struct deed deed = {.run = get_att, .name = name};

	run(trial, service, type, id, props, &deed);
	answer(trial, deed.out);
	return json_is_string(deed.out) ? json_string_value(deed.out) : "";
}
