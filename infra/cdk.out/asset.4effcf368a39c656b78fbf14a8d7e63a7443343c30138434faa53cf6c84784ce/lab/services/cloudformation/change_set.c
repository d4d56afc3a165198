/*
 * change_set.c - change sets: a plan is made, looked at, and carried out or thrown away.
 *
 * A change set is there as soon as it is asked for: what AWS takes for it costs no time here.
 *
 *   left out   IMPORT, nested stacks (there are none), property values in changes
 */
#include "lab/aws/page.h"
#include "lab/services/cloudformation/changes.h"

#include <string.h>

#define CHANGE_SET "cloudformation/change-set" /* by stack id|name; _In: the call, _Body */
#define PAGE 100
#define NO_CHANGES                                                                           \
	"The submitted information didn't contain changes. Submit different information to " \
	"create a change set."

static const char *key_of(struct request *rq, const char *stack_id, const char *name)
{
	return rq_fmt(rq, "%s|%s", stack_id, name);
}

static bool execution_is(const json_t *set, const char *status)
{
	return strcmp(json_str_or(set, "ExecutionStatus", ""), status) == 0;
}

void change_set_end(struct stack *stack, bool complete)
{
	const char *key = json_str(stack->document, "_ChangeSet");
	json_t *set = key ? store_edit(stack->rq->tx, CHANGE_SET, key) : NULL;

	if (set) {
		json_set_str(set, "ExecutionStatus",
			     complete ? "EXECUTE_COMPLETE" : "EXECUTE_FAILED");
		store_put(stack->rq->tx, CHANGE_SET, key, set);
	}
	json_drop(stack->document, "_ChangeSet");
}

void change_sets_drop(struct request *rq, const char *stack_id, const char *but)
{
	const json_t *key;
	size_t i;

	json_each (store_keys(rq->tx, CHANGE_SET, key_of(rq, stack_id, "")), i, key)
		if (!but || strcmp(json_string_value(key), but) != 0)
			store_delete(rq->tx, CHANGE_SET, json_string_value(key));
}

static const char *key_by_arn(struct request *rq, const char *arn)
{
	const json_t *key;
	size_t i;

	json_each (store_keys(rq->tx, CHANGE_SET, ""), i, key)
		if (strcmp(json_str_or(store_get(rq->tx, CHANGE_SET, json_string_value(key)),
				       "ChangeSetId", ""),
			   arn) == 0)
			return json_string_value(key);
	return NULL;
}

/* The change set of a call, by its name and stack, or by its ARN. *ret_key NULL: there is none. */
static int find(struct request *rq, const json_t *in, const char **ret_key)
{
	const char *name = json_str_or(in, "ChangeSetName", ""), *id;
	const char *stack = json_str(in, "StackName");

	*ret_key = NULL;
	if (strncmp(name, "arn:", 4) == 0) {
		*ret_key = key_by_arn(rq, name);
		return 0;
	}
	if (!stack)
		return fault_named(rq, "ValidationError",
				   "StackName must be specified if ChangeSetName is not specified "
				   "as an ARN.");
	id = stack_find(rq, stack);
	if (!id)
		return fault_named(rq, "ValidationError", "Stack [%s] does not exist", stack);
	if (store_has(rq->tx, CHANGE_SET, key_of(rq, id, name)))
		*ret_key = key_of(rq, id, name);
	return 0;
}

static int missing(struct request *rq, const json_t *in)
{
	return fault(rq, CLOUDFORMATION_ChangeSetNotFoundException, "ChangeSet [%s] does not exist",
		     json_str_or(in, "ChangeSetName", ""));
}

/* Is the stack as a change set of this type wants it? Opens it, made anew if need be. */
static int open_stack(struct request *rq, const json_t *in, struct plan *plan,
		      struct stack *ret_stack)
{
	const char *type = json_str_or(in, "ChangeSetType", "UPDATE");
	const char *name = json_str_or(in, "StackName", ""), *id = stack_find(rq, name);
	bool there = id && stack_open(rq, id, ret_stack) &&
		     !stack_status_is(ret_stack, "DELETE_COMPLETE");
	bool new = there &&stack_status_is(ret_stack, "REVIEW_IN_PROGRESS");
	int err;

