/*
 * changes.c - what a plan would change in a stack, told before it is done.
 *
 * Declarations are compared as far as the template alone says them. What refers to a resource that
 * changes may change with it: AWS calls that Dynamic, and so do we. An update itself compares values.
 */
#include "lab/services/cloudformation/changes.h"

#include <string.h>

static enum cfn_replaces most(enum cfn_replaces one, enum cfn_replaces other)
{
	return one > other ? one : other;
}

/* Where two values of a property differ: does that replace? Functions count as a whole. */
static enum cfn_replaces difference(struct request *rq, const char *type, const char *path,
				    const json_t *old, const json_t *new)
{
	enum cfn_replaces answer = cfn_type_replaces(type, path);
	const json_t *argument, *member;
	const char *name;
	size_t i;

	if (json_equal(old, new))
		return CFN_REPLACES_NEVER;
	if (answer == CFN_REPLACES_ALWAYS || function_of(old, &argument) ||
	    function_of(new, &argument))
		return answer;
	if (json_is_object(old) && json_is_object(new)) {
		answer = CFN_REPLACES_NEVER;
		json_each_member (old, name, member)
			answer = most(answer, difference(rq, type, rq_fmt(rq, "%s.%s", path, name),
							 member, json_get(new, name)));
		json_each_member (new, name, member)
			if (!json_get(old, name))
				answer = most(answer,
					      difference(rq, type, rq_fmt(rq, "%s.%s", path, name),
							 NULL, member));
	} else if (json_is_array(old) && json_array_size(old) == json_array_size(new)) {
		answer = CFN_REPLACES_NEVER;
		json_each (old, i, member)
			answer = most(answer, difference(rq, type, path, member, json_at(new, i)));
	}
	return answer;
}

static enum cfn_replaces property_replaces(struct request *rq, const char *type, const char *name,
					   const json_t *old, const json_t *new)
{
	if (json_equal(old, new))
		return CFN_REPLACES_NEVER;
	return provider_updates(rq, type) ? difference(rq, type, name, old, new)
					  : CFN_REPLACES_ALWAYS;
}

/* The names of both objects' members, each once. */
static const json_t *names_of(struct request *rq, const json_t *one, const json_t *other)
{
	json_t *names = rq_object(rq);
	const json_t *member;
	const char *name;

	json_each_member (one, name, member)
		json_set_bool(names, name, true);
	json_each_member (other, name, member)
		json_set_bool(names, name, true);
	return names;
}

enum cfn_replaces change_replaces(struct request *rq, const char *type, const json_t *old_props,
				  const json_t *new_props)
{
	enum cfn_replaces answer = CFN_REPLACES_NEVER;
	const json_t *names = names_of(rq, old_props, new_props), *there;
	const char *name;

	json_each_member (names, name, there)
		answer = most(answer, property_replaces(rq, type, name, json_get(old_props, name),
							json_get(new_props, name)));
	return answer;
}

/* What is found out on the way through the plan. */
struct look {
	struct stack *stack;
	const struct plan *plan;
	struct scope scope;
	json_t *seen; /* logical id → ResourceChange, or {}: nothing changes */
	const char *error;
};

static const json_t *look_at(struct look *look, const char *id);

static json_t *add_detail(json_t *details, const char *attribute, const char *name,
			  enum cfn_replaces replaces)
{
	static const char *const recreation[] = {"Never", "Conditionally", "Always"};
	json_t *detail = json_push_object(details), *target = json_add_object(detail, "Target");

	json_set_str(target, "Attribute", attribute);
	json_set_str(target, "Name", name);
	json_set_str(target, "RequiresRecreation", recreation[replaces]);
	json_set_str(detail, "Evaluation", "Static");
	json_set_str(detail, "ChangeSource", "DirectModification");
	return detail;
}

static void set_cause(json_t *detail, const char *source, const char *evaluation,
		      const char *entity)
{
	json_set_str(detail, "ChangeSource", source);
	json_set_str(detail, "Evaluation", evaluation);
	json_set_str(detail, "CausingEntity", entity);
}

static bool is_new_value(const struct look *look, const char *parameter)
{
	const json_t *value = json_get(look->plan->values, parameter);

	return value &&
	       !json_equal(value, json_get(json_get(look->stack->document, "_Values"), parameter));
}

/* The property itself says something else, by itself or through parameters. */
static void add_direct(struct look *look, json_t *details, const char *name, const json_t *tree,
		       enum cfn_replaces replaces)
{
	const json_t *reference;
	json_t *detail;
	bool by_parameter = false;
	size_t i;

