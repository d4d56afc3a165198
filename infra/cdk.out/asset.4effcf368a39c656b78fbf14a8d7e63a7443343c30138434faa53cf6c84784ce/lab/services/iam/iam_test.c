/*
 * iam_test.c - roles and policies, and what they let their sessions do.
 */
#include "lab/services/iam/iam.h"
#include "lab/aws/trial.h"
#include "lab/models/iam.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const struct service *const services[] = {&iam_service, NULL};
static struct trial t;

#define TRUST                                                                                \
	"'{\\'Version\\':\\'2012-10-17\\',\\'Statement\\':[{\\'Effect\\':\\'Allow\\',"       \
	"\\'Principal\\':{\\'Service\\':\\'ecs-tasks.amazonaws.com\\'},\\'Action\\':\\'sts:" \
	"AssumeRole\\'}]}'"
#define MAY_GET_ROLE                                                                       \
	"'{\\'Version\\':\\'2012-10-17\\',\\'Statement\\':[{\\'Effect\\':\\'Allow\\',"     \
	"\\'Action\\':\\'iam:GetRole\\',\\'Resource\\':\\'arn:aws:iam::123456789012:role/" \
	"Task\\'}]}'"

static const json_t *ask(int op, const char *text)
{
	return trial_ask(&t, &iam_model, op, "%s", text);
}

static int opened(void **state)
{
	trial_open(&t, services);
	lab_set_authority(t.lab, &iam_authority);
	assert_non_null(
		ask(IAM_CreateRole, "{'RoleName': 'Task', 'AssumeRolePolicyDocument': " TRUST "}"));
	return 0;
}

static int closed(void **state)
{
	trial_close(&t);
	return 0;
}

static void a_role_is_made_once(void **state)
{
	const json_t *out;

	assert_null(
		ask(IAM_CreateRole, "{'RoleName': 'Task', 'AssumeRolePolicyDocument': " TRUST "}"));
	assert_string_equal(t.code, "EntityAlreadyExists");
	assert_int_equal(t.status, 409);
	out = ask(IAM_GetRole, "{'RoleName': 'Task'}");
	assert_string_equal(json_path_str(out, "Role.Arn"), "arn:aws:iam::123456789012:role/Task");
	assert_memory_equal(json_path_str(out, "Role.AssumeRolePolicyDocument"), "%7B%22Version",
			    13);
	assert_null(ask(IAM_GetRole, "{'RoleName': 'Other'}"));
	assert_string_equal(t.code, "NoSuchEntity");
	assert_string_equal(t.message, "The role with name Other cannot be found.");
	assert_int_equal(t.status, 404);
}

static void a_bad_document_is_refused(void **state)
{
	assert_null(ask(IAM_CreateRole, "{'RoleName': 'X', 'AssumeRolePolicyDocument': '{}'}"));
	assert_string_equal(t.code, "MalformedPolicyDocument");
	assert_null(ask(IAM_PutRolePolicy, "{'RoleName': 'Task', 'PolicyName': 'p',"
					   " 'PolicyDocument': 'nonsense'}"));
	assert_string_equal(t.code, "MalformedPolicyDocument");
}

static void a_role_with_policies_stays(void **state)
{
	assert_non_null(ask(IAM_PutRolePolicy, "{'RoleName': 'Task', 'PolicyName': 'p',"
					       " 'PolicyDocument': " MAY_GET_ROLE "}"));
	assert_non_null(ask(IAM_AttachRolePolicy,
			    "{'RoleName': 'Task', 'PolicyArn': 'arn:aws:iam::aws:policy/"
			    "service-role/AWSLambdaBasicExecutionRole'}"));
	assert_null(ask(IAM_AttachRolePolicy, "{'RoleName': 'Task', 'PolicyArn': "
					      "'arn:aws:iam::123456789012:policy/none'}"));
	assert_string_equal(t.code, "NoSuchEntity");
	assert_null(ask(IAM_DeleteRole, "{'RoleName': 'Task'}"));
	assert_string_equal(t.code, "DeleteConflict");
	assert_non_null(ask(IAM_DetachRolePolicy,
			    "{'RoleName': 'Task', 'PolicyArn': 'arn:aws:iam::aws:policy/"
			    "service-role/AWSLambdaBasicExecutionRole'}"));
	assert_null(ask(IAM_DeleteRole, "{'RoleName': 'Task'}"));
	assert_non_null(ask(IAM_DeleteRolePolicy, "{'RoleName': 'Task', 'PolicyName': 'p'}"));
	assert_non_null(ask(IAM_DeleteRole, "{'RoleName': 'Task'}"));
}

