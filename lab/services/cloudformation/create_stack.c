/*
 * create_stack.c - CreateStack: everything that can be wrong with a template is said before the
 * first resource is made.
 */
#include "lab/services/cloudformation/stack.h"
#include "lab/models/ssm.h"

#include <string.h>

#define NAME_MAX_LEN 128

/* What is found out about the template on the way. */
struct plan {
	const char *id, *name;
	const char *text;
	size_t len;
	const json_t *template;
	json_t *parameters; /* DescribeStacks' shape */
	json_t *texts;	    /* name → text, those of the parameter store read */
	json_t *values, *shown;
	const json_t *conditions, *dependencies;
};

static int invalid(struct request *rq, const char *error)
{
	return error ? fault_named(rq, "ValidationError", "%s", error) : 0;
}

static int check_name(struct request *rq, const char *name)
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
	if (store_has(rq->tx, STACK_NAME, name))
		return fault(rq, CLOUDFORMATION_AlreadyExistsException, "Stack [%s] already exists",
			     name);
	return 0;
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

static int read_parameters(struct request *rq, const json_t *in, const struct principal *as,
			   struct plan *plan)
{
	const json_t *declarations = json_get(plan->template, "Parameters"), *text;
	const json_t *texts = NULL;
	json_t *masked = rq_object(rq);
	const char *name, *value;
	int err;

	err = invalid(
		rq, parameters_read(rq->arena, plan->template, json_get(in, "Parameters"), &texts));
	if (err)
		return err;
	plan->parameters = rq_array(rq);
	plan->texts = rq_object(rq);
	json_each_member (texts, name, text) {
		const json_t *declaration = json_get(declarations, name);
		bool secret = strcmp(json_str_or(declaration, "NoEcho", "false"), "true") == 0 ||
			      json_bool_or(declaration, "NoEcho", false);
		json_t *parameter = json_push_object(plan->parameters);

		value = json_string_value(text);
		json_set_str(parameter, "ParameterKey", name);
		json_set_str(parameter, "ParameterValue", secret ? "****" : value);
		if (parameter_is_ssm(declaration)) {
			err = fetch(rq, as, value, &value);
			if (err)
				return err;
			json_set_str(parameter, "ResolvedValue", secret ? "****" : value);
		}
		json_set_str(plan->texts, name, value);
		json_set_str(masked, name, secret ? "****" : value);
	}
	plan->values = rq_copy(rq, parameters_values(rq->arena, plan->template, plan->texts));
	plan->shown = rq_copy(rq, parameters_values(rq->arena, plan->template, masked));
	return 0;
}

static int decide(struct request *rq, const json_t *in, struct plan *plan)
{
	struct scope scope = {
		.arena = rq->arena,
		.template = plan->template,
		.parameters = plan->values,
		.pseudo = stack_pseudo(rq, plan->id, plan->name, json_get(in, "NotificationARNs")),
		.zones = stack_zones(rq),
	};
	int err;

	err = invalid(rq, scope_conditions(&scope, &plan->conditions));
	if (!err)
		err = invalid(rq, template_dependencies(rq->arena, plan->template, plan->conditions,
							&plan->dependencies));
	if (!err)
		err = invalid(rq, scope_rules(&scope));
	return err;
}

/* As whom the stack will act: its role, which the caller must be allowed to pass, or the caller. */
static int acting(struct request *rq, const json_t *in, const struct principal **ret_as)
{
	const char *role = json_str(in, "RoleARN");
	int err;

	if (!role) {
		*ret_as = rq->caller;
		return 0;
	}
	err = pass_role(rq, role, "cloudformation.amazonaws.com");
	if (err)
		return err;
	*ret_as = principal_role(rq, role, "AWSCloudFormation");
	if (!*ret_as)
		return fault_named(rq, "ValidationError", "Role %s is invalid or cannot be assumed",
				   role);
	return 0;
}

static int make_plan(struct request *rq, const json_t *in, struct plan *plan)
{
	const struct principal *as = NULL;
	int err;

	err = acting(rq, in, &as);
	if (!err)
		err = template_of_call(rq, in, &plan->text, &plan->len);
	if (!err)
		err = invalid(rq, template_read(rq->arena, plan->text, plan->len, &plan->template));
	if (!err)
		err = read_parameters(rq, in, as, plan);
	if (!err)
		err = decide(rq, in, plan);
	if (!err)
		err = check_types(rq, plan->template);
	if (!err)
		err = check_capabilities(rq, in, plan->template);
	return err;
}

