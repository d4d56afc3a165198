/*
 * iam_cfn.c - AWS::IAM::Role, AWS::IAM::Policy, AWS::IAM::ManagedPolicy.
 *
 *   left out   Users and Groups of policies, permissions boundaries
 */
#include "lab/services/iam/role.h"

#include "lab/aws/cfn_call.h"

#include <string.h>

static int call(struct request *rq, int op, const json_t *in, json_t *out)
{
	return cfn_call(rq, &iam_model, op, in, out);
}

/* The same, where what is gone already is no fault. */
static int call_away(struct request *rq, int op, const json_t *in)
{
	return cfn_call_unless(rq, &iam_model, op, in, "NoSuchEntity");
}

static json_t *of_role(struct request *rq, const char *role, const char *member,
		       const json_t *value)
{
	json_t *in = rq_object(rq);

	json_set_str(in, "RoleName", role);
	json_set(in, member, value);
	return in;
}

static int put_inline(struct request *rq, const char *role, const json_t *name,
		      const json_t *document)
{
	json_t *in = of_role(rq, role, "PolicyName", name);

	json_set(in, "PolicyDocument", document);
	return call(rq, IAM_PutRolePolicy, in, NULL);
}

/* The role's own Policies and ManagedPolicyArns, as the template has them. */
static int put_policies(struct request *rq, const char *role, const json_t *props)
{
	const json_t *policy, *arn;
	int result = 0;
	size_t i;

	json_each (json_get(props, "Policies"), i, policy)
		if (result == 0)
			result = put_inline(rq, role, json_get(policy, "PolicyName"),
					    json_get(policy, "PolicyDocument"));
	json_each (json_get(props, "ManagedPolicyArns"), i, arn)
		if (result == 0)
			result = call(rq, IAM_AttachRolePolicy, of_role(rq, role, "PolicyArn", arn),
				      NULL);
	return result;
}

static bool names_policy(const json_t *policies, const json_t *name)
{
	const json_t *policy;
	size_t i;

	json_each (policies, i, policy)
		if (json_equal(json_get(policy, "PolicyName"), name))
			return true;
	return false;
}

/* What `old` had and `props` (NULL: nothing) has not. */
static int drop_policies(struct request *rq, const char *role, const json_t *old,
			 const json_t *props)
{
	const json_t *policy, *arn;
	int result = 0;
	size_t i;

	json_each (json_get(old, "Policies"), i, policy) {
		const json_t *name = json_get(policy, "PolicyName");

		if (result == 0 && !names_policy(json_get(props, "Policies"), name))
			result = call_away(rq, IAM_DeleteRolePolicy,
					   of_role(rq, role, "PolicyName", name));
	}
	json_each (json_get(old, "ManagedPolicyArns"), i, arn)
		if (result == 0 &&
		    !json_list_has(json_get(props, "ManagedPolicyArns"), json_string_value(arn)))
			result = call_away(rq, IAM_DetachRolePolicy,
					   of_role(rq, role, "PolicyArn", arn));
	return result;
}

static int create_role(struct request *rq, const struct cfn_resource *r, const char **ret_id)
{
	json_t *in = rq_copy(rq, r->props);
	const char *name = cfn_name_prop(rq, r, "RoleName", 64, false);
	int result;

	json_set_str(in, "RoleName", name);
	json_drop(in, "Tags");
	json_set(in, "Tags", cfn_tags(rq, r));
	result = call(rq, IAM_CreateRole, in, NULL);
	if (result == 0)
		result = put_policies(rq, name, r->props);
	if (result == 0)
		*ret_id = name;
	return result;
}

