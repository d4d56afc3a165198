/*
 * plan.c - what a call wants a stack to be.
 */
#include "lab/services/cloudformation/plan.h"
#include "lab/models/ssm.h"
#include "lab/services/cloudformation/types.h"

#include <string.h>

#define NAME_MAX_LEN 128

static int invalid(struct request *rq, const char *error)
{
	return error ? fault_named(rq, "ValidationError", "%s", error) : 0;
}

int plan_check_name(struct request *rq, const char *name)
{
	static const char letters[] =
		"-ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

	if (strlen(name) > NAME_MAX_LEN)
		return fault_named(
			rq, "ValidationError",
			"1 validation error detected: Value '%s' at 'stackName' failed to "
			"satisfy constraint: Member must have length less than or equal "
			"to 128",
			name);
	if (*name == '-' || (*name >= '0' && *name <= '9') || !*name ||
	    strspn(name, letters) != strlen(name))
		return fault_named(
			rq, "ValidationError",
			"1 validation error detected: Value '%s' at 'stackName' failed to "
			"satisfy constraint: Member must satisfy regular expression "
			"pattern: [a-zA-Z][-a-zA-Z0-9]*",
			name);
	return 0;
}

int plan_check_refused(struct request *rq, const json_t *in)
{
	static const char *const refused[] = {"StackPolicyBody",
					      "StackPolicyURL",
					      "StackPolicyDuringUpdateBody",
					      "StackPolicyDuringUpdateURL",
					      "ResourceTypes",
					      "ResourcesToImport"};

	for (size_t i = 0; i < array_len(refused); i++)
		if (json_has(in, refused[i]))
			return fault_named(rq, "ValidationError", "%s is not in the lab",
					   refused[i]);
	if (json_array_size(json_get(in, "NotificationARNs")) > 0)
		return fault_named(rq, "ValidationError", "NotificationARNs is not in the lab");
	if (json_array_size(json_path(in, "RollbackConfiguration.RollbackTriggers")) > 0)
		return fault_named(rq, "ValidationError", "RollbackTriggers is not in the lab");
	/* `cdk bootstrap` always wishes ImportExistingResources. Here nothing is imported: a resource whose
	 * name is taken fails, and says so. */
	return 0;
}

int plan_check_role(struct request *rq, const json_t *in)
{
	const char *role = json_str(in, "RoleARN");
	int err = role ? pass_role(rq, role, "cloudformation.amazonaws.com") : 0;

	if (!err && role && !principal_role(rq, role, "AWSCloudFormation"))
		return fault_named(rq, "ValidationError", "Role %s is invalid or cannot be assumed",
				   role);
	return err;
}

/* As whom the stack will act: its role, or the caller. */
static const struct principal *acting(struct request *rq, const json_t *in, struct stack *old)
{
	const char *role = json_str(in, "RoleARN");

	if (!role && old)
		role = json_str(old->document, "RoleARN");
	return role ? principal_role(rq, role, "AWSCloudFormation") : rq->caller;
}

static int check_types(struct request *rq, const json_t *template)
{
	AUTO_BUF struct buf text = {0};
	json_t *unknown = rq_array(rq);
	const json_t *resource, *type;
	const char *id;
	size_t i;

	json_each_member (json_get(template, "Resources"), id, resource) {
		const char *name = json_str_or(resource, "Type", "");

		if (!provider_exists(rq, name) && !json_list_has(unknown, name))
			json_push_str(unknown, name);
	}
	json_each (unknown, i, type)
		buf_fmt(&text, "%s%s", i > 0 ? ", " : "", json_string_value(type));
	if (text.len == 0)
		return 0;
	return fault_named(rq, "ValidationError",
			   "Template format error: Unrecognized resource types: [%s] %s not in the "
			   "lab",
			   buf_text(&text), json_array_size(unknown) > 1 ? "are" : "is");
}

