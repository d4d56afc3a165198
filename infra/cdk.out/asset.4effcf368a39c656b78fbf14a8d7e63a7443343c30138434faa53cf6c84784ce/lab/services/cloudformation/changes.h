/*
 * changes.h - what a plan would change in a stack, told before it is done.
 */
#ifndef SERVICES_CLOUDFORMATION_CHANGES_H
#define SERVICES_CLOUDFORMATION_CHANGES_H

#include "lab/services/cloudformation/plan.h"
#include "lab/services/cloudformation/types.h"

/* Do new properties need a new resource? What a type cannot change in place replaces it. */
enum cfn_replaces change_replaces(struct request *rq, const char *type, const json_t *old_props,
				  const json_t *new_props);

/* DescribeChangeSet's Changes, of the request. ret_error: a property cannot be told; else NULL. */
const json_t *changes_of(struct stack *stack, const struct plan *plan, const char **ret_error);

/* Is there anything else that an update would do: outputs, tags? */
bool changes_outside(struct stack *stack, const struct plan *plan);

#endif
