/*
 * target.c - target groups and their targets: who is there, who gets the next request.
 */
#include "lab/planes/alb/alb.h"
#include "lib/base/log.h"

#include <stdlib.h>
#include <string.h>

static const char *const state_names[] = {
	[TARGET_INITIAL] = "initial",
	[TARGET_HEALTHY] = "healthy",
	[TARGET_UNHEALTHY] = "unhealthy",
	[TARGET_DRAINING] = "draining",
};

struct group *group_find(struct alb *alb, const char *arn)
{
	struct group *group;

	TAILQ_FOREACH(group, &alb->groups, link)
	{
		if (strcmp(group->arn, arn) == 0)
			return group;
	}
	return NULL;
}

struct group *group_open(struct alb *alb, const char *arn)
{
	struct group *group = mem_new(struct group);

	group->alb = alb;
	group->arn = mem_strdup(arn);
	TAILQ_INIT(&group->targets);
	TAILQ_INSERT_TAIL(&alb->groups, group, link);
	return group;
}

void group_close(struct group *group)
{
	while (!TAILQ_EMPTY(&group->targets))
		target_close(TAILQ_FIRST(&group->targets));
	TAILQ_REMOVE(&group->alb->groups, group, link);
	free(group->check.path);
	free(group->check.matcher);
	free(group->arn);
	free(group);
}

struct target *target_find(struct group *group, const char *id, int port)
{
	struct target *target;

	TAILQ_FOREACH(target, &group->targets, link)
	{
		if (target->port == port && strcmp(target->id, id) == 0)
			return target;
	}
	return NULL;
}

struct target *target_open(struct group *group, const char *id, int port,
			   const struct sockaddr_in *at)
{
	struct target *target = mem_new(struct target);

	target->group = group;
	target->id = mem_strdup(id);
	target->port = port;
	target->at = *at;
	LIST_INIT(&target->idle);
	LIST_INIT(&target->busy);
	TAILQ_INSERT_TAIL(&group->targets, target, link);
	return target;
}

void target_drain(struct target *target)
{
	health_stop(target);
	target_set_state(target, TARGET_DRAINING, "Target.DeregistrationInProgress",
			 "Target deregistration is in progress");
}

void target_undrain(struct target *target)
{
	target_set_state(target, TARGET_INITIAL, "Elb.RegistrationInProgress",
			 "Target registration is in progress");
	health_start(target);
}

void target_close(struct target *target)
{
	health_stop(target);
	upstream_close_all(target);
	TAILQ_REMOVE(&target->group->targets, target, link);
	free(target->description);
	free(target->id);
	free(target);
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

void target_set_state(struct target *target, enum target_state state, const char *reason,
		      const char *description)
{
	struct alb *alb = target->group->alb;
	AUTO_JSON json_t *fact = NULL;

	if (target->state == state && same_text(target->reason, reason) &&
	    same_text(target->description, description))
		return;
	if (target->state != state)
		log_event(LOG_INFO, "alb.target.changed", F_STR("group", target->group->arn),
			  F_STR("target", target->id), F_INT("port", target->port),
			  F_STR("was", state_names[target->state]),
			  F_STR("state", state_names[state]), F_STR("reason", reason));

	target->state = state;
	target->reason = reason;
	free(target->description);
	target->description = mem_strdup(description);

	fact = json_object();
	json_give(fact, "target", target_document(target));
	alb->events->fact(fact, alb->user);
}

json_t *target_document(const struct target *target)
{
	json_t *document = json_object();

	json_set_str(document, "group", target->group->arn);
	json_set_str(document, "id", target->id);
	json_set_int(document, "port", target->port);
	json_set_str(document, "state", state_names[target->state]);
	json_set_str(document, "reason", target->reason);
	json_set_str(document, "description", target->description);
	return document;
}

static bool too_few(const struct group *group, size_t healthy, size_t registered)
{
	return healthy < group->minimum_healthy ||
	       healthy * 100 < registered * group->minimum_healthy_percent;
}

static bool may_get(const struct target *target, bool all)
{
	return target->state == TARGET_HEALTHY || (all && target->state != TARGET_DRAINING);
}

/* Round robin; with least_outstanding, among those that have least to do. */
static struct target *pick(struct group *group, bool all)
{
	size_t least = SIZE_MAX;
	size_t among = 0;
	size_t turn;
	struct target *target;

	TAILQ_FOREACH(target, &group->targets, link)
	{
		if (may_get(target, all) && target->outstanding < least)
			least = target->outstanding;
	}
	if (!group->least_outstanding)
		least = SIZE_MAX;
	TAILQ_FOREACH(target, &group->targets, link)
	among += may_get(target, all) && target->outstanding <= least;

	turn = group->turn++ % among;
	TAILQ_FOREACH(target, &group->targets, link)
	{
		if (may_get(target, all) && target->outstanding <= least && turn-- == 0)
			break;
	}
	return target;
}

struct target *group_choose(struct group *group)
{
	struct target *target;
	size_t registered = 0;
	size_t healthy = 0;

	TAILQ_FOREACH(target, &group->targets, link)
	{
		registered += target->state != TARGET_DRAINING;
		healthy += target->state == TARGET_HEALTHY;
	}
	if (registered == 0)
		return NULL;

	/* Fail-open: with too few healthy ones AWS sends to all, so their own errors pass. */
	return pick(group, healthy == 0 || too_few(group, healthy, registered));
}