/* A logical id keeps its type for as long as it lives. */
static int check_same_types(struct stack *old, const json_t *template)
{
	AUTO_BUF struct buf text = {0};
	const json_t *element;
	size_t i;

	json_each (stack_resources(old), i, element) {
		const char *id = json_str(element, "LogicalResourceId");
		const char *type = json_str(json_get(json_get(template, "Resources"), id), "Type");

		if (type && strcmp(type, json_str_or(element, "ResourceType", "")) != 0)
			buf_fmt(&text, "%s%s", text.len > 0 ? ", " : "", id);
	}
	if (text.len == 0)
		return 0;
	return fault_named(old->rq, "ValidationError",
			   "Update of resource type is not permitted. The new template modifies "
			   "resource type of the following resources: [%s]",
			   buf_text(&text));
}

static int check_policies(struct request *rq, const json_t *template)
{
	static const char *const policies[] = {"DeletionPolicy", "UpdateReplacePolicy"};
	const json_t *resource;
	const char *id;

	json_each_member (json_get(template, "Resources"), id, resource) {
		const char *type = json_str_or(resource, "Type", "");

		for (size_t i = 0; i < array_len(policies); i++)
			if (strcmp(json_str_or(resource, policies[i], ""), "Snapshot") == 0 &&
			    !provider_snapshots(rq, type))
				return fault_named(
					rq, "ValidationError",
					"Template error: resource type %s does not support %s "
					"Snapshot",
					type, policies[i]);
	}
	return 0;
}

static int check_attributes(struct request *rq, const struct plan *plan)
{
	const json_t *references, *reference;
	size_t i;

	references = template_references(rq->arena, plan->template, plan->conditions, NULL);
	json_each (references, i, reference) {
		const char *id = json_str(reference, "Name");
		const char *attribute = json_str(reference, "Attribute");
		const json_t *resource = json_get(json_get(plan->template, "Resources"), id);

		if (attribute && resource &&
		    !cfn_type_has_attribute(json_str(resource, "Type"), attribute))
			return fault_named(rq, "ValidationError",
					   "Template error: resource %s does not support attribute "
					   "type %s in Fn::GetAtt",
					   id, attribute);
	}
	return 0;
}

static int check_capabilities(struct request *rq, const json_t *in, const json_t *template)
{
	json_t *needed = rq_array(rq), *types = rq_array(rq);
	const json_t *given = json_get(in, "Capabilities");
	const char *need;

	template_capabilities(template, needed, types);
	need = json_string_value(json_at(needed, 0));
	if (!need || json_list_has(given, need) || json_list_has(given, "CAPABILITY_NAMED_IAM"))
		return 0;
	return fault(rq, CLOUDFORMATION_InsufficientCapabilitiesException,
		     "Requires capabilities : [%s]", need);
}

/* The value of a parameter that stands in the parameter store. */
static int fetch(struct request *rq, const struct principal *as, const char *name,
		 const char **ret_value)
{
	json_t *in = rq_object(rq), *out = rq_object(rq);

	json_set_str(in, "Name", name);
	if (aws_call(rq, as, &ssm_model, SSM_GetParameter, in, out)) {
		if (strcmp(rq->called.code, "ParameterNotFound") != 0)
			return fault_pass(rq);
		return fault_named(rq, "ValidationError",
				   "Unable to fetch parameters [%s] from parameter store for this "
				   "account.",
				   name);
	}
	*ret_value = json_path_str(out, "Parameter.Value");
	return 0;
}

/* UsePreviousValue becomes the value that the stack has. */
static const json_t *with_previous(struct request *rq, const json_t *given, struct stack *old)
{
	const json_t *texts = old ? json_get(old->document, "_Texts") : NULL;
	json_t *copy = rq_copy(rq, given ? given : rq_array(rq)), *parameter;
	size_t i;

	json_array_foreach (copy, i, parameter) {
		const char *text = json_str(texts, json_str_or(parameter, "ParameterKey", ""));

		if (!text || !json_bool_or(parameter, "UsePreviousValue", false))
			continue;
		json_drop(parameter, "UsePreviousValue");
		json_set_str(parameter, "ParameterValue", text);
	}
	return copy;
}