static const char *on_failure(const json_t *in)
{
	if (json_bool_or(in, "DisableRollback", false))
		return "DO_NOTHING";
	return json_str_or(in, "OnFailure", "ROLLBACK");
}

static json_t *new_stack(struct request *rq, const json_t *in, const struct plan *plan)
{
	static const char *const copied[] = {
		"NotificationARNs", "Capabilities",	"Tags",
		"RoleARN",	    "TimeoutInMinutes", "RollbackConfiguration"};
	static const char *const lists[] = {"NotificationARNs", "Capabilities", "Tags", "Outputs"};
	json_t *stack = rq_object(rq);

	json_set_str(stack, "StackId", plan->id);
	json_set_str(stack, "StackName", plan->name);
	json_set_str(stack, "Description", json_str(plan->template, "Description"));
	json_set(stack, "Parameters", plan->parameters);
	json_set_time(stack, "CreationTime", rq->now);
	json_add_object(stack, "RollbackConfiguration");
	for (size_t i = 0; i < array_len(lists); i++)
		json_add_array(stack, lists[i]);
	for (size_t i = 0; i < array_len(copied); i++)
		if (json_has(in, copied[i]))
			json_set(stack, copied[i], json_get(in, copied[i]));
	json_set_bool(stack, "DisableRollback", strcmp(on_failure(in), "DO_NOTHING") == 0);
	json_set_bool(stack, "EnableTerminationProtection",
		      json_bool_or(in, "EnableTerminationProtection", false));
	json_set_str(json_add_object(stack, "DriftInformation"), "StackDriftStatus", "NOT_CHECKED");
	json_set(stack, "_Values", plan->values);
	json_set(stack, "_Shown", plan->shown);
	json_set(stack, "_Conditions", plan->conditions);
	json_set(stack, "_Dependencies", plan->dependencies);
	json_set_str(stack, "_Caller", rq->caller->arn);
	json_set_str(stack, "_OnFailure", on_failure(in));
	json_set_str(stack, "_Token", json_str(in, "ClientRequestToken"));
	return stack;
}

/* What asks for a thing that the lab does not do must not be taken in silence. */
static int check_refused(struct request *rq, const json_t *in)
{
	static const char *const refused[] = {"StackPolicyBody", "StackPolicyURL", "ResourceTypes"};

	for (size_t i = 0; i < array_len(refused); i++)
		if (json_has(in, refused[i]))
			return fault_named(rq, "ValidationError", "%s is not in the lab",
					   refused[i]);
	if (json_array_size(json_get(in, "NotificationARNs")) > 0)
		return fault_named(rq, "ValidationError", "NotificationARNs is not in the lab");
	if (json_array_size(json_path(in, "RollbackConfiguration.RollbackTriggers")) > 0)
		return fault_named(rq, "ValidationError", "RollbackTriggers is not in the lab");
	return 0;
}

int cloudformation_create_stack(struct request *rq, const json_t *in, json_t *out)
{
	const char *name = json_str_or(in, "StackName", "");
	struct plan plan = {.name = name};
	json_t *index = rq_object(rq), *body = rq_object(rq);
	struct stack stack;
	int err;

	if (json_bool_or(in, "DisableRollback", false) && json_has(in, "OnFailure"))
		return fault_named(rq, "ValidationError",
				   "You cannot specify both DisableRollback and OnFailure");
	err = check_name(rq, name);
	if (!err)
		err = check_refused(rq, in);
	if (err)
		return err;
	plan.id = rq_arn(rq, "cloudformation", rq_fmt(rq, "stack/%s/%s", name, id_uuid(rq)));
	err = make_plan(rq, in, &plan);
	if (err)
		return err;

	json_give(body, "Body", json_stringn(plan.text, plan.len));
	store_put(rq->tx, STACK_TEMPLATE, plan.id, body);
	json_set_str(index, "StackId", plan.id);
	store_put(rq->tx, STACK_NAME, name, index);
	store_put(rq->tx, STACK, plan.id, new_stack(rq, in, &plan));
	stack_open(rq, plan.id, &stack);
	stack_move(&stack, "CREATE_IN_PROGRESS", "User Initiated");
	stack_wake(&stack);
	json_set_str(out, "StackId", plan.id);
	return 0;
}