	if (strcmp(type, "CREATE") != 0 && strcmp(type, "UPDATE") != 0)
		return fault_named(rq, "ValidationError", "ChangeSetType %s is not in the lab",
				   type);
	if (strcmp(type, "UPDATE") == 0) {
		if (!there)
			return fault_named(rq, "ValidationError", "Stack [%s] does not exist",
					   name);
		if (!stack_can_be_updated(ret_stack))
			return fault_named(rq, "ValidationError",
					   "Stack:%s is in %s state and can not be updated.", id,
					   stack_status(ret_stack));
	} else if (there && !new) {
		return fault_named(rq, "ValidationError",
				   "Stack [%s] already exists and cannot be created again with the "
				   "changeSet [%s].",
				   name, json_str_or(in, "ChangeSetName", ""));
	} else if (!there) {
		err = plan_check_name(rq, name);
		if (err)
			return err;
		plan->name = name;
		plan->id =
			rq_arn(rq, "cloudformation", rq_fmt(rq, "stack/%s/%s", name, id_uuid(rq)));
		plan_new_stack(rq, in, plan);
		stack_open(rq, plan->id, ret_stack);
		stack_move(ret_stack, "REVIEW_IN_PROGRESS", "User Initiated");
	}
	plan->id = ret_stack->id;
	plan->name = ret_stack->name;
	return 0;
}

/* The call as it is to be carried out: parameters as they are now, no template. */
static json_t *kept_call(struct request *rq, const json_t *in, const struct plan *plan)
{
	json_t *kept = rq_copy(rq, in), *parameters;
	const json_t *text;
	const char *name;

	json_drop(kept, "TemplateBody");
	json_drop(kept, "TemplateURL");
	json_drop(kept, "UsePreviousTemplate");
	parameters = json_add_array(kept, "Parameters");
	json_each_member (plan->given, name, text) {
		json_t *parameter = json_push_object(parameters);

		json_set_str(parameter, "ParameterKey", name);
		json_set(parameter, "ParameterValue", text);
	}
	return kept;
}

static json_t *new_change_set(struct request *rq, const json_t *in, const struct plan *plan,
			      const json_t *changes, bool any)
{
	static const char *const copied[] = {"Description", "Capabilities", "RollbackConfiguration",
					     "OnStackFailure"};
	const char *name = json_str(in, "ChangeSetName");
	json_t *set = rq_object(rq);

	json_set_str(set, "ChangeSetName", name);
	json_set_str(
		set, "ChangeSetId",
		rq_arn(rq, "cloudformation", rq_fmt(rq, "changeSet/%s/%s", name, id_uuid(rq))));
	json_set_str(set, "StackId", plan->id);
	json_set_str(set, "StackName", plan->name);
	json_set_time(set, "CreationTime", rq->now);
	for (size_t i = 0; i < array_len(copied); i++)
		if (json_has(in, copied[i]))
			json_set(set, copied[i], json_get(in, copied[i]));
	json_set(set, "Parameters", plan->parameters);
	json_set(set, "Tags", plan->tags);
	json_set(set, "Changes", changes);
	json_set_bool(set, "IncludeNestedStacks", json_bool_or(in, "IncludeNestedStacks", false));
	json_set_str(set, "Status", any ? "CREATE_COMPLETE" : "FAILED");
	json_set_str(set, "ExecutionStatus", any ? "AVAILABLE" : "UNAVAILABLE");
	if (!any)
		json_set_str(set, "StatusReason", NO_CHANGES);
	json_set(set, "_In", kept_call(rq, in, plan));
	json_give(set, "_Body", json_stringn(plan->text, plan->len));
	return set;
}

int cloudformation_create_change_set(struct request *rq, const json_t *in, json_t *out)
{
	const char *error = NULL, *key;
	struct plan plan = {0};
	const json_t *changes, *other;
	struct stack stack;
	json_t *set;
	bool new;
	int err;

	err = plan_check_refused(rq, in);
	if (!err)
		err = open_stack(rq, in, &plan, &stack);
	if (err)
		return err;
	key = key_of(rq, stack.id, json_str_or(in, "ChangeSetName", ""));
	other = store_get(rq->tx, CHANGE_SET, key);
	if (other && (execution_is(other, "AVAILABLE") || execution_is(other, "UNAVAILABLE")))
		return fault(rq, CLOUDFORMATION_AlreadyExistsException,
			     "ChangeSet %s already exists", json_str(in, "ChangeSetName"));
	new = stack_status_is(&stack, "REVIEW_IN_PROGRESS");
	err = plan_make(rq, in, new ? NULL : &stack, &plan);
	if (err)
		return err;
	changes = changes_of(&stack, &plan, &error);
	if (error)
		return fault_named(rq, "ValidationError", "%s", error);

	set = new_change_set(rq, in, &plan, changes,
			     json_array_size(changes) > 0 || changes_outside(&stack, &plan));
	store_put(rq->tx, CHANGE_SET, key, set);
	json_set_str(out, "Id", json_str(set, "ChangeSetId"));
	json_set_str(out, "StackId", stack.id);
	return 0;
}