	json_each (template_references(look->scope.arena, look->plan->template,
				       look->plan->conditions, tree ? tree : json_null()),
		   i, reference) {
		const char *parameter = json_str(reference, "Name");

		if (!is_new_value(look, parameter))
			continue;
		set_cause(add_detail(details, "Properties", name, replaces), "ParameterReference",
			  "Static", parameter);
		by_parameter = true;
	}
	detail = add_detail(details, "Properties", name, replaces);
	if (by_parameter)
		json_set_str(detail, "Evaluation", "Dynamic");
}

/* The property refers to what changes. True: it may become another. */
static bool add_dynamic(struct look *look, json_t *details, const char *type, const char *name,
			const json_t *tree)
{
	enum cfn_replaces replaces = provider_updates(look->stack->rq, type)
					     ? cfn_type_replaces(type, name)
					     : CFN_REPLACES_ALWAYS;
	const json_t *reference;
	bool any = false;
	size_t i;

	json_each (template_references(look->scope.arena, look->plan->template,
				       look->plan->conditions, tree ? tree : json_null()),
		   i, reference) {
		const char *id = json_str(reference, "Name");
		const char *attribute = json_str(reference, "Attribute");
		const json_t *other = look_at(look, id);
		const char *replaced = json_str_or(other, "Replacement", "False");

		if (json_object_size(other) == 0 || (!attribute && strcmp(replaced, "False") == 0))
			continue;
		set_cause(add_detail(details, "Properties", name, replaces),
			  attribute ? "ResourceAttribute" : "ResourceReference", "Dynamic",
			  attribute ? rq_fmt(look->stack->rq, "%s.%s", id, attribute) : id);
		any = true;
	}
	return any && replaces != CFN_REPLACES_NEVER;
}

/* Fills in Details of properties; answers Replacement. */
static const char *compare_properties(struct look *look, const json_t *resource,
				      const json_t *declaration, json_t *details)
{
	const json_t *properties = json_get(declaration, "Properties"), *names, *there;
	const json_t *old = json_get(resource, "_Declared");
	const char *type = json_str(declaration, "Type"), *name;
	enum cfn_replaces replaces, all = CFN_REPLACES_NEVER;
	json_t *new =
		scope_reduce(&look->scope, properties ? properties : rq_object(look->stack->rq));

	if (!new) {
		look->error = look->scope.error;
		return "False";
	}
	rq_keep(look->stack->rq, new);
	names = names_of(look->stack->rq, old, new);
	json_each_member (names, name, there) {
		const json_t *tree = json_get(properties, name);

		if (json_equal(json_get(old, name), json_get(new, name))) {
			if (add_dynamic(look, details, type, name, tree))
				all = most(all, CFN_REPLACES_MAYBE);
			continue;
		}
		replaces = property_replaces(look->stack->rq, type, name, json_get(old, name),
					     json_get(new, name));
		add_direct(look, details, name, tree, replaces);
		all = most(all, replaces);
	}
	return all == CFN_REPLACES_ALWAYS  ? "True"
	       : all == CFN_REPLACES_MAYBE ? "Conditional"
					   : "False";
}

static bool same_text(const char *one, const char *other)
{
	return strcmp(one ? one : "", other ? other : "") == 0;
}

/* What the declaration says besides properties. */
static void compare_attributes(struct look *look, const json_t *resource, const json_t *declaration,
			       json_t *scope, json_t *details)
{
	static const char *const policies[][2] = {{"DeletionPolicy", "_DeletionPolicy"},
						  {"UpdateReplacePolicy", "_UpdateReplacePolicy"}};
	const json_t *metadata = json_get(declaration, "Metadata");
	AUTO_FREE char *text = metadata ? json_text(metadata) : NULL;
	const char *type = json_str(declaration, "Type");

	if (json_array_size(details) > 0)
		json_push_str(scope, "Properties");
	if (!json_equal(json_get(resource, "_Tags"), look->plan->tags) && cfn_type_has_tags(type) &&
	    provider_updates(look->stack->rq, type)) {
		json_push_str(scope, "Tags");
		add_detail(details, "Tags", NULL, CFN_REPLACES_NEVER);
	}
	if (!same_text(text, json_str(resource, "Metadata"))) {
		json_push_str(scope, "Metadata");
		add_detail(details, "Metadata", NULL, CFN_REPLACES_NEVER);
	}
	for (size_t i = 0; i < array_len(policies); i++)
		if (!same_text(json_str(declaration, policies[i][0]),
			       json_str(resource, policies[i][1]))) {
			json_push_str(scope, policies[i][0]);
			add_detail(details, policies[i][0], NULL, CFN_REPLACES_NEVER);
		}
}

