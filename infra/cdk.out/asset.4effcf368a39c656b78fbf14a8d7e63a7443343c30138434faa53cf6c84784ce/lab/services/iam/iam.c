/*
 * iam.c - AWS Identity and Access Management: roles, their policies, and who may be what.
 *
 *   keeps      iam/role     by name  Role; _Trust, _Inline, _Attached
 *              iam/policy   by ARN   Policy; _Versions
 *   left out   users, groups, access keys, permissions boundaries, instance profiles
 */
#include "lab/services/iam/iam.h"
#include "lab/services/iam/role.h"

#include <string.h>

/* Made when somebody first names one, as services do at AWS. */
static const struct {
	const char *name;
	const char *service;
} linked_roles[] = {
	{"AWSServiceRoleForApplicationAutoScaling_ECSService",
	 "ecs.application-autoscaling.amazonaws.com"},
	{"AWSServiceRoleForECS", "ecs.amazonaws.com"},
	{"AWSServiceRoleForElasticLoadBalancing", "elasticloadbalancing.amazonaws.com"},
	{"AWSServiceRoleForRDS", "rds.amazonaws.com"},
	{"AWSServiceRoleForWAFV2Logging", "wafv2.amazonaws.com"},
};

static json_t *new_role(struct request *rq, const char *path, const char *name, const json_t *trust)
{
	json_t *role = store_new(rq->tx);

	json_set_str(role, "Path", path);
	json_set_str(role, "RoleName", name);
	json_set_str(role, "RoleId",
		     rq_fmt(rq, "AROA%s", id_text(rq, 17, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")));
	json_set_str(role, "Arn", rq_fmt(rq, "arn:aws:iam::%s:role%s%s", rq->account, path, name));
	json_set_time(role, "CreateDate", rq->now);
	document_set(role, "AssumeRolePolicyDocument", trust);
	json_set_int(role, "MaxSessionDuration", 3600);
	json_set(role, "_Trust", trust);
	json_add_object(role, "_Inline");
	json_add_array(role, "_Attached");
	json_add_object(role, "RoleLastUsed");
	return role;
}

void role_put(struct request *rq, const json_t *role)
{
	store_put(rq->tx, IAM_ROLE, json_str(role, "RoleName"), role);
}

static const json_t *make_linked(struct request *rq, const char *name, const char *service)
{
	AUTO_JSON json_t *trust = json_pack(
		"{s:s, s:[{s:s, s:{s:s}, s:s}]}", "Version", "2012-10-17", "Statement", "Effect",
		"Allow", "Principal", "Service", service, "Action", "sts:AssumeRole");
	json_t *role = new_role(rq, rq_fmt(rq, "/aws-service-role/%s/", service), name, trust);

	role_put(rq, role);
	return role;
}

const json_t *role_find(struct request *rq, const char *name)
{
	const json_t *role = store_get(rq->tx, IAM_ROLE, name);
	size_t i;

	for (i = 0; !role && i < array_len(linked_roles); i++)
		if (strcmp(linked_roles[i].name, name) == 0)
			role = make_linked(rq, name, linked_roles[i].service);
	return role;
}

int role_get(struct request *rq, const json_t *in, const json_t **ret_role)
{
	const char *name = json_str(in, "RoleName");
	const json_t *role = role_find(rq, name);

	if (!role)
		return fault(rq, IAM_NoSuchEntityException,
			     "The role with name %s cannot be found.", name);
	*ret_role = role;
	return 0;
}

int role_edit(struct request *rq, const json_t *in, json_t **ret_role)
{
	const json_t *role = NULL;
	int result = role_get(rq, in, &role);

	if (result == 0)
		*ret_role = store_edit(rq->tx, IAM_ROLE, json_str(role, "RoleName"));
	return result;
}

static int create_role(struct request *rq, const json_t *in, json_t *out)
{
	const char *name = json_str(in, "RoleName");
	json_t *trust = NULL, *role;
	int result = document_read(rq, json_str(in, "AssumeRolePolicyDocument"), &trust);

	if (result != 0)
		return result;
	if (store_has(rq->tx, IAM_ROLE, name))
		return fault(rq, IAM_EntityAlreadyExistsException,
			     "Role with name %s already exists.", name);
	if (json_has(in, "PermissionsBoundary"))
		return fault_named(rq, "NotImplemented",
				   "Permissions boundaries are not in the lab.");

	role = new_role(rq, json_str_or(in, "Path", "/"), name, trust);
	json_set(role, "Description", json_get(in, "Description"));
	json_set(role, "MaxSessionDuration", json_get(in, "MaxSessionDuration"));
	json_set(role, "Tags", json_get(in, "Tags"));
	role_put(rq, role);
	json_set(out, "Role", role);
	return 0;
}

static int get_role(struct request *rq, const json_t *in, json_t *out)
{
	const json_t *role = NULL;
	int result = role_get(rq, in, &role);

	if (result == 0)
		json_set(out, "Role", role);
	return result;
}

static int list_roles(struct request *rq, const json_t *in, json_t *out)
{
	const char *prefix = json_str_or(in, "PathPrefix", "/");
	const json_t *all = store_list(rq->tx, IAM_ROLE), *role;
	json_t *chosen = rq_array(rq);
	size_t i;

	json_each (all, i, role)
		if (strncmp(json_str(role, "Path"), prefix, strlen(prefix)) == 0)
			json_push(chosen, role);
	page_set(in, out, "Roles", chosen, "RoleName");
	return 0;
}

static int delete_role(struct request *rq, const json_t *in, json_t *out)
{
	const json_t *role = NULL;
	int result = role_get(rq, in, &role);

	if (result != 0)
		return result;
	if (json_array_size(json_get(role, "_Attached")) > 0)
		return fault(rq, IAM_DeleteConflictException,
			     "Cannot delete entity, must detach all policies first.");
	if (json_object_size(json_get(role, "_Inline")) > 0)
		return fault(rq, IAM_DeleteConflictException,
			     "Cannot delete entity, must delete policies first.");
	store_delete(rq->tx, IAM_ROLE, json_str(role, "RoleName"));
	return 0;
}

static int update_role(struct request *rq, const json_t *in, json_t *out)
{
	json_t *role = NULL;
	int result = role_edit(rq, in, &role);

	if (result != 0)
		return result;
	json_set(role, "Description", json_get(in, "Description"));
	json_set(role, "MaxSessionDuration", json_get(in, "MaxSessionDuration"));
	role_put(rq, role);
	json_set(out, "Role", role);
	return 0;
}

static int update_assume_role_policy(struct request *rq, const json_t *in, json_t *out)
{
	json_t *trust = NULL, *role = NULL;
	int result = role_edit(rq, in, &role);

	if (result == 0)
		result = document_read(rq, json_str(in, "PolicyDocument"), &trust);
	if (result != 0)
		return result;
	json_set(role, "_Trust", trust);
	document_set(role, "AssumeRolePolicyDocument", trust);
	role_put(rq, role);
	return 0;
}

static int create_service_linked_role(struct request *rq, const json_t *in, json_t *out)
{
	const char *service = json_str(in, "AWSServiceName");
	size_t i;

	for (i = 0; i < array_len(linked_roles); i++) {
		if (strcmp(linked_roles[i].service, service) != 0)
			continue;
		if (store_has(rq->tx, IAM_ROLE, linked_roles[i].name))
			return fault(rq, IAM_InvalidInputException,
				     "Service role name %s has been taken in this account, please "
				     "try a different suffix.",
				     linked_roles[i].name);
		json_set(out, "Role", make_linked(rq, linked_roles[i].name, service));
		return 0;
	}
	return fault(rq, IAM_InvalidInputException, "%s has no service-linked role in the lab.",
		     service);
}

static int delete_service_linked_role(struct request *rq, const json_t *in, json_t *out)
{
	const json_t *role = NULL;
	int result = role_get(rq, in, &role);

	if (result != 0)
		return result;
	store_delete(rq->tx, IAM_ROLE, json_str(role, "RoleName"));
	json_set_str(out, "DeletionTaskId",
		     rq_fmt(rq, "task%s%s/%s", json_str(role, "Path"), json_str(role, "RoleName"),
			    id_uuid(rq)));
	return 0;
}

static json_t *tags_of(json_t *role)
{
	json_t *tags = json_object_get(role, "Tags");

	return tags ? tags : json_add_array(role, "Tags");
}

static int tag_role(struct request *rq, const json_t *in, json_t *out)
{
	json_t *role = NULL;
	int result = role_edit(rq, in, &role);

	if (result != 0)
		return result;
	tags_put(tags_of(role), json_get(in, "Tags"));
	role_put(rq, role);
	return 0;
}

static int untag_role(struct request *rq, const json_t *in, json_t *out)
{
	json_t *role = NULL;
	int result = role_edit(rq, in, &role);

	if (result != 0)
		return result;
	tags_drop(tags_of(role), json_get(in, "TagKeys"));
	role_put(rq, role);
	return 0;
}

static int list_role_tags(struct request *rq, const json_t *in, json_t *out)
{
	const json_t *role = NULL;
	int result = role_get(rq, in, &role);

	if (result == 0)
		page_set(in, out, "Tags", json_get(role, "Tags"), "Key");
	return result;
}

static int list_account_aliases(struct request *rq, const json_t *in, json_t *out)
{
	json_add_array(out, "AccountAliases");
	json_set_bool(out, "IsTruncated", false);
	return 0;
}

const json_t *iam_authority_policies(struct request *rq, const struct principal *who)
{
	const json_t *role = role_find(rq, who->role), *document, *arn;
	json_t *documents = rq_array(rq);
	const char *name;
	size_t i;

	/* References, not copies: this is asked with each request of a session. */
	json_each_member (json_get(role, "_Inline"), name, document)
		json_array_append(documents, (json_t *)(uintptr_t)document);
	json_each (json_get(role, "_Attached"), i, arn) {
		document = policy_document(policy_find(rq, json_string_value(arn)));
		if (document)
			json_array_append(documents, (json_t *)(uintptr_t)document);
	}
	return documents;
}

const struct authority iam_authority = {
	.policies_of = iam_authority_policies,
	.role_of = role_find,
};

static const char *arn_of(struct request *rq, int op, const json_t *in, const char **ret_action)
{
	const char *name = json_str(in, "RoleName");
	const json_t *role = name ? store_get(rq->tx, IAM_ROLE, name) : NULL;

	if (role)
		return json_str(role, "Arn");
	if (name)
		return rq_fmt(rq, "arn:aws:iam::%s:role%s%s", rq->account,
			      json_str_or(in, "Path", "/"), name);
	if (op == IAM_ListRoles)
		return rq_fmt(rq, "arn:aws:iam::%s:role/", rq->account);
	return json_str(in, "PolicyArn");
}

static void conditions(struct request *rq, int op, const json_t *in, json_t *keys)
{
	if (op == IAM_AttachRolePolicy || op == IAM_DetachRolePolicy)
		json_set(keys, "iam:PolicyARN", json_get(in, "PolicyArn"));
}

static op_fn *const ops[IAM_NOPS] = {
	[IAM_AttachRolePolicy] = iam_attach_role_policy,
	[IAM_CreatePolicy] = iam_create_policy,
	[IAM_CreatePolicyVersion] = iam_create_policy_version,
	[IAM_CreateRole] = create_role,
	[IAM_CreateServiceLinkedRole] = create_service_linked_role,
	[IAM_DeletePolicy] = iam_delete_policy,
	[IAM_DeletePolicyVersion] = iam_delete_policy_version,
	[IAM_DeleteRole] = delete_role,
	[IAM_DeleteRolePolicy] = iam_delete_role_policy,
	[IAM_DeleteServiceLinkedRole] = delete_service_linked_role,
	[IAM_DetachRolePolicy] = iam_detach_role_policy,
	[IAM_GetPolicy] = iam_get_policy,
	[IAM_GetPolicyVersion] = iam_get_policy_version,
	[IAM_GetRole] = get_role,
	[IAM_GetRolePolicy] = iam_get_role_policy,
	[IAM_ListAccountAliases] = list_account_aliases,
	[IAM_ListAttachedRolePolicies] = iam_list_attached_role_policies,
	[IAM_ListEntitiesForPolicy] = iam_list_entities_for_policy,
	[IAM_ListPolicies] = iam_list_policies,
	[IAM_ListPolicyVersions] = iam_list_policy_versions,
	[IAM_ListRolePolicies] = iam_list_role_policies,
	[IAM_ListRoleTags] = list_role_tags,
	[IAM_ListRoles] = list_roles,
	[IAM_PutRolePolicy] = iam_put_role_policy,
	[IAM_SetDefaultPolicyVersion] = iam_set_default_policy_version,
	[IAM_SimulatePrincipalPolicy] = iam_simulate_principal_policy,
	[IAM_TagRole] = tag_role,
	[IAM_UntagRole] = untag_role,
	[IAM_UpdateAssumeRolePolicy] = update_assume_role_policy,
	[IAM_UpdateRole] = update_role,
	[IAM_UpdateRoleDescription] = update_role,
};

const struct service iam_service = {
	.model = &iam_model,
	.ops = ops,
	.resources = iam_resources,
	.arn_of = arn_of,
	.conditions = conditions,
};