/* One parameter of the plan, whose text is given. */
static int add_parameter(struct request *rq, const struct principal *as, struct plan *plan,
			 const char *name, const char *text, json_t *masked)
{
	const json_t *declaration = json_get(json_get(plan->template, "Parameters"), name);
	bool secret = parameter_is_secret(declaration);
	json_t *parameter = json_push_object(plan->parameters);
	int err;

	json_set_str(parameter, "ParameterKey", name);
	json_set_str(parameter, "ParameterValue", secret ? "****" : text);
	if (parameter_is_ssm(declaration)) {
		err = fetch(rq, as, text, &text);
		if (err)
			return err;
		json_set_str(parameter, "ResolvedValue", secret ? "****" : text);
	}
	json_set_str(plan->texts, name, text);
	json_set_str(masked, name, secret ? "****" : text);
	return 0;
}

static int read_parameters(struct request *rq, const json_t *in, struct stack *old,
			   struct plan *plan)
{
	const struct principal *as = acting(rq, in, old);
	const json_t *given = NULL, *text;
	json_t *masked = rq_object(rq);
	const char *name;
	int err;

	if (!as)
		return fault_named(rq, "ValidationError", "Role %s is invalid or cannot be assumed",
				   json_str_or(old->document, "RoleARN", ""));
	err = invalid(rq,
		      parameters_read(rq->arena, plan->template,
				      with_previous(rq, json_get(in, "Parameters"), old), &given));
	plan->parameters = rq_array(rq);
	plan->texts = rq_object(rq);
	json_each_member (given, name, text)
		if (!err)
			err = add_parameter(rq, as, plan, name, json_string_value(text), masked);
	if (err)
		return err;
	plan->given = rq_copy(rq, given);
	plan->values = rq_copy(rq, parameters_values(rq->arena, plan->template, plan->texts));
	plan->shown = rq_copy(rq, parameters_values(rq->arena, plan->template, masked));
	return 0;
}

struct scope plan_scope(struct request *rq, const struct plan *plan)
{
	return (struct scope){
		.arena = rq->arena,
		.template = plan->template,
		.parameters = plan->values,
		.pseudo = stack_pseudo(rq, plan->id, plan->name, NULL),
		.conditions = plan->conditions,
		.zones = stack_zones(rq),
	};
}

static int reduce_outputs(struct request *rq, struct plan *plan)
{
	struct scope scope = plan_scope(rq, plan);
	json_t *outputs = rq_object(rq), *value;
	const json_t *output;
	const char *name;

	json_each_member (json_get(plan->template, "Outputs"), name, output) {
		if (!template_included(output, plan->conditions))
			continue;
		value = scope_reduce(&scope, output);
		if (!value)
			return invalid(rq, scope.error);
		json_give(outputs, name, value);
	}
	plan->outputs = outputs;
	return 0;
}

static int decide(struct request *rq, struct plan *plan)
{
	struct scope scope = plan_scope(rq, plan);
	int err;

	err = invalid(rq, scope_conditions(&scope, &plan->conditions));
	if (!err)
		err = invalid(rq, template_dependencies(rq->arena, plan->template, plan->conditions,
							&plan->dependencies));
	if (!err)
		err = invalid(rq, scope_rules(&scope));
	if (!err)
		err = reduce_outputs(rq, plan);
	return err;
}

static int read_template(struct request *rq, const json_t *in, struct stack *old, struct plan *plan)
{
	int err;

	if (plan->text)
		return invalid(rq,
			       template_read(rq->arena, plan->text, plan->len, &plan->template));
	if (json_bool_or(in, "UsePreviousTemplate", false) && old) {
		if (json_has(in, "TemplateBody") || json_has(in, "TemplateURL"))
			return fault_named(
				rq, "ValidationError",
				"You cannot specify both usePreviousTemplate and Template "
				"Body/URL.");
		plan->text = json_str_or(store_get(rq->tx, STACK_TEMPLATE, old->id), "Body", "");
		plan->len = strlen(plan->text);
	} else {
		err = template_of_call(rq, in, &plan->text, &plan->len);
		if (err)
			return err;
	}
	return invalid(rq, template_read(rq->arena, plan->text, plan->len, &plan->template));
}

