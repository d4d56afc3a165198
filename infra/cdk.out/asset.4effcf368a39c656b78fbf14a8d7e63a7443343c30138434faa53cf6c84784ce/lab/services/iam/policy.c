/*
 * policy.c - policies: inline ones of roles, managed ones and their versions, what is attached to whom.
 */
#include "lab/aws/policy.h"
#include "lab/services/iam/role.h"

#include <string.h>

#define VERSIONS_MAX 5

const json_t *policy_find(struct request *rq, const char *arn)
{
	const json_t *policy = store_get(rq->tx, IAM_POLICY, arn);

	return policy ? policy : aws_policy_find(arn);
}

static const json_t *version_of(const json_t *policy, const char *id)
{
	return json_get(json_get(policy, "_Versions"), id);
}

const json_t *policy_document(const json_t *policy)
{
	return json_get(version_of(policy, json_str_or(policy, "DefaultVersionId", "")),
			"_Document");
}

static int no_policy(struct request *rq, const char *arn)
{
	return fault(rq, IAM_NoSuchEntityException, "Policy %s was not found.", arn);
}

static int edit_policy(struct request *rq, const json_t *in, json_t **ret_policy)
{
	const char *arn = json_str(in, "PolicyArn");
	json_t *policy = store_edit(rq->tx, IAM_POLICY, arn);

	if (!policy)
		return no_policy(rq, arn);
	*ret_policy = policy;
	return 0;
}

static int64_t attachments(struct request *rq, const char *arn)
{
	const json_t *roles = store_list(rq->tx, IAM_ROLE), *role;
	int64_t count = 0;
	size_t i;

	json_each (roles, i, role)
		count += json_list_has(json_get(role, "_Attached"), arn);
	return count;
}

static void add_version(struct request *rq, json_t *policy, const json_t *document, bool is_default)
{
	int64_t number = json_int_or(policy, "_Last", 0) + 1;
	const char *id = rq_fmt(rq, "v%lld", (long long)number);
	json_t *version = json_add_object(json_object_get(policy, "_Versions"), id);

	json_set_int(policy, "_Last", number);
	json_set_str(version, "VersionId", id);
	json_set_time(version, "CreateDate", rq->now);
	json_set(version, "_Document", document);
	json_set_time(policy, "UpdateDate", rq->now);
	if (is_default)
		json_set_str(policy, "DefaultVersionId", id);
}