static int update_role(struct request *rq, const struct cfn_resource *r, const json_t *old)
{
	static const struct cfn_tagging tagging = {
		.model = &iam_model,
		.tag_op = IAM_TagRole,
		.untag_op = IAM_UntagRole,
		.id = "RoleName",
		.tags = "Tags",
		.keys = "TagKeys",
		.key = "Key",
		.value = "Value",
	};
	const char *role = r->physical_id;
	json_t *in =
		of_role(rq, role, "MaxSessionDuration", json_get(r->props, "MaxSessionDuration"));
	int result;

	if (json_has(r->props, "PermissionsBoundary"))
		return fault_named(rq, "NotImplemented",
				   "Permissions boundaries are not in the lab.");
	json_set_str(in, "Description", json_str_or(r->props, "Description", ""));
	result = call(rq, IAM_UpdateRole, in, NULL);
	if (result == 0)
		result = call(rq, IAM_UpdateAssumeRolePolicy,
			      of_role(rq, role, "PolicyDocument",
				      json_get(r->props, "AssumeRolePolicyDocument")),
			      NULL);
	if (result == 0)
		result = put_policies(rq, role, r->props);
	if (result == 0)
		result = drop_policies(rq, role, old, r->props);
	return result ? result : cfn_retag(rq, r, old, &tagging, role);
}

static int read_role(struct request *rq, const struct cfn_resource *r, json_t *ret_props,
		     int *ret_there)
{
	static const struct cfn_alias aliases[] = {{"AssumeRolePolicyDocument", "_Trust"},
						   {"ManagedPolicyArns", "_Attached"},
						   {NULL, NULL}};
	const json_t *role = role_find(rq, r->physical_id);

	*ret_there = role != NULL;
	cfn_show(r, role, aliases, ret_props);
	return 0;
}

static int delete_role(struct request *rq, const struct cfn_resource *r)
{
	int result = drop_policies(rq, r->physical_id, r->props, NULL);

	return result ? result
		      : call_away(rq, IAM_DeleteRole, of_role(rq, r->physical_id, "", NULL));
}

static json_t *role_att(struct request *rq, const struct cfn_resource *r, const char *name)
{
	const json_t *role = role_find(rq, r->physical_id);

	if (strcmp(name, "Arn") != 0 && strcmp(name, "RoleId") != 0)
		return NULL;
	return json_incref((json_t *)(uintptr_t)json_get(role, name));
}

/* Puts an inline policy into the roles it names. */
static int put_policy(struct request *rq, const json_t *props)
{
	const json_t *role;
	int result = 0;
	size_t i;

	if (json_array_size(json_get(props, "Users")) || json_array_size(json_get(props, "Groups")))
		return fault_named(rq, "NotImplemented",
				   "IAM users and groups are not in the lab.");
	json_each (json_get(props, "Roles"), i, role)
		if (result == 0)
			result = put_inline(rq, json_string_value(role),
					    json_get(props, "PolicyName"),
					    json_get(props, "PolicyDocument"));
	return result;
}

static int drop_policy(struct request *rq, const json_t *old, const json_t *props)
{
	bool renamed = !json_equal(json_get(old, "PolicyName"), json_get(props, "PolicyName"));
	const json_t *role;
	int result = 0;
	size_t i;

	json_each (json_get(old, "Roles"), i, role) {
		const char *name = json_string_value(role);

		if (result == 0 && (renamed || !json_list_has(json_get(props, "Roles"), name)))
			result = call_away(
				rq, IAM_DeleteRolePolicy,
				of_role(rq, name, "PolicyName", json_get(old, "PolicyName")));
	}
	return result;
}

static int create_policy(struct request *rq, const struct cfn_resource *r, const char **ret_id)
{
	int result = put_policy(rq, r->props);

	if (result == 0)
		*ret_id = rq_strdup(rq, json_str(r->props, "PolicyName"));
	return result;
}

static int update_policy(struct request *rq, const struct cfn_resource *r, const json_t *old)
{
	int result = put_policy(rq, r->props);

	return result ? result : drop_policy(rq, old, r->props);
}

static int delete_policy(struct request *rq, const struct cfn_resource *r)
{
	return drop_policy(rq, r->props, NULL);
}

static json_t *policy_att(struct request *rq, const struct cfn_resource *r, const char *name)
{
	return strcmp(name, "Id") == 0 ? json_string(r->physical_id) : NULL;
}

