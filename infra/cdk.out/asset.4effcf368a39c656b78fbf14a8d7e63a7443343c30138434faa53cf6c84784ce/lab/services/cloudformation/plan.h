/*
 * plan.h - what a call wants a stack to be: its template read and checked, its parameters known.
 *
 * CreateStack, UpdateStack and CreateChangeSet make the same plan; everything that can be wrong with
 * it is said before the first resource is touched.
 */
#ifndef SERVICES_CLOUDFORMATION_PLAN_H
#define SERVICES_CLOUDFORMATION_PLAN_H

#include "lab/services/cloudformation/stack.h"

struct plan {
	const char *id, *name; /* of the stack */
	const char *text;      /* of the template */
	size_t len;
	const json_t *template;
	json_t *parameters; /* DescribeStacks' shape */
	json_t *given;	    /* name → text, defaults too */
	json_t *texts;	    /* the same, those of the parameter store read */
	json_t *values, *shown;
	const json_t *tags; /* [{Key, Value}] */
	const json_t *conditions, *dependencies;
	const json_t *outputs; /* reduced */
};

/*
 * id and name are set before; with text set, too, the call's template does not count. old: the stack
 * as it is; NULL: there is none, or one without a template (REVIEW_IN_PROGRESS). Parameters are
 * fetched as the call's role, or the stack's. 0 or a fault.
 */
int plan_make(struct request *rq, const json_t *in, struct stack *old, struct plan *plan);

/* The stack is to be like this from now on: its document, not saved, and its template. */
void plan_keep(const struct plan *plan, const json_t *in, struct stack *stack);

/* A stack's document, of nothing yet; put, and its name too. */
void plan_new_stack(struct request *rq, const json_t *in, const struct plan *plan);

/* Names of stacks have a form. 0 or a fault. */
int plan_check_name(struct request *rq, const char *name);
/* What asks for a thing that the lab does not do must not be taken in silence. 0 or a fault. */
int plan_check_refused(struct request *rq, const json_t *in);
/* May the caller hand the call's role to CloudFormation, and is it there? 0 or a fault. */
int plan_check_role(struct request *rq, const json_t *in);

/* Where trees of the plan's template are reduced: no resource is asked. */
struct scope plan_scope(struct request *rq, const struct plan *plan);

#endif