static void a_session_may_what_its_role_was_granted(void **state)
{
	const struct principal session = {
		.kind = PRINCIPAL_SESSION,
		.arn = "arn:aws:sts::123456789012:assumed-role/Task/1",
		.user_id = "AROAX:1",
		.role = "Task",
	};

	t.caller = &session;
	assert_null(ask(IAM_GetRole, "{'RoleName': 'Task'}"));
	assert_string_equal(t.code, "AccessDenied");
	assert_string_equal(t.message,
			    "User: arn:aws:sts::123456789012:assumed-role/Task/1 is not authorized "
			    "to perform: iam:GetRole on resource: "
			    "arn:aws:iam::123456789012:role/Task because no identity-based policy "
			    "allows the iam:GetRole action");
	t.caller = lab_operator(t.lab);
	assert_non_null(ask(IAM_PutRolePolicy, "{'RoleName': 'Task', 'PolicyName': 'p',"
					       " 'PolicyDocument': " MAY_GET_ROLE "}"));
	t.caller = &session;
	assert_non_null(ask(IAM_GetRole, "{'RoleName': 'Task'}"));
	assert_null(ask(IAM_ListRoles, "{}"));

	t.caller = lab_operator(t.lab);
	assert_non_null(ask(IAM_AttachRolePolicy,
			    "{'RoleName': 'Task', 'PolicyArn': "
			    "'arn:aws:iam::aws:policy/AdministratorAccess'}"));
	t.caller = &session;
	assert_non_null(ask(IAM_ListRoles, "{}"));
}

static void managed_policies_have_versions(void **state)
{
#define ARN "'arn:aws:iam::123456789012:policy/own'"
	const json_t *out =
		ask(IAM_CreatePolicy, "{'PolicyName': 'own', 'PolicyDocument': " MAY_GET_ROLE "}");

	assert_string_equal(json_path_str(out, "Policy.DefaultVersionId"), "v1");
	out = ask(IAM_CreatePolicyVersion, "{'PolicyArn': " ARN ", 'SetAsDefault': true,"
					   " 'PolicyDocument': " MAY_GET_ROLE "}");
	assert_string_equal(json_path_str(out, "PolicyVersion.VersionId"), "v2");
	assert_null(ask(IAM_DeletePolicy, "{'PolicyArn': " ARN "}"));
	assert_null(ask(IAM_DeletePolicyVersion, "{'PolicyArn': " ARN ", 'VersionId': 'v2'}"));
	assert_non_null(ask(IAM_DeletePolicyVersion, "{'PolicyArn': " ARN ", 'VersionId': 'v1'}"));
	out = ask(IAM_GetPolicyVersion, "{'PolicyArn': " ARN ", 'VersionId': 'v2'}");
	assert_true(json_bool_or(json_path(out, "PolicyVersion"), "IsDefaultVersion", false));
	out = ask(IAM_ListPolicies, "{'Scope': 'Local'}");
	assert_int_equal(json_array_size(json_get(out, "Policies")), 1);
	assert_non_null(ask(IAM_DeletePolicy, "{'PolicyArn': " ARN "}"));
	out = ask(IAM_GetPolicyVersion, "{'PolicyArn': 'arn:aws:iam::aws:policy/"
					"AWSCodeDeployRoleForECS', 'VersionId': 'v3'}");
	assert_non_null(json_path_str(out, "PolicyVersion.Document"));
}

static void lists_come_in_pages(void **state)
{
	const json_t *out;

	ask(IAM_CreateRole, "{'RoleName': 'A', 'AssumeRolePolicyDocument': " TRUST "}");
	ask(IAM_CreateRole, "{'RoleName': 'Z', 'AssumeRolePolicyDocument': " TRUST "}");
	out = ask(IAM_ListRoles, "{'MaxItems': 2}");
	assert_true(json_bool_or(out, "IsTruncated", false));
	assert_string_equal(json_str(out, "Marker"), "Task");
	out = ask(IAM_ListRoles, "{'MaxItems': 2, 'Marker': 'Task'}");
	assert_string_equal(json_path_str(out, "Roles.0.RoleName"), "Z");
	assert_false(json_bool_or(out, "IsTruncated", true));
}

