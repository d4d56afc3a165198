/*
 * stack.c - a stack's documents, and its moves from state to state, each with an event.
 */
#include "lab/services/cloudformation/stack.h"

#include <string.h>

const char *stack_find(struct request *rq, const char *name)
{
	if (strncmp(name, "arn:", 4) == 0)
		return store_has(rq->tx, STACK, name) ? name : NULL;
	return json_str(store_get(rq->tx, STACK_NAME, name), "StackId");
}

int stack_missing(struct request *rq, const char *name)
{
	return fault_named(rq, "ValidationError", "Stack with id %s does not exist", name);
}

bool stack_open(struct request *rq, const char *id, struct stack *ret_stack)
{
	json_t *document = store_edit(rq->tx, STACK, id);

	if (!document)
		return false;
	*ret_stack = (struct stack){
		.rq = rq,
		.document = document,
		.id = json_str(document, "StackId"),
		.name = json_str(document, "StackName"),
		.principal = principal_of(
			rq, json_str_or(document, "RoleARN", json_str_or(document, "_Caller", ""))),
	};
	return true;
}

void stack_read_template(struct stack *stack)
{
	const json_t *kept = store_get(stack->rq->tx, STACK_TEMPLATE, stack->id);
	const char *text = json_str_or(kept, "Body", "");

	/* It was read before: CreateStack takes no other. */
	template_read(stack->rq->arena, text, strlen(text), &stack->template);
}

void stack_save(struct stack *stack)
{
	store_put(stack->rq->tx, STACK, stack->id, stack->document);
}

const char *stack_status(const struct stack *stack)
{
	return json_str_or(stack->document, "StackStatus", "");
}

bool stack_status_is(const struct stack *stack, const char *status)
{
	return strcmp(stack_status(stack), status) == 0;
}

/* Events of one tick have one time: their number keeps the ids apart, as microseconds. */
static const char *event_id(struct stack *stack, const json_t *event, int64_t number)
{
	char text[CLOCK_TEXT];

	if (strcmp(json_str_or(event, "ResourceType", ""), STACK_TYPE) == 0)
		return id_uuid(stack->rq);
	clock_iso(stack->rq->now.ms, text);
	return rq_fmt(stack->rq, "%s-%s-%.23s%03dZ", json_str(event, "LogicalResourceId"),
		      json_str(event, "ResourceStatus"), text, (int)(number % 1000));
}

static void add_event(struct stack *stack, json_t *event)
{
	struct request *rq = stack->rq;
	int64_t number = store_next(rq->tx, rq_fmt(rq, "%s|%s", STACK_EVENT, stack->id));

	stack->moved = true;
	json_set_str(event, "StackId", stack->id);
	json_set_str(event, "StackName", stack->name);
	json_set_time(event, "Timestamp", rq->now);
	json_set_str(event, "ClientRequestToken", json_str(stack->document, "_Token"));
	json_set_str(event, "EventId", event_id(stack, event, number));
	store_put(rq->tx, STACK_EVENT, rq_fmt(rq, "%s|%09lld", stack->id, (long long)number),
		  event);
}

void stack_move(struct stack *stack, const char *status, const char *reason)
{
	json_t *event = rq_object(stack->rq);

	json_set_str(stack->document, "StackStatus", status);
	json_drop(stack->document, "StackStatusReason");
	json_set_str(stack->document, "StackStatusReason", reason);
	stack_save(stack);

	json_set_str(event, "LogicalResourceId", stack->name);
	json_set_str(event, "PhysicalResourceId", stack->id);
	json_set_str(event, "ResourceType", STACK_TYPE);
	json_set_str(event, "ResourceStatus", status);
	json_set_str(event, "ResourceStatusReason", reason);
	add_event(stack, event);
}

void stack_set_out(struct stack *stack, const char *status, const char *reason)
{
	json_t *moving = rq_object(stack->rq);

	stack_move(stack, status, reason);
	json_set_str(moving, "StackId", stack->id);
	store_put(stack->rq->tx, STACK_MOVING, stack->id, moving);
	lab_wake(stack->rq->lab, &cloudformation_model);
}

void stack_rest(struct stack *stack, const char *status, const char *reason)
{
	store_delete(stack->rq->tx, STACK_MOVING, stack->id);
	change_set_end(stack, strcmp(status, "CREATE_COMPLETE") == 0 ||
				      strcmp(status, "UPDATE_COMPLETE") == 0);
	stack_move(stack, status, reason);
}