int iam_create_policy(struct request *rq, const json_t *in, json_t *out)
{
	const char *name = json_str(in, "PolicyName");
	const char *path = json_str_or(in, "Path", "/");
	const char *arn = rq_fmt(rq, "arn:aws:iam::%s:policy%s%s", rq->account, path, name);
	json_t *document = NULL, *policy = store_new(rq->tx);
	int result = document_read(rq, json_str(in, "PolicyDocument"), &document);

	if (result != 0)
		return result;
	if (store_has(rq->tx, IAM_POLICY, arn))
		return fault(rq, IAM_EntityAlreadyExistsException,
			     "A policy called %s already exists. Duplicate names are not allowed.",
			     name);

	json_set_str(policy, "PolicyName", name);
	json_set_str(policy, "PolicyId",
		     rq_fmt(rq, "ANPA%s", id_text(rq, 17, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")));
	json_set_str(policy, "Arn", arn);
	json_set_str(policy, "Path", path);
	json_set_int(policy, "PermissionsBoundaryUsageCount", 0);
	json_set_bool(policy, "IsAttachable", true);
	json_set(policy, "Description", json_get(in, "Description"));
	json_set_time(policy, "CreateDate", rq->now);
	json_set(policy, "Tags", json_get(in, "Tags"));
	json_add_object(policy, "_Versions");
	add_version(rq, policy, document, true);
	store_put(rq->tx, IAM_POLICY, arn, policy);
	json_set_int(policy, "AttachmentCount", 0);
	json_set(out, "Policy", policy);
	return 0;
}

int iam_get_policy(struct request *rq, const json_t *in, json_t *out)
{
	const char *arn = json_str(in, "PolicyArn");
	const json_t *policy = policy_find(rq, arn);

	if (!policy)
		return no_policy(rq, arn);
	json_set(out, "Policy", policy);
	json_set_int(json_object_get(out, "Policy"), "AttachmentCount", attachments(rq, arn));
	return 0;
}

static void set_version(json_t *out, const json_t *policy, const json_t *version)
{
	json_t *copy = json_deep_copy(version);
	const char *current = json_str_or(policy, "DefaultVersionId", "");

	json_set_bool(copy, "IsDefaultVersion",
		      strcmp(json_str(version, "VersionId"), current) == 0);
	document_set(copy, "Document", json_get(version, "_Document"));
	if (json_is_array(out))
		json_push_give(out, copy);
	else
		json_give(out, "PolicyVersion", copy);
}

static int no_version(struct request *rq, const json_t *in)
{
	return fault(rq, IAM_NoSuchEntityException,
		     "Policy %s version %s does not exist or is not attachable.",
		     json_str(in, "PolicyArn"), json_str(in, "VersionId"));
}

int iam_get_policy_version(struct request *rq, const json_t *in, json_t *out)
{
	const json_t *policy = policy_find(rq, json_str(in, "PolicyArn"));
	const json_t *version = version_of(policy, json_str(in, "VersionId"));

	if (!version)
		return no_version(rq, in);
	set_version(out, policy, version);
	return 0;
}

int iam_list_policy_versions(struct request *rq, const json_t *in, json_t *out)
{
	const char *arn = json_str(in, "PolicyArn");
	const json_t *policy = policy_find(rq, arn), *version;
	json_t *list = json_add_array(out, "Versions");
	const char *id;

	if (!policy)
		return no_policy(rq, arn);
	json_each_member (json_get(policy, "_Versions"), id, version)
		set_version(list, policy, version);
	json_set_bool(out, "IsTruncated", false);
	return 0;
}

int iam_create_policy_version(struct request *rq, const json_t *in, json_t *out)
{
	json_t *document = NULL, *policy = NULL;
	int result = document_read(rq, json_str(in, "PolicyDocument"), &document);

	if (result == 0)
		result = edit_policy(rq, in, &policy);
	if (result != 0)
		return result;
	if (json_object_size(json_get(policy, "_Versions")) >= VERSIONS_MAX)
		return fault(rq, IAM_LimitExceededException,
			     "A managed policy can have up to 5 versions. Before you create a new "
			     "version, you must delete an existing version.");
	add_version(rq, policy, document, json_bool_or(in, "SetAsDefault", false));
	store_put(rq->tx, IAM_POLICY, json_str(policy, "Arn"), policy);
	set_version(out, policy,
		    version_of(policy,
			       rq_fmt(rq, "v%lld", (long long)json_int_or(policy, "_Last", 0))));
	return 0;
}

int iam_delete_policy_version(struct request *rq, const json_t *in, json_t *out)
{
	const char *id = json_str(in, "VersionId");
	json_t *policy = NULL;
	int result = edit_policy(rq, in, &policy);

	if (result != 0)
		return result;
	if (!version_of(policy, id))
		return no_version(rq, in);
	if (strcmp(json_str(policy, "DefaultVersionId"), id) == 0)
		return fault(rq, IAM_DeleteConflictException,
			     "Cannot delete the default version of a policy.");
	json_drop(json_object_get(policy, "_Versions"), id);
	store_put(rq->tx, IAM_POLICY, json_str(policy, "Arn"), policy);
	return 0;
}

int iam_set_default_policy_version(struct request *rq, const json_t *in, json_t *out)
{
	json_t *policy = NULL;
	int result = edit_policy(rq, in, &policy);

	if (result != 0)
		return result;
	if (!version_of(policy, json_str(in, "VersionId")))
		return no_version(rq, in);
	json_set(policy, "DefaultVersionId", json_get(in, "VersionId"));
	store_put(rq->tx, IAM_POLICY, json_str(policy, "Arn"), policy);
	return 0;
}

int iam_delete_policy(struct request *rq, const json_t *in, json_t *out)
{
	const char *arn = json_str(in, "PolicyArn");
	json_t *policy = NULL;
	int result = edit_policy(rq, in, &policy);

	if (result != 0)
		return result;
	if (attachments(rq, arn) > 0)
		return fault(rq, IAM_DeleteConflictException,
			     "Cannot delete a policy attached to entities.");
	if (json_object_size(json_get(policy, "_Versions")) > 1)
		return fault(
			rq, IAM_DeleteConflictException,
			"This policy has more than one version. Before you delete a policy, "
			"you must delete the policy's versions. The default version is deleted "
			"with the policy.");
	store_delete(rq->tx, IAM_POLICY, arn);
	return 0;
}

int iam_list_policies(struct request *rq, const json_t *in, json_t *out)
{
	const char *scope = json_str_or(in, "Scope", "All");
	bool attached_only = json_bool_or(in, "OnlyAttached", false);
	const json_t *own = store_list(rq->tx, IAM_POLICY), *policy;
	json_t *all = rq_array(rq), *chosen = rq_array(rq);
	size_t i;

	if (strcmp(scope, "AWS") != 0)
		json_array_extend(all, (json_t *)(uintptr_t)own);
	if (strcmp(scope, "Local") != 0)
		json_array_extend(all, (json_t *)(uintptr_t)aws_policy_list());
	json_each (all, i, policy) {
		int64_t count = attachments(rq, json_str(policy, "Arn"));

		if (attached_only && count == 0)
			continue;
		json_push(chosen, policy);
		json_set_int(json_array_get(chosen, json_array_size(chosen) - 1), "AttachmentCount",
			     count);
	}
	page_set(in, out, "Policies", chosen, "Arn");
	return 0;
}

int iam_list_entities_for_policy(struct request *rq, const json_t *in, json_t *out)
{
	const char *arn = json_str(in, "PolicyArn");
	const json_t *roles = store_list(rq->tx, IAM_ROLE), *role;
	json_t *list = json_add_array(out, "PolicyRoles");
	size_t i;

	if (!policy_find(rq, arn))
		return no_policy(rq, arn);
	json_add_array(out, "PolicyGroups");
	json_add_array(out, "PolicyUsers");
	json_each (roles, i, role) {
		json_t *entry;

		if (!json_list_has(json_get(role, "_Attached"), arn))
			continue;
		entry = json_push_object(list);
		json_set(entry, "RoleName", json_get(role, "RoleName"));
		json_set(entry, "RoleId", json_get(role, "RoleId"));
	}
	json_set_bool(out, "IsTruncated", false);
	return 0;
}

int iam_attach_role_policy(struct request *rq, const json_t *in, json_t *out)
{
	const char *arn = json_str(in, "PolicyArn");
	json_t *role = NULL;
	int result = role_edit(rq, in, &role);

	if (result != 0)
		return result;
	if (!policy_find(rq, arn))
		return fault(rq, IAM_NoSuchEntityException,
			     strncmp(arn, "arn:aws:iam::aws:", 17) == 0
				     ? "Policy %s does not exist or is not attachable. (AWS has "
				       "more managed policies than the lab.)"
				     : "Policy %s does not exist or is not attachable.",
			     arn);
	if (!json_list_has(json_get(role, "_Attached"), arn))
		json_push_str(json_object_get(role, "_Attached"), arn);
	role_put(rq, role);
	return 0;
}

int iam_detach_role_policy(struct request *rq, const json_t *in, json_t *out)
{
	const char *arn = json_str(in, "PolicyArn");
	json_t *role = NULL, *attached;
	int result = role_edit(rq, in, &role);
	size_t i;

	if (result != 0)
		return result;
	attached = json_object_get(role, "_Attached");
	if (!json_list_has(attached, arn))
		return no_policy(rq, arn);
	for (i = json_array_size(attached); i > 0; i--)
		if (strcmp(json_string_value(json_at(attached, i - 1)), arn) == 0)
			json_array_remove(attached, i - 1);
	role_put(rq, role);
	return 0;
}

int iam_list_attached_role_policies(struct request *rq, const json_t *in, json_t *out)
{
	const json_t *role = NULL, *arn;
	json_t *all = rq_array(rq);
	int result = role_get(rq, in, &role);
	size_t i;

	if (result != 0)
		return result;
	json_each (json_get(role, "_Attached"), i, arn) {
		json_t *entry = json_push_object(all);

		json_set_str(entry, "PolicyName", strrchr(json_string_value(arn), '/') + 1);
		json_set(entry, "PolicyArn", arn);
	}
	page_set(in, out, "AttachedPolicies", all, "PolicyArn");
	return 0;
}

int iam_put_role_policy(struct request *rq, const json_t *in, json_t *out)
{
	json_t *document = NULL, *role = NULL;
	int result = role_edit(rq, in, &role);

	if (result == 0)
		result = document_read(rq, json_str(in, "PolicyDocument"), &document);
	if (result != 0)
		return result;
	json_set(json_object_get(role, "_Inline"), json_str(in, "PolicyName"), document);
	role_put(rq, role);
	return 0;
}

static int no_inline(struct request *rq, const json_t *in)
{
	return fault(rq, IAM_NoSuchEntityException, "The role policy with name %s cannot be found.",
		     json_str(in, "PolicyName"));
}

int iam_get_role_policy(struct request *rq, const json_t *in, json_t *out)
{
	const json_t *role = NULL, *document;
	int result = role_get(rq, in, &role);

	if (result != 0)
		return result;
	document = json_get(json_get(role, "_Inline"), json_str(in, "PolicyName"));
	if (!document)
		return no_inline(rq, in);
	json_set(out, "RoleName", json_get(role, "RoleName"));
	json_set(out, "PolicyName", json_get(in, "PolicyName"));
	document_set(out, "PolicyDocument", document);
	return 0;
}

int iam_delete_role_policy(struct request *rq, const json_t *in, json_t *out)
{
	json_t *role = NULL, *inline_policies;
	int result = role_edit(rq, in, &role);

	if (result != 0)
		return result;
	inline_policies = json_object_get(role, "_Inline");
	if (!json_has(inline_policies, json_str(in, "PolicyName")))
		return no_inline(rq, in);
	json_drop(inline_policies, json_str(in, "PolicyName"));
	role_put(rq, role);
	return 0;
}

int iam_list_role_policies(struct request *rq, const json_t *in, json_t *out)
{
	const json_t *role = NULL, *document;
	json_t *names = rq_array(rq);
	int result = role_get(rq, in, &role);
	const char *name;

	if (result != 0)
		return result;
	json_each_member (json_get(role, "_Inline"), name, document)
		json_push_str(names, name);
	page_set(in, out, "PolicyNames", names, NULL);
	return 0;
}

/* Condition keys as the caller gives them: [{ContextKeyName, ContextKeyValues}]. */
static json_t *context_of(struct request *rq, const json_t *in)
{
	json_t *keys = rq_object(rq);
	const json_t *entry;
	size_t i;

	json_each (json_get(in, "ContextEntries"), i, entry) {
		const json_t *values = json_get(entry, "ContextKeyValues");

		json_set(keys, json_str_or(entry, "ContextKeyName", ""),
			 json_array_size(values) == 1 ? json_at(values, 0) : values);
	}
	return keys;
}

static const char *decision(const json_t *documents, const struct question *question)
{
	enum verdict verdict = VERDICT_NONE;
	const json_t *document;
	size_t i;

	json_each (documents, i, document) {
		enum verdict one = policy_identity(document, question);

		if (one > verdict)
			verdict = one;
	}
	return verdict == VERDICT_DENY	  ? "explicitDeny"
	       : verdict == VERDICT_ALLOW ? "allowed"
					  : "implicitDeny";
}

int iam_simulate_principal_policy(struct request *rq, const json_t *in, json_t *out)
{
	const char *arn = json_str(in, "PolicySourceArn");
	const struct principal *who = principal_role(rq, arn, "simulation");
	const json_t *documents, *action, *resource;
	json_t *resources = rq_copy(rq, json_get(in, "ResourceArns"));
	json_t *results = json_add_array(out, "EvaluationResults");
	json_t *keys = context_of(rq, in);
	size_t i, j;

	if (!who || !strstr(arn, ":role/"))
		return fault(rq, IAM_NoSuchEntityException, "%s: the lab has roles only.", arn);
	documents = iam_authority_policies(rq, who);
	if (json_array_size(resources) == 0) {
		resources = rq_array(rq);
		json_push_str(resources, "*");
	}
	json_each (json_get(in, "ActionNames"), i, action) {
		json_each (resources, j, resource) {
			struct question question = {
				.action = json_string_value(action),
				.resource = json_string_value(resource),
				.principal_arn = who->arn,
				.principal_account = rq->account,
				.keys = keys,
			};
			json_t *result = json_push_object(results);

			json_set(result, "EvalActionName", action);
			json_set(result, "EvalResourceName", resource);
			json_set_str(result, "EvalDecision", decision(documents, &question));
			json_add_array(result, "MatchedStatements");
			json_add_array(result, "MissingContextValues");
		}
	}
	json_set_bool(out, "IsTruncated", false);
	return 0;
}