int cloudformation_describe_change_set(struct request *rq, const json_t *in, json_t *out)
{
	const json_t *set, *member, *page;
	const char *key, *name, *next = NULL;
	int err = find(rq, in, &key);

	if (err)
		return err;
	if (!key)
		return missing(rq, in);
	set = store_get(rq->tx, CHANGE_SET, key);
	json_each_member (set, name, member)
		if (*name != '_' && strcmp(name, "Changes") != 0)
			json_set(out, name, member);
	page = page_of(rq, json_get(set, "Changes"), PAGE, json_str(in, "NextToken"), &next);
	if (!page)
		return fault_named(rq, "ValidationError", "The NextToken is not valid.");
	json_set(out, "Changes", page);
	json_set_str(out, "NextToken", next);
	return 0;
}

int cloudformation_delete_change_set(struct request *rq, const json_t *in, json_t *out)
{
	const char *key;
	int err = find(rq, in, &key);

	/* One that is not there is deleted already. */
	if (err || !key)
		return err;
	if (execution_is(store_get(rq->tx, CHANGE_SET, key), "EXECUTE_IN_PROGRESS"))
		return fault(rq, CLOUDFORMATION_InvalidChangeSetStatusException,
			     "An operation on this ChangeSet is currently in progress.");
	store_delete(rq->tx, CHANGE_SET, key);
	return 0;
}

int cloudformation_list_change_sets(struct request *rq, const json_t *in, json_t *out)
{
	static const char *const members[] = {
		"StackId", "StackName",	   "ChangeSetId",  "ChangeSetName", "ExecutionStatus",
		"Status",  "StatusReason", "CreationTime", "Description",   "IncludeNestedStacks",
		NULL};
	const char *name = json_str_or(in, "StackName", ""), *id = stack_find(rq, name);
	json_t *list = json_add_array(out, "Summaries");
	const json_t *set;
	size_t i;

	if (!id)
		return fault_named(rq, "ValidationError", "Stack [%s] does not exist", name);
	json_each (store_list_prefix(rq->tx, CHANGE_SET, key_of(rq, id, "")), i, set)
		stack_push_view(list, set, members);
	return 0;
}

int change_set_template(struct request *rq, const json_t *in, const json_t **ret_body)
{
	const char *key;
	int err = find(rq, in, &key);

	if (err)
		return err;
	if (!key)
		return missing(rq, in);
	*ret_body = json_get(store_get(rq->tx, CHANGE_SET, key), "_Body");
	return 0;
}

/* Carries the plan of the change set out, made again of what was kept. */
static int carry_out(struct stack *stack, const json_t *in, const json_t *set, const char *key)
{
	bool new = stack_status_is(stack, "REVIEW_IN_PROGRESS");
	const json_t *body = json_get(set, "_Body");
	struct request *rq = stack->rq;
	json_t *call = rq_copy(rq, json_get(set, "_In"));
	struct plan plan = {
		.id = stack->id,
		.name = stack->name,
		.text = json_string_value(body),
		.len = json_string_length(body),
	};
	int err;

	json_set_str(call, "ClientRequestToken", json_str(in, "ClientRequestToken"));
	if (json_has(in, "DisableRollback"))
		json_set(call, "DisableRollback", json_get(in, "DisableRollback"));
	err = plan_make(rq, call, new ? NULL : stack, &plan);
	if (err)
		return err;
	if (!new)
		stack_begin_update(stack);
	plan_keep(&plan, call, stack);
	json_set_str(stack->document, "ChangeSetId", json_str(set, "ChangeSetId"));
	json_set_str(stack->document, "_ChangeSet", key);
	stack_set_out(stack, new ? "CREATE_IN_PROGRESS" : "UPDATE_IN_PROGRESS", "User Initiated");
	return 0;
}

int cloudformation_execute_change_set(struct request *rq, const json_t *in, json_t *out)
{
	struct stack stack;
	const char *key;
	json_t *set;
	int err = find(rq, in, &key);

	if (err)
		return err;
	if (!key)
		return missing(rq, in);
	set = store_edit(rq->tx, CHANGE_SET, key);
	if (!execution_is(set, "AVAILABLE"))
		return fault(rq, CLOUDFORMATION_InvalidChangeSetStatusException,
			     "ChangeSet [%s] cannot be executed in its current status of [%s]",
			     json_str(set, "ChangeSetId"), json_str(set, "Status"));
	stack_open(rq, json_str(set, "StackId"), &stack);
	if (!stack_status_is(&stack, "REVIEW_IN_PROGRESS") && !stack_can_be_updated(&stack))
		return fault_named(rq, "ValidationError",
				   "Stack:%s is in %s state and can not be updated.", stack.id,
				   stack_status(&stack));
	err = carry_out(&stack, in, set, key);
	if (err)
		return err;
	json_set_str(set, "ExecutionStatus", "EXECUTE_IN_PROGRESS");
	store_put(rq->tx, CHANGE_SET, key, set);
	/* The others were made for a stack that is not so any more. */
	change_sets_drop(rq, stack.id, key);
	return 0;
}
