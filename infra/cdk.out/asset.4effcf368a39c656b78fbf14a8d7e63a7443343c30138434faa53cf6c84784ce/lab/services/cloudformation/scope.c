/*
 * scope.c - a template's functions ask the stack: physical ids, attributes, exports, zones, secrets.
 */
#include "lab/services/cloudformation/stack.h"
#include "lab/models/ec2.h"
#include "lab/models/secretsmanager.h"
#include "lab/models/ssm.h"

#include <string.h>

#define REFERENCES_MAX 60 /* dynamic references in a template: AWS's limit */

const json_t *stack_zones(struct request *rq)
{
	json_t *out = rq_object(rq), *names = rq_array(rq);
	const json_t *zone;
	size_t i;

	if (aws_call(rq, principal_service(rq, "cloudformation.amazonaws.com"), &ec2_model,
		     EC2_DescribeAvailabilityZones, NULL, out) == 0)
		json_each (json_get(out, "AvailabilityZones"), i, zone)
			json_push_str(names, json_str(zone, "ZoneName"));
	return names;
}

const json_t *stack_pseudo(struct request *rq, const char *id, const char *name,
			   const json_t *notification_arns)
{
	json_t *pseudo = rq_object(rq);

	json_set_str(pseudo, "AWS::AccountId", rq->account);
	json_set_str(pseudo, "AWS::Partition", rq->partition);
	json_set_str(pseudo, "AWS::Region", rq->region);
	json_set_str(pseudo, "AWS::StackId", id);
	json_set_str(pseudo, "AWS::StackName", name);
	json_set_str(pseudo, "AWS::URLSuffix", "amazonaws.com");
	if (notification_arns)
		json_set(pseudo, "AWS::NotificationARNs", notification_arns);
	else
		json_add_array(pseudo, "AWS::NotificationARNs");
	return pseudo;
}

static json_t *resource_ref(struct scope *scope, const char *logical_id)
{
	const json_t *resource = stack_resource(scope->user, logical_id);
	const char *id = json_str(resource, "PhysicalResourceId");

	return id ? json_string(id)
		  : scope_fail(scope, "Resource %s has no physical id yet", logical_id);
}

static json_t *resource_get_att(struct scope *scope, const char *logical_id, const char *name)
{
	const json_t *resource = stack_resource(scope->user, logical_id);
	json_t *value = NULL;

	if (json_has(resource, "PhysicalResourceId"))
		value = provider_get_att(scope->user, resource, name);
	return value ? value
		     : scope_fail(scope,
				  "Template error: resource %s does not support attribute type %s "
				  "in Fn::GetAtt",
				  logical_id, name);
}

static json_t *exported_value(struct scope *scope, const char *name)
{
	struct stack *stack = scope->user;
	const json_t *export = store_get(stack->rq->tx, STACK_EXPORT, name);

	return export ? json_incref(json_object_get(export, "Value"))
		      : scope_fail(scope, "No export named %s found", name);
}

struct scope stack_scope(struct stack *stack, bool shown)
{
	const json_t *document = stack->document;
	struct request *rq = stack->rq;

	return (struct scope){
		.arena = rq->arena,
		.template = stack->template,
		.parameters = json_get(document, shown ? "_Shown" : "_Values"),
		.pseudo = stack_pseudo(rq, stack->id, stack->name,
				       json_get(document, "NotificationARNs")),
		.conditions = json_get(document, "_Conditions"),
		.zones = stack_zones(rq),
		.ref = resource_ref,
		.get_att = resource_get_att,
		.import_value = exported_value,
		.user = stack,
	};
}

/* A member of a secret that is a JSON object, as text. */
static const char *member_of_secret(struct request *rq, const char *secret, const char *key)
{
	json_t *object = rq_keep(rq, json_read(secret, strlen(secret)) ?: json_null());
	const json_t *member = json_get(object, key);

	if (json_is_string(member))
		return json_string_value(member);
	return json_is_number(member) ? rq_fmt(rq, "%.15g", json_number_value(member)) : NULL;
}

