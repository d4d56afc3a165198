/*
 * step.c - one resource sets out: it is made, changed in place, replaced, or put back as it was.
 *
 * A resource's change and the record of it are one transaction, so that nothing is ever done twice.
 * What an update changes keeps in _Before what it was, until the whole update has ended.
 */
#include "lab/services/cloudformation/changes.h"
#include "lab/services/cloudformation/stack.h"

#include <string.h>

/* What the template wants of a resource. */
struct wish {
	const char *id, *type;
	const json_t *declaration;
	const json_t *declared; /* its properties, reduced */
	const json_t *props;	/* … resolved */
	const json_t *clear;	/* … and dynamic references too */
};

static int64_t walk_of(const struct stack *stack)
{
	return json_int_or(stack->document, "_Walk", 0);
}

bool step_is_done(const struct stack *stack, const json_t *resource)
{
	return json_int_or(resource, "_Walk", 0) == walk_of(stack);
}

/* To be kept by the caller. */
static void arrive(struct stack *stack, json_t *resource, bool changed)
{
	json_set_int(resource, "_Walk", walk_of(stack));
	json_set_bool(resource, "_Changed", changed);
}

static bool was_made(const json_t *resource)
{
	return json_has(resource, "PhysicalResourceId") &&
	       !resource_status_is(resource, "CREATE_FAILED");
}

static bool fail(struct stack *stack, json_t *resource, const char *reason)
{
	bool creating = !was_made(resource) || resource_status_is(resource, "CREATE_IN_PROGRESS");

	stack_move_resource(stack, resource, creating ? "CREATE_FAILED" : "UPDATE_FAILED", reason);
	return false;
}

bool step_settle(struct stack *stack, json_t *resource)
{
	bool there, creating = resource_status_is(resource, "CREATE_IN_PROGRESS");
	const char *reason = provider_settled(stack, resource, &there);

	if (reason)
		return fail(stack, resource, reason);
	if (there) {
		arrive(stack, resource, true);
		stack_move_resource(stack, resource,
				    creating ? "CREATE_COMPLETE" : "UPDATE_COMPLETE", NULL);
	}
	return true;
}

/* The properties as events show them: secrets by reference, NoEcho parameters as ****. */
static void set_shown(struct stack *stack, json_t *resource, const json_t *declared)
{
	struct scope scope = stack_scope(stack, true);
	AUTO_JSON json_t *shown = scope_resolve(&scope, declared);
	AUTO_FREE char *text = shown ? json_text(shown) : NULL;

	json_set_str(resource, "_Shown", text);
}

static void set_text(json_t *resource, const char *name, const char *text)
{
	json_drop(resource, name);
	json_set_str(resource, name, text);
}

/* What the declaration says besides properties. */
static void describe(struct stack *stack, json_t *resource, const struct wish *wish)
{
	const json_t *metadata = json_get(wish->declaration, "Metadata");
	AUTO_FREE char *text = metadata ? json_text(metadata) : NULL;

	set_text(resource, "Metadata", text);
	set_text(resource, "_DeletionPolicy", json_str(wish->declaration, "DeletionPolicy"));
	set_text(resource, "_UpdateReplacePolicy",
		 json_str(wish->declaration, "UpdateReplacePolicy"));
	json_set(resource, "_DependsOn",
		 json_get(json_get(stack->document, "_Dependencies"), wish->id));
}

static void set_props(struct stack *stack, json_t *resource, const struct wish *wish)
{
	describe(stack, resource, wish);
	json_set(resource, "_Declared", wish->declared);
	json_set(resource, "_Props", wish->props);
	json_set(resource, "_Tags", json_get(stack->document, "Tags"));
}

static json_t *new_resource(struct stack *stack, const struct wish *wish)
{
	json_t *resource = rq_object(stack->rq);

	json_set_str(resource, "StackId", stack->id);
	json_set_str(resource, "StackName", stack->name);
	json_set_str(resource, "LogicalResourceId", wish->id);
	json_set_str(resource, "ResourceType", wish->type);
	json_set_str(json_add_object(resource, "DriftInformation"), "StackResourceDriftStatus",
		     "NOT_CHECKED");
	describe(stack, resource, wish);
	return resource;
}

static const json_t *properties_of(struct stack *stack, const json_t *declaration)
{
	const json_t *declared = json_get(declaration, "Properties");

	return declared ? declared : rq_object(stack->rq);
}