static const char *policy_action(const char *before, const char *policy)
{
	static const char *const actions[][3] = {{"Retain", "Retain", "ReplaceAndRetain"},
						 {"Snapshot", "Snapshot", "ReplaceAndSnapshot"},
						 {"Delete", "Delete", "ReplaceAndDelete"}};
	bool replaced = strcmp(before, "Modify") == 0;

	for (size_t i = 0; i < array_len(actions); i++)
		if (strcmp(actions[i][0], policy) == 0)
			return actions[i][replaced ? 2 : 1];
	return "Retain"; /* RetainExceptOnCreate */
}

static json_t *describe(struct look *look, const char *action, const char *id, const char *type)
{
	json_t *change = rq_object(look->stack->rq);

	json_set_str(change, "Action", action);
	json_set_str(change, "LogicalResourceId", id);
	json_set_str(change, "ResourceType", type);
	json_add_array(change, "Scope");
	json_add_array(change, "Details");
	return change;
}

static const json_t *compare(struct look *look, const char *id, const json_t *resource)
{
	const json_t *declaration = json_get(json_get(look->plan->template, "Resources"), id);
	json_t *change = describe(look, "Modify", id, json_str(declaration, "Type"));
	json_t *scope = json_object_get(change, "Scope");
	json_t *details = json_object_get(change, "Details");
	const char *replaced = compare_properties(look, resource, declaration, details);

	compare_attributes(look, resource, declaration, scope, details);
	/* One that failed is tried again. */
	if (json_array_size(details) == 0 && !resource_status_ends(resource, "_FAILED"))
		return rq_object(look->stack->rq);
	json_set_str(change, "PhysicalResourceId", json_str(resource, "PhysicalResourceId"));
	json_set_str(change, "Replacement", replaced);
	if (strcmp(replaced, "True") == 0)
		json_set_str(change, "PolicyAction",
			     policy_action("Modify", json_str_or(declaration, "UpdateReplacePolicy",
								 "Delete")));
	return change;
}

/* What becomes of one that the plan has, or of a parameter: {}. Each is looked at once. */
static const json_t *look_at(struct look *look, const char *id)
{
	const json_t *resource, *change = json_get(look->seen, id);

	if (change)
		return change;
	resource = stack_resource(look->stack, id);
	if (!json_has(look->plan->dependencies, id))
		change = rq_object(look->stack->rq);
	else if (!json_has(resource, "PhysicalResourceId") ||
		 resource_status_is(resource, "CREATE_FAILED"))
		change =
			describe(look, "Add", id,
				 json_str(json_get(json_get(look->plan->template, "Resources"), id),
					  "Type"));
	else
		change = compare(look, id, resource);
	json_set(look->seen, id, change);
	return json_get(look->seen, id);
}

static void add_change(json_t *changes, const json_t *change)
{
	json_t *one;

	if (json_object_size(change) == 0)
		return;
	one = json_push_object(changes);
	json_set_str(one, "Type", "Resource");
	json_set(one, "ResourceChange", change);
}

static void add_removed(struct look *look, json_t *changes)
{
	const json_t *resource;
	size_t i;

	json_each (stack_resources(look->stack), i, resource) {
		const char *id = json_str(resource, "LogicalResourceId");
		json_t *change;

		if (json_has(look->plan->dependencies, id))
			continue;
		change = describe(look, "Remove", id, json_str(resource, "ResourceType"));
		json_set_str(change, "PhysicalResourceId",
			     json_str(resource, "PhysicalResourceId"));
		json_set_str(change, "PolicyAction",
			     policy_action("Remove",
					   json_str_or(resource, "_DeletionPolicy", "Delete")));
		add_change(changes, change);
	}
}

const json_t *changes_of(struct stack *stack, const struct plan *plan, const char **ret_error)
{
	struct look look = {
		.stack = stack,
		.plan = plan,
		.scope = plan_scope(stack->rq, plan),
		.seen = rq_object(stack->rq),
	};
	json_t *changes = rq_array(stack->rq);
	const json_t *waits;
	const char *id;

	json_each_member (plan->dependencies, id, waits)
		add_change(changes, look_at(&look, id));
	add_removed(&look, changes);
	*ret_error = look.error;
	return changes;
}

bool changes_outside(struct stack *stack, const struct plan *plan)
{
	return stack_status_ends(stack, "_FAILED") ||
	       !json_equal(json_get(stack->document, "Tags"), plan->tags) ||
	       !json_equal(json_get(stack->document, "_Outputs"), plan->outputs);
}
