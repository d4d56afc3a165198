/*
 * stack_create.c - a stack comes up: whatever waits for nobody is made, until all is there.
 *
 * One resource's creation and the record of it are one transaction, so that nothing is ever made
 * twice. What fails ends the creation of all: AWS cancels what is on its way and rolls back.
 */
#include "lab/services/cloudformation/stack.h"

#include <string.h>

static void take_down(struct stack *stack, const char *status, const char *why)
{
	json_set_bool(stack->document, "_RollingBack", true);
	stack_move(stack, status, why);
	stack_wake(stack);
}

/* The stack cannot come up: rolled back, deleted or left as it is, as its maker wished. */
static void fail(struct stack *stack, const char *why)
{
	const char *wish = json_str_or(stack->document, "_OnFailure", "ROLLBACK");
	struct request *rq = stack->rq;

	if (strcmp(wish, "ROLLBACK") == 0) {
		take_down(stack, "ROLLBACK_IN_PROGRESS",
			  rq_fmt(rq, "%s. Rollback requested by user.", why));
	} else if (strcmp(wish, "DELETE") == 0) {
		take_down(stack, "DELETE_IN_PROGRESS",
			  rq_fmt(rq, "%s. Delete requested by user.", why));
	} else {
		stack_move(stack, "CREATE_FAILED", rq_fmt(rq, "%s. ", why));
		stack_rest(stack);
	}
}

/* What is still on its way is given up; the failed ones are named. */
static void fail_resources(struct stack *stack)
{
	AUTO_BUF struct buf names = {0};
	const json_t *element;
	size_t i;

	json_each (stack_resources(stack), i, element) {
		const char *id = json_str(element, "LogicalResourceId");
		json_t *resource = stack_resource(stack, id);

		if (resource_status_is(resource, "CREATE_IN_PROGRESS"))
			stack_move_resource(stack, resource, "CREATE_FAILED",
					    "Resource creation cancelled");
		if (resource_status_is(resource, "CREATE_FAILED"))
			buf_fmt(&names, "%s%s", names.len > 0 ? ", " : "", id);
	}
	fail(stack, rq_fmt(stack->rq, "The following resource(s) failed to create: [%s]",
			   buf_text(&names)));
}

/* Names of imports are known before any resource is. */
static const char *record_imports(struct stack *stack)
{
	struct scope scope = stack_scope(stack, false);
	struct request *rq = stack->rq;
	const json_t *imports, *argument, *resource;
	json_t *trees = rq_array(rq), *import = rq_object(rq);
	const char *id;
	size_t i;

	scope.ref = NULL;
	scope.get_att = NULL;
	json_set_str(import, "StackName", stack->name);
	json_each_member (json_get(stack->template, "Resources"), id, resource)
		if (template_included(resource, scope.conditions))
			json_push(trees, json_get(resource, "Properties"));
	json_each_member (json_get(stack->template, "Outputs"), id, resource)
		if (template_included(resource, scope.conditions))
			json_push(trees, resource);
	imports = template_imports(rq->arena, trees);
	json_each (imports, i, argument) {
		const char *name = scope_text(&scope, argument, "the name of Fn::ImportValue");

		if (name && !store_has(rq->tx, STACK_EXPORT, name))
			scope_fail(&scope, "No export named %s found", name);
		if (scope.error)
			return scope.error;
		store_put(rq->tx, STACK_IMPORT, rq_fmt(rq, "%s|%s", name, stack->id), import);
	}
	return NULL;
}

static json_t *new_resource(struct stack *stack, const char *logical_id)
{
	const json_t *declaration = json_get(json_get(stack->template, "Resources"), logical_id);
	json_t *resource = rq_object(stack->rq);

	json_set_str(resource, "StackId", stack->id);
	json_set_str(resource, "StackName", stack->name);
	json_set_str(resource, "LogicalResourceId", logical_id);
	json_set_str(resource, "ResourceType", json_str(declaration, "Type"));
	json_set_str(json_add_object(resource, "DriftInformation"), "StackResourceDriftStatus",
		     "NOT_CHECKED");
	if (json_has(declaration, "Metadata")) {
		AUTO_FREE char *text = json_text(json_get(declaration, "Metadata"));

		json_set_str(resource, "Metadata", text);
	}
	json_set(resource, "_DependsOn",
		 json_get(json_get(stack->document, "_Dependencies"), logical_id));
	json_set_str(resource, "_DeletionPolicy", json_str(declaration, "DeletionPolicy"));
	return resource;
}