static const char *secret_text(struct stack *stack, const struct dynamic_reference *reference,
			       const char **ret_text)
{
	struct request *rq = stack->rq;
	json_t *in = rq_object(rq), *out = rq_object(rq);

	json_set_str(in, "SecretId", reference->name);
	json_set_str(in, "VersionStage", reference->stage);
	json_set_str(in, "VersionId", reference->version);
	if (!stack->principal || aws_call(rq, stack->principal, &secretsmanager_model,
					  SECRETSMANAGER_GetSecretValue, in, out))
		return rq_fmt(rq, "Could not retrieve secret %s: %s", reference->name,
			      rq->called.message);
	*ret_text = json_str_or(out, "SecretString", "");
	if (!reference->key)
		return NULL;
	*ret_text = member_of_secret(rq, *ret_text, reference->key);
	return *ret_text ? NULL
			 : rq_fmt(rq,
				  "Could not find a value associated with JSONKey in SecretString");
}

static const char *parameter_text(struct stack *stack, const struct dynamic_reference *reference,
				  const char **ret_text)
{
	struct request *rq = stack->rq;
	json_t *in = rq_object(rq), *out = rq_object(rq);
	bool secure = strcmp(reference->service, "ssm-secure") == 0;
	const char *type;

	json_set_str(in, "Name", reference->name);
	json_set_bool(in, "WithDecryption", secure);
	if (!stack->principal ||
	    aws_call(rq, stack->principal, &ssm_model, SSM_GetParameter, in, out))
		return rq_fmt(rq,
			      "Unable to fetch parameters [%s] from parameter store for this "
			      "account.",
			      reference->name);
	type = json_str_or(json_get(out, "Parameter"), "Type", "");
	if (secure != (strcmp(type, "SecureString") == 0))
		return rq_fmt(rq,
			      "Parameter %s is of type %s: {{resolve:%s:…}} cannot be used for it",
			      reference->name, type, reference->service);
	*ret_text = json_str_or(json_get(out, "Parameter"), "Value", "");
	return NULL;
}

/* One text with its references replaced; NULL with the error said. */
static json_t *resolve_text(struct stack *stack, const char *text, const char **ret_error)
{
	AUTO_BUF struct buf whole = {.limit = SCOPE_BUDGET};
	struct dynamic_reference reference;
	size_t from = 0;
	bool found = true;

	for (int i = 0; i < REFERENCES_MAX && found; i++) {
		const char *value = NULL;

		*ret_error =
			dynamic_reference_find(stack->rq->arena, text, from, &found, &reference);
		if (*ret_error)
			return NULL;
		if (!found)
			break;
		*ret_error = strcmp(reference.service, "secretsmanager") == 0
				     ? secret_text(stack, &reference, &value)
				     : parameter_text(stack, &reference, &value);
		if (*ret_error)
			return NULL;
		buf_add(&whole, text + from, reference.start - from);
		buf_str(&whole, value);
		from = reference.end;
	}
	buf_str(&whole, text + from);
	return json_string(buf_text(&whole));
}

json_t *stack_resolve_references(struct stack *stack, const json_t *tree, const char **ret_error)
{
	json_t *copy, *value;
	const json_t *member;
	const char *name;
	size_t i;

	if (json_is_string(tree))
		return resolve_text(stack, json_string_value(tree), ret_error);
	if (!json_is_object(tree) && !json_is_array(tree))
		return json_deep_copy(tree);
	copy = json_is_object(tree) ? json_object() : json_array();
	json_each_member (tree, name, member) {
		value = stack_resolve_references(stack, member, ret_error);
		if (!value)
			goto fail;
		json_give(copy, name, value);
	}
	json_each (tree, i, member) {
		value = stack_resolve_references(stack, member, ret_error);
		if (!value)
			goto fail;
		json_push_give(copy, value);
	}
	return copy;

fail:
	json_decref(copy);
	return NULL;
}