static const char *resource_key(struct stack *stack, const char *logical_id)
{
	return rq_fmt(stack->rq, "%s|%s", stack->id, logical_id);
}

const json_t *stack_resources(struct stack *stack)
{
	return store_list_prefix(stack->rq->tx, STACK_RESOURCE, resource_key(stack, ""));
}

json_t *stack_resource(struct stack *stack, const char *logical_id)
{
	return store_edit(stack->rq->tx, STACK_RESOURCE, resource_key(stack, logical_id));
}

const json_t *stack_leftovers(struct stack *stack)
{
	return store_list_prefix(stack->rq->tx, STACK_LEFTOVER, resource_key(stack, ""));
}

/* Where a document of either kind is kept. */
static const char *place_of(struct stack *stack, const json_t *resource, const char **ret_kind)
{
	int64_t number = json_int_or(resource, "_Leftover", 0);

	*ret_kind = number > 0 ? STACK_LEFTOVER : STACK_RESOURCE;
	return number > 0 ? rq_fmt(stack->rq, "%s|%09lld", stack->id, (long long)number)
			  : resource_key(stack, json_str(resource, "LogicalResourceId"));
}

void stack_leave(struct stack *stack, const json_t *resource, const char *policy)
{
	json_t *leftover = rq_copy(stack->rq, resource);

	json_drop(leftover, "_Before");
	json_set_str(leftover, "_Policy", policy);
	json_set_int(leftover, "_Leftover",
		     store_next(stack->rq->tx, resource_key(stack, STACK_LEFTOVER)));
	stack_keep_resource(stack, leftover);
}

json_t *stack_edit_resource(struct stack *stack, const json_t *resource)
{
	const char *kind, *key = place_of(stack, resource, &kind);

	return store_edit(stack->rq->tx, kind, key);
}

void stack_keep_resource(struct stack *stack, const json_t *resource)
{
	const char *kind, *key = place_of(stack, resource, &kind);

	store_put(stack->rq->tx, kind, key, resource);
}

void stack_drop_resource(struct stack *stack, const json_t *resource)
{
	const char *kind, *key = place_of(stack, resource, &kind);

	store_delete(stack->rq->tx, kind, key);
}

void stack_move_resource(struct stack *stack, json_t *resource, const char *status,
			 const char *reason)
{
	static const char *const shared[] = {"LogicalResourceId", "ResourceType", "ResourceStatus",
					     "ResourceStatusReason"};
	json_t *event = rq_object(stack->rq);

	json_set_str(resource, "ResourceStatus", status);
	json_drop(resource, "ResourceStatusReason");
	json_set_str(resource, "ResourceStatusReason", reason);
	json_set_time(resource, "Timestamp", stack->rq->now);
	json_set_time(resource, "LastUpdatedTimestamp", stack->rq->now);
	stack_keep_resource(stack, resource);

	for (size_t i = 0; i < array_len(shared); i++)
		json_set_str(event, shared[i], json_str(resource, shared[i]));
	json_set_str(event, "PhysicalResourceId", json_str_or(resource, "PhysicalResourceId", ""));
	json_set_str(event, "ResourceProperties", json_str(resource, "_Shown"));
	add_event(stack, event);
}

bool resource_status_is(const json_t *resource, const char *status)
{
	return strcmp(json_str_or(resource, "ResourceStatus", ""), status) == 0;
}

static bool ends(const char *text, const char *end)
{
	size_t len = strlen(text), end_len = strlen(end);

	return len >= end_len && strcmp(text + len - end_len, end) == 0;
}

bool resource_status_ends(const json_t *resource, const char *end)
{
	return ends(json_str_or(resource, "ResourceStatus", ""), end);
}

bool stack_status_ends(const struct stack *stack, const char *end)
{
	return ends(stack_status(stack), end);
}

bool resource_is_same(const json_t *one, const json_t *other)
{
	const char *id = json_str(one, "PhysicalResourceId");

	return id && strcmp(id, json_str_or(other, "PhysicalResourceId", "")) == 0;
}

json_t *stack_push_view(json_t *array, const json_t *document, const char *const *names)
{
	json_t *view = json_push_object(array);

	for (; *names; names++)
		if (json_has(document, *names))
			json_set(view, *names, json_get(document, *names));
	return view;
}