/* The properties as events show them: secrets by reference, NoEcho parameters as ****. */
static void set_shown(struct stack *stack, json_t *resource, const json_t *declared)
{
	struct scope scope = stack_scope(stack, true);
	AUTO_JSON json_t *shown = scope_resolve(&scope, declared);
	AUTO_FREE char *text = shown ? json_text(shown) : NULL;

	json_set_str(resource, "_Shown", text);
}

/* Makes it. NULL, or why not. */
static const char *create(struct stack *stack, json_t *resource, const json_t *declared)
{
	struct scope scope = stack_scope(stack, false);
	AUTO_JSON json_t *props = scope_resolve(&scope, declared);
	AUTO_JSON json_t *clear = NULL;
	const char *error = NULL;

	if (!props)
		return scope.error;
	clear = stack_resolve_references(stack, props, &error);
	if (!clear)
		return error;
	json_set(resource, "_Props", props);
	/* The provider may keep what it was given in the request's answers. */
	return provider_create(stack, resource, rq_copy(stack->rq, clear));
}

/* Is it there? Moves it on. False: it failed. */
static bool settle(struct stack *stack, json_t *resource)
{
	bool there;
	const char *reason = provider_settled(stack, resource, &there);

	if (reason)
		stack_move_resource(stack, resource, "CREATE_FAILED", reason);
	else if (there)
		stack_move_resource(stack, resource, "CREATE_COMPLETE", NULL);
	return !reason;
}

static bool start(struct stack *stack, const char *logical_id)
{
	const json_t *declaration = json_get(json_get(stack->template, "Resources"), logical_id);
	json_t *resource = new_resource(stack, logical_id), *none = rq_object(stack->rq);
	const json_t *declared = json_get(declaration, "Properties");
	const char *reason;

	declared = declared ? declared : none;
	set_shown(stack, resource, declared);
	stack_move_resource(stack, resource, "CREATE_IN_PROGRESS", NULL);
	reason = create(stack, resource, declared);
	if (reason) {
		stack_move_resource(stack, resource, "CREATE_FAILED", reason);
		return false;
	}
	stack_move_resource(stack, resource, "CREATE_IN_PROGRESS", "Resource creation Initiated");
	return settle(stack, resource);
}

static bool is_ready(const json_t *states, const json_t *waits)
{
	const json_t *id;
	size_t i;

	json_each (waits, i, id)
		if (strcmp(json_str_or(states, json_string_value(id), ""), "CREATE_COMPLETE") != 0)
			return false;
	return true;
}

/* Logical id → status of what was started. */
static json_t *states_of(struct stack *stack)
{
	json_t *states = rq_object(stack->rq);
	const json_t *resource;
	size_t i;

	json_each (stack_resources(stack), i, resource)
		json_set_str(states, json_str(resource, "LogicalResourceId"),
			     json_str(resource, "ResourceStatus"));
	return states;
}

static bool settle_all(struct stack *stack)
{
	const json_t *resource;
	size_t i;

	json_each (stack_resources(stack), i, resource)
		if (resource_status_is(resource, "CREATE_IN_PROGRESS") &&
		    !settle(stack, stack_resource(stack, json_str(resource, "LogicalResourceId"))))
			return false;
	return true;
}