int plan_make(struct request *rq, const json_t *in, struct stack *old, struct plan *plan)
{
	int err = plan_check_role(rq, in);

	if (!err)
		err = read_template(rq, in, old, plan);
	if (!err)
		err = read_parameters(rq, in, old, plan);
	if (!err)
		err = decide(rq, plan);
	if (!err)
		err = check_types(rq, plan->template);
	if (!err && old)
		err = check_same_types(old, plan->template);
	if (!err)
		err = check_policies(rq, plan->template);
	if (!err)
		err = check_attributes(rq, plan);
	if (!err)
		err = check_capabilities(rq, in, plan->template);
	plan->tags = json_has(in, "Tags") ? json_get(in, "Tags")
		     : old		  ? json_get(old->document, "Tags")
					  : rq_array(rq);
	return err;
}

static const char *on_failure(const json_t *in)
{
	if (json_bool_or(in, "DisableRollback", false))
		return "DO_NOTHING";
	return json_str_or(in, "OnFailure", json_str_or(in, "OnStackFailure", "ROLLBACK"));
}

void plan_keep(const struct plan *plan, const json_t *in, struct stack *stack)
{
	static const char *const copied[] = {"Capabilities", "RoleARN", "TimeoutInMinutes",
					     "RollbackConfiguration"};
	json_t *document = stack->document, *body = rq_object(stack->rq);

	for (size_t i = 0; i < array_len(copied); i++)
		if (json_has(in, copied[i]))
			json_set(document, copied[i], json_get(in, copied[i]));
	json_drop(document, "Description");
	json_set_str(document, "Description", json_str(plan->template, "Description"));
	json_set(document, "Parameters", plan->parameters);
	json_set(document, "Tags", plan->tags);
	json_set_bool(document, "DisableRollback", strcmp(on_failure(in), "DO_NOTHING") == 0);
	json_set(document, "_Texts", plan->given);
	json_set(document, "_Values", plan->values);
	json_set(document, "_Shown", plan->shown);
	json_set(document, "_Conditions", plan->conditions);
	json_set(document, "_Dependencies", plan->dependencies);
	json_set(document, "_Outputs", plan->outputs);
	json_set_int(document, "_Walk", json_int_or(document, "_Walk", 0) + 1);
	json_set_str(document, "_OnFailure", on_failure(in));
	json_set_str(document, "_Caller", stack->rq->caller->arn);
	json_drop(document, "_Token");
	json_set_str(document, "_Token", json_str(in, "ClientRequestToken"));
	stack->principal =
		principal_of(stack->rq, json_str_or(document, "RoleARN", stack->rq->caller->arn));

	json_give(body, "Body", json_stringn(plan->text, plan->len));
	store_put(stack->rq->tx, STACK_TEMPLATE, stack->id, body);
	stack->template = plan->template;
}

void plan_new_stack(struct request *rq, const json_t *in, const struct plan *plan)
{
	static const char *const lists[] = {"NotificationARNs", "Capabilities", "Tags", "Outputs",
					    "Parameters"};
	json_t *stack = rq_object(rq), *index = rq_object(rq);

	json_set_str(stack, "StackId", plan->id);
	json_set_str(stack, "StackName", plan->name);
	json_set_time(stack, "CreationTime", rq->now);
	json_add_object(stack, "RollbackConfiguration");
	for (size_t i = 0; i < array_len(lists); i++)
		json_add_array(stack, lists[i]);
	json_set_bool(stack, "DisableRollback", false);
	json_set_bool(stack, "EnableTerminationProtection",
		      json_bool_or(in, "EnableTerminationProtection", false));
	json_set_str(json_add_object(stack, "DriftInformation"), "StackDriftStatus", "NOT_CHECKED");
	json_set_str(stack, "_Caller", rq->caller->arn);
	store_put(rq->tx, STACK, plan->id, stack);

	json_set_str(index, "StackId", plan->id);
	store_put(rq->tx, STACK_NAME, plan->name, index);
}