/* Attaches a managed policy to the roles the template names, and detaches it from no longer named. */
static int attach(struct request *rq, const char *arn, const json_t *props, const json_t *old)
{
	AUTO_JSON json_t *policy = json_string(arn);
	const json_t *role;
	int result = 0;
	size_t i;

	json_each (json_get(props, "Roles"), i, role)
		if (result == 0)
			result = call(rq, IAM_AttachRolePolicy,
				      of_role(rq, json_string_value(role), "PolicyArn", policy),
				      NULL);
	json_each (json_get(old, "Roles"), i, role) {
		const char *name = json_string_value(role);

		if (result == 0 && !json_list_has(json_get(props, "Roles"), name))
			result = call_away(rq, IAM_DetachRolePolicy,
					   of_role(rq, name, "PolicyArn", policy));
	}
	return result;
}

static int create_managed(struct request *rq, const struct cfn_resource *r, const char **ret_id)
{
	json_t *in = rq_copy(rq, r->props), *out = rq_object(rq);
	const char *arn;
	int result;

	if (json_has(in, "ManagedPolicyName"))
		json_set(in, "PolicyName", json_get(in, "ManagedPolicyName"));
	else
		json_set_str(in, "PolicyName", cfn_name(rq, r, 128, false));
	result = call(rq, IAM_CreatePolicy, in, out);
	if (result != 0)
		return result;
	arn = rq_strdup(rq, json_path_str(out, "Policy.Arn"));
	result = attach(rq, arn, r->props, NULL);
	if (result == 0)
		*ret_id = arn;
	return result;
}

/* A new version; the oldest one that is not in force makes room. */
static int update_managed(struct request *rq, const struct cfn_resource *r, const json_t *old)
{
	const json_t *policy = policy_find(rq, r->physical_id), *version;
	json_t *in = rq_object(rq);
	const char *id, *oldest = NULL;
	int result = 0;

	json_set_str(in, "PolicyArn", r->physical_id);
	json_each_member (json_get(policy, "_Versions"), id, version)
		if (!oldest && strcmp(id, json_str(policy, "DefaultVersionId")) != 0)
			oldest = id;
	if (oldest && json_object_size(json_get(policy, "_Versions")) >= 5) {
		json_set_str(in, "VersionId", oldest);
		result = call(rq, IAM_DeletePolicyVersion, in, NULL);
	}
	json_set(in, "PolicyDocument", json_get(r->props, "PolicyDocument"));
	json_set_bool(in, "SetAsDefault", true);
	if (result == 0 &&
	    !json_equal(json_get(old, "PolicyDocument"), json_get(r->props, "PolicyDocument")))
		result = call(rq, IAM_CreatePolicyVersion, in, NULL);
	return result ? result : attach(rq, r->physical_id, r->props, old);
}

static int delete_managed(struct request *rq, const struct cfn_resource *r)
{
	const json_t *policy = policy_find(rq, r->physical_id), *version;
	int result = attach(rq, r->physical_id, NULL, r->props);
	json_t *in = rq_object(rq);
	const char *id;

	json_set_str(in, "PolicyArn", r->physical_id);
	json_each_member (json_get(policy, "_Versions"), id, version) {
		if (result != 0 || strcmp(id, json_str(policy, "DefaultVersionId")) == 0)
			continue;
		json_set_str(in, "VersionId", id);
		result = call_away(rq, IAM_DeletePolicyVersion, in);
	}
	return result ? result : call_away(rq, IAM_DeletePolicy, in);
}

static json_t *managed_att(struct request *rq, const struct cfn_resource *r, const char *name)
{
	return strcmp(name, "PolicyArn") == 0 ? json_string(r->physical_id) : NULL;
}

const struct resource iam_resources[] = {
	{
		.type = "AWS::IAM::Role",
		.create = create_role,
		.update = update_role,
		.read = read_role,
		.delete = delete_role,
		.get_att = role_att,
	},
	{
		.type = "AWS::IAM::Policy",
		.create = create_policy,
		.update = update_policy,
		.delete = delete_policy,
		.get_att = policy_att,
	},
	{
		.type = "AWS::IAM::ManagedPolicy",
		.create = create_managed,
		.update = update_managed,
		.delete = delete_managed,
		.get_att = managed_att,
	},
	{.type = NULL},
};