static void service_linked_roles_are_there_when_named(void **state)
{
	const json_t *out = ask(IAM_GetRole, "{'RoleName': 'AWSServiceRoleForECS'}");

	assert_string_equal(json_path_str(out, "Role.Path"),
			    "/aws-service-role/ecs.amazonaws.com/");
	assert_null(ask(IAM_CreateServiceLinkedRole, "{'AWSServiceName': 'ecs.amazonaws.com'}"));
	assert_string_equal(t.code, "InvalidInput");
}

static void policies_can_be_tried_out(void **state)
{
	const json_t *out;

	ask(IAM_PutRolePolicy,
	    "{'RoleName': 'Task', 'PolicyName': 'p', 'PolicyDocument': " MAY_GET_ROLE "}");
	out = ask(IAM_SimulatePrincipalPolicy,
		  "{'PolicySourceArn': 'arn:aws:iam::123456789012:role/Task',"
		  " 'ActionNames': ['iam:GetRole', 'iam:DeleteRole'],"
		  " 'ResourceArns': ['arn:aws:iam::123456789012:role/Task']}");
	assert_string_equal(json_path_str(out, "EvaluationResults.0.EvalDecision"), "allowed");
	assert_string_equal(json_path_str(out, "EvaluationResults.1.EvalDecision"), "implicitDeny");
}

static void make_and_change(struct request *rq, void *user)
{
	const struct resource *role_type = lab_resource(rq->lab, "AWS::IAM::Role");
	const struct resource *policy_type = lab_resource(rq->lab, "AWS::IAM::Policy");
	AUTO_JSON json_t *props = trial_tree(
		"{'AssumeRolePolicyDocument': {'Statement': [{'Action': 'sts:AssumeRole',"
		" 'Effect': 'Allow', 'Principal': {'Service': 'lambda.amazonaws.com'}}]},"
		" 'ManagedPolicyArns': ['arn:aws:iam::aws:policy/AdministratorAccess'],"
		" 'Policies': [{'PolicyName': 'in', 'PolicyDocument': {'Statement': [{'Action': "
		"'*',"
		" 'Effect': 'Allow', 'Resource': '*'}]}}]}");
	AUTO_JSON json_t *less = json_deep_copy(props);
	AUTO_JSON json_t *policy_props = NULL;
	struct cfn_resource r = {.stack_name = "Golden", .logical_id = "Role", .props = props};
	struct cfn_resource p = {.stack_name = "Golden", .logical_id = "Policy"};
	const json_t *role;

	assert_int_equal(role_type->create(rq, &r, &r.physical_id), 0);
	assert_memory_equal(r.physical_id, "Golden-Role-", 12);
	AUTO_JSON json_t *arn = role_type->get_att(rq, &r, "Arn");

	assert_non_null(strstr(json_string_value(arn), r.physical_id));
	policy_props = trial_tree("{'PolicyName': 'more', 'PolicyDocument': {'Statement': [{"
				  "'Action': 's3:*', 'Effect': 'Allow', 'Resource': '*'}]}}");
	json_push_str(json_add_array(policy_props, "Roles"), r.physical_id);
	p.props = policy_props;
	assert_int_equal(policy_type->create(rq, &p, &p.physical_id), 0);

	json_drop(less, "ManagedPolicyArns");
	json_drop(less, "Policies");
	r.props = less;
	assert_int_equal(role_type->update(rq, &r, props), 0);
	role = lab_role(rq, r.physical_id);
	assert_int_equal(json_array_size(json_get(role, "_Attached")), 0);
	assert_int_equal(json_object_size(json_get(role, "_Inline")), 1);

	assert_int_equal(policy_type->delete (rq, &p), 0);
	assert_int_equal(role_type->delete (rq, &r), 0);
	assert_int_equal(role_type->delete (rq, &r), 0);
	assert_null(lab_role(rq, r.physical_id));
}

static void a_template_makes_roles_and_policies(void **state)
{
	trial_within(&t, &iam_model, make_and_change, NULL);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, opened, closed)
	const struct CMUnitTest tests[] = {
		TEST(a_role_is_made_once),
		TEST(a_bad_document_is_refused),
		TEST(a_role_with_policies_stays),
		TEST(a_session_may_what_its_role_was_granted),
		TEST(managed_policies_have_versions),
		TEST(lists_come_in_pages),
		TEST(service_linked_roles_are_there_when_named),
		TEST(policies_can_be_tried_out),
		TEST(a_template_makes_roles_and_policies),
	};

	return cmocka_run_group_tests_name("iam", tests, NULL, NULL);
}