/* Resolved, when it is its turn: what it refers to is there. NULL, or why it cannot be. */
static const char *resolve(struct stack *stack, struct wish *wish)
{
	struct scope scope = stack_scope(stack, false);
	const char *error = NULL;
	json_t *tree;

	tree = scope_resolve(&scope, properties_of(stack, wish->declaration));
	if (!tree)
		return scope.error;
	wish->props = rq_keep(stack->rq, tree);
	tree = stack_resolve_references(stack, wish->props, &error);
	if (!tree)
		return error;
	/* The provider may keep what it is given in the request's answers. */
	wish->clear = rq_keep(stack->rq, tree);
	return cfn_type_check(stack->rq->arena, wish->type, wish->id, wish->clear);
}

static const char *reduce(struct stack *stack, struct wish *wish)
{
	struct scope scope = stack_scope(stack, false);
	json_t *tree = scope_reduce(&scope, properties_of(stack, wish->declaration));

	if (!tree)
		return scope.error;
	wish->declared = rq_keep(stack->rq, tree);
	return NULL;
}

static bool create(struct stack *stack, struct wish *wish)
{
	json_t *resource = new_resource(stack, wish);
	const char *reason;

	set_shown(stack, resource, properties_of(stack, wish->declaration));
	stack_move_resource(stack, resource, "CREATE_IN_PROGRESS", NULL);
	reason = reduce(stack, wish);
	if (!reason)
		reason = resolve(stack, wish);
	if (!reason)
		reason = provider_create(stack, resource, wish->clear);
	if (reason)
		return fail(stack, resource, reason);
	set_props(stack, resource, wish);
	stack_move_resource(stack, resource, "CREATE_IN_PROGRESS", "Resource creation Initiated");
	return step_settle(stack, resource);
}

/* What the resource is now is kept, unless an earlier try of this update did so. */
static void remember(struct stack *stack, json_t *resource)
{
	json_t *before;

	if (json_has(resource, "_Before"))
		return;
	before = rq_copy(stack->rq, resource);
	json_set(resource, "_Before", before);
}

static bool change_in_place(struct stack *stack, json_t *resource, const struct wish *wish)
{
	const char *reason;

	stack_move_resource(stack, resource, "UPDATE_IN_PROGRESS", NULL);
	reason = provider_update(stack, resource, wish->clear, json_get(resource, "_Props"));
	if (reason)
		return fail(stack, resource, reason);
	set_props(stack, resource, wish);
	stack_keep_resource(stack, resource);
	return step_settle(stack, resource);
}

/* A name that it has itself, in the template, stays taken while the old one is there. */
static bool keeps_its_name(const json_t *resource, const struct wish *wish)
{
	const char *property = cfn_type_name_property(wish->type);
	const char *name = property ? json_str(wish->props, property) : NULL;

	return name && strcmp(name, json_str_or(json_get(resource, "_Props"), property, "")) == 0;
}

static bool replace(struct stack *stack, json_t *resource, const struct wish *wish)
{
	const json_t *before = json_get(resource, "_Before");
	json_t *next = new_resource(stack, wish);
	const char *reason;

	stack_move_resource(stack, resource, "UPDATE_IN_PROGRESS",
			    "Requested update requires the creation of a new physical resource; "
			    "hence creating one.");
	if (keeps_its_name(resource, wish))
		reason = rq_fmt(stack->rq,
				"CloudFormation cannot update a stack when a custom-named resource "
				"requires replacing. Rename %s and update the stack again.",
				json_str(resource, "PhysicalResourceId"));
	else
		reason = provider_create(stack, next, wish->clear);
	if (reason)
		return fail(stack, resource, reason);
	/* One that an earlier try of this update made is neither the old nor the new one. */
	if (!resource_is_same(resource, before))
		stack_leave(stack, resource, "Delete");
	json_set(next, "_Before", before);
	json_set_str(next, "_Shown", json_str(resource, "_Shown"));
	set_props(stack, next, wish);
	stack_move_resource(stack, next, "UPDATE_IN_PROGRESS", "Resource creation Initiated");
	return step_settle(stack, next);
}

/* Does it refer to one that this walk has changed? */
static bool follows_others(struct stack *stack, const struct wish *wish)
{
	const json_t *references, *reference;
	size_t i;

	references = template_references(stack->rq->arena, stack->template,
					 json_get(stack->document, "_Conditions"),
					 properties_of(stack, wish->declaration));
	json_each (references, i, reference) {
		const json_t *other = stack_resource(stack, json_str(reference, "Name"));

		if (other && step_is_done(stack, other) && json_bool_or(other, "_Changed", false))
			return true;
	}
	return false;
}

static bool has_new_tags(struct stack *stack, const json_t *resource, const struct wish *wish)
{
	return !json_equal(json_get(resource, "_Tags"), json_get(stack->document, "Tags")) &&
	       cfn_type_has_tags(wish->type) && provider_updates(stack->rq, wish->type);
}