/* Starts whatever is ready, and what that made ready, and so on. False: one failed. */
static bool start_all(struct stack *stack, json_t *states)
{
	const json_t *dependencies = json_get(stack->document, "_Dependencies"), *waits;
	bool moved = true;
	const char *id;

	while (moved) {
		moved = false;
		json_each_member (dependencies, id, waits) {
			if (json_has(states, id) || !is_ready(states, waits))
				continue;
			if (!start(stack, id))
				return false;
			json_set_str(states, id,
				     json_str(stack_resource(stack, id), "ResourceStatus"));
			moved = true;
		}
	}
	return true;
}

/* An output's value and its export. NULL, or why it cannot be. */
static const char *add_output(struct stack *stack, struct scope *scope, const char *name,
			      const json_t *declared, json_t *outputs)
{
	json_t *output = json_push_object(outputs), *export;
	const char *value = scope_text(scope, json_get(declared, "Value"),
				       "the Value field of every Outputs member");
	const char *export_name, *other;
	struct request *rq = stack->rq;

	if (!value)
		return scope->error;
	json_set_str(output, "OutputKey", name);
	json_set_str(output, "OutputValue", value);
	json_set_str(output, "Description", json_str(declared, "Description"));
	if (!json_has(declared, "Export"))
		return NULL;
	export_name = scope_text(scope, json_get(json_get(declared, "Export"), "Name"),
				 "the Name of an Export");
	if (!export_name)
		return scope->error;
	other = json_str(store_get(rq->tx, STACK_EXPORT, export_name), "ExportingStackId");
	if (other)
		return rq_fmt(rq, "Export with name %s is already exported by stack %s",
			      export_name,
			      json_str_or(store_get(rq->tx, STACK, other), "StackName", other));
	json_set_str(output, "ExportName", export_name);
	export = rq_object(rq);
	json_set_str(export, "ExportingStackId", stack->id);
	json_set_str(export, "Name", export_name);
	json_set_str(export, "Value", value);
	store_put(rq->tx, STACK_EXPORT, export_name, export);
	return NULL;
}

static const char *add_outputs(struct stack *stack)
{
	struct scope scope = stack_scope(stack, false);
	json_t *outputs = rq_array(stack->rq);
	const json_t *declared;
	const char *name, *error = NULL;

	json_each_member (json_get(stack->template, "Outputs"), name, declared)
		if (!error && template_included(declared, scope.conditions))
			error = add_output(stack, &scope, name, declared, outputs);
	if (!error && json_array_size(outputs) > 0)
		json_set(stack->document, "Outputs", outputs);
	return error;
}

static void complete(struct stack *stack)
{
	const char *error;

	tx_savepoint(stack->rq->tx);
	error = add_outputs(stack);
	if (error) {
		/* Exports of the first outputs go with those of the one that failed. */
		tx_undo(stack->rq->tx);
		fail(stack, error);
		return;
	}
	tx_release(stack->rq->tx);
	stack_move(stack, "CREATE_COMPLETE", NULL);
	stack_rest(stack);
}

static bool all_there(struct stack *stack, const json_t *states)
{
	const json_t *waits;
	const char *id;

	json_each_member (json_get(stack->document, "_Dependencies"), id, waits)
		if (strcmp(json_str_or(states, id, ""), "CREATE_COMPLETE") != 0)
			return false;
	return true;
}

static bool out_of_time(struct stack *stack)
{
	msec most = json_int_or(stack->document, "TimeoutInMinutes", 0) * MINUTE;
	lab_ms since = json_time_or(stack->document, "CreationTime", stack->rq->now);

	return most > 0 && stack->rq->now.ms - since.ms > most;
}

bool stack_create_on(struct stack *stack)
{
	json_t *states;
	const char *error;

	stack_read_template(stack);
	if (json_array_size(stack_resources(stack)) == 0) {
		error = record_imports(stack);
		if (error) {
			fail(stack, error);
			return false;
		}
	}
	if (!settle_all(stack)) {
		fail_resources(stack);
		return false;
	}
	states = states_of(stack);
	if (!start_all(stack, states)) {
		fail_resources(stack);
		return false;
	}
	if (all_there(stack, states)) {
		complete(stack);
		return false;
	}
	if (out_of_time(stack)) {
		fail_resources(stack);
		return false;
	}
	return true;
}