/* Nothing of it is to be changed, only what the stack knows of it. */
static bool pass(struct stack *stack, json_t *resource, const struct wish *wish)
{
	AUTO_FREE char *old = mem_strdup(json_str_or(resource, "Metadata", ""));

	describe(stack, resource, wish);
	json_set(resource, "_Declared", wish->declared);
	arrive(stack, resource, false);
	if (strcmp(old, json_str_or(resource, "Metadata", "")) != 0) {
		stack_move_resource(stack, resource, "UPDATE_IN_PROGRESS", NULL);
		stack_move_resource(stack, resource, "UPDATE_COMPLETE", NULL);
		return true;
	}
	stack_keep_resource(stack, resource);
	return true;
}

static bool update(struct stack *stack, json_t *resource, struct wish *wish)
{
	bool failed = resource_status_ends(resource, "_FAILED");
	bool tags = has_new_tags(stack, resource, wish), same;
	const char *reason = reduce(stack, wish);

	if (!reason && !failed && !tags &&
	    json_equal(wish->declared, json_get(resource, "_Declared")) &&
	    !follows_others(stack, wish))
		return pass(stack, resource, wish);
	if (!reason)
		reason = resolve(stack, wish);
	same = !reason && json_equal(wish->props, json_get(resource, "_Props"));
	if (same && !failed && !tags)
		return pass(stack, resource, wish);

	remember(stack, resource);
	set_shown(stack, resource, properties_of(stack, wish->declaration));
	if (reason) {
		stack_move_resource(stack, resource, "UPDATE_IN_PROGRESS", NULL);
		return fail(stack, resource, reason);
	}
	if (!same && change_replaces(stack->rq, wish->type, json_get(resource, "_Props"),
				     wish->props) == CFN_REPLACES_ALWAYS)
		return replace(stack, resource, wish);
	return change_in_place(stack, resource, wish);
}

bool step_forward(struct stack *stack, const char *logical_id)
{
	const json_t *declaration = json_get(json_get(stack->template, "Resources"), logical_id);
	json_t *resource = stack_resource(stack, logical_id);
	struct wish wish = {
		.id = logical_id,
		.type = json_str(declaration, "Type"),
		.declaration = declaration,
	};

	if (resource && was_made(resource))
		return update(stack, resource, &wish);
	/* One that was made and never came up makes room. */
	if (json_has(resource, "PhysicalResourceId"))
		stack_leave(stack, resource, "Delete");
	return create(stack, &wish);
}

/* It is what it was, without anything being done. */
static void restore(struct stack *stack, json_t *resource)
{
	json_t *before = rq_copy(stack->rq, json_get(resource, "_Before"));

	arrive(stack, before, true);
	stack_move_resource(stack, before, "UPDATE_COMPLETE", NULL);
}

void step_skip(struct stack *stack, const char *logical_id)
{
	json_t *resource = stack_resource(stack, logical_id);

	if (!resource_is_same(resource, json_get(resource, "_Before")))
		stack_leave(stack, resource, "Delete");
	restore(stack, resource);
}

static bool put_back(struct stack *stack, json_t *resource)
{
	json_t *before = rq_copy(stack->rq, json_get(resource, "_Before"));
	const json_t *old = json_get(before, "_Props");
	const char *reason = NULL;
	AUTO_JSON json_t *clear = NULL;

	set_text(resource, "_Shown", json_str(before, "_Shown"));
	stack_move_resource(stack, resource, "UPDATE_IN_PROGRESS", NULL);
	if (!json_equal(json_get(resource, "_Props"), old) ||
	    !json_equal(json_get(resource, "_Tags"), json_get(before, "_Tags"))) {
		clear = stack_resolve_references(stack, old, &reason);
		if (clear)
			reason = provider_update(stack, resource, rq_copy(stack->rq, clear),
						 json_get(resource, "_Props"));
	}
	if (reason)
		return fail(stack, resource, reason);
	json_set_str(before, "ResourceStatus", "UPDATE_IN_PROGRESS");
	json_drop(before, "ResourceStatusReason");
	stack_keep_resource(stack, before);
	return step_settle(stack, before);
}

bool step_back(struct stack *stack, const char *logical_id)
{
	json_t *resource = stack_resource(stack, logical_id);

	if (!json_has(resource, "_Before")) {
		arrive(stack, resource, false);
		stack_keep_resource(stack, resource);
		return true;
	}
	if (resource_is_same(resource, json_get(resource, "_Before")))
		return put_back(stack, resource);
	stack_leave(stack, resource, "Delete");
	restore(stack, resource);
	return true;
}
