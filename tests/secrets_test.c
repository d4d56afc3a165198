/*
 * secrets_test.c - secrets, SecureStrings, keys, roles and their sessions, together: who gets to read
 * what.
 */
#include "lab/aws/trial_resource.h"
#include "lab/models/iam.h"
#include "lab/models/kms.h"
#include "lab/models/secretsmanager.h"
#include "lab/models/ssm.h"
#include "lab/models/sts.h"
#include "lab/services/iam/iam.h"
#include "lab/services/kms/kms.h"
#include "lab/services/secretsmanager/secretsmanager.h"
#include "lab/services/ssm/ssm.h"
#include "lab/services/sts/sts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const struct service *const services[] = {
	&iam_service, &kms_service, &secretsmanager_service, &ssm_service, &sts_service, NULL};
static struct trial t;

#define SM(op, ...) trial_ask(&t, &secretsmanager_model, SECRETSMANAGER_##op, __VA_ARGS__)
#define SSM(op, ...) trial_ask(&t, &ssm_model, SSM_##op, __VA_ARGS__)
#define IAM(op, ...) trial_ask(&t, &iam_model, IAM_##op, __VA_ARGS__)
#define STS(op, ...) trial_ask(&t, &sts_model, STS_##op, __VA_ARGS__)

#define Q "\\'" /* a quote in a text in a text */
#define TRUST(who)                                                                           \
	"'{" Q "Version" Q ":" Q "2012-10-17" Q "," Q "Statement" Q ":[{" Q "Effect" Q ":" Q \
	"Allow" Q "," Q "Principal" Q ":" who "," Q "Action" Q ":" Q "sts:AssumeRole" Q "}]}'"
#define ECS_TASKS "{" Q "Service" Q ":" Q "ecs-tasks.amazonaws.com" Q "}"
#define ACCOUNT "{" Q "AWS" Q ":" Q "arn:aws:iam::123456789012:root" Q "}"

static const struct principal task = {
	.kind = PRINCIPAL_SESSION,
	.arn = "arn:aws:sts::123456789012:assumed-role/Task/1",
	.user_id = "AROAX:1",
	.role = "Task",
};
static const struct principal ecs_tasks = {
	.kind = PRINCIPAL_SERVICE,
	.arn = "ecs-tasks.amazonaws.com",
	.user_id = "ecs-tasks.amazonaws.com",
	.service = "ecs-tasks.amazonaws.com",
};

static int opened(void **state)
{
	trial_open(&t, services);
	lab_set_authority(t.lab, &iam_authority);
	assert_non_null(IAM(CreateRole, "{'RoleName': 'Task', 'AssumeRolePolicyDocument': %s}",
			    TRUST(ECS_TASKS)));
	return 0;
}

static int closed(void **state)
{
	trial_close(&t);
	return 0;
}

/* Gives the role one more statement: "'Action': …, 'Resource': …", quotes as Q. */
static void grant(const char *name, const char *action, const char *resource)
{
	t.caller = lab_operator(t.lab);
	assert_non_null(IAM(PutRolePolicy,
			    "{'RoleName': 'Task', 'PolicyName': '%s', 'PolicyDocument': '{" Q
			    "Version" Q ":" Q "2012-10-17" Q "," Q "Statement" Q ":[{" Q "Effect" Q
			    ":" Q "Allow" Q "," Q "Action" Q ":" Q "%s" Q "," Q "Resource" Q ":" Q
			    "%s" Q "}]}'}",
			    name, action, resource));
	t.caller = &task;
}

static void a_secure_string_is_sealed_and_opens_for_who_may(void **state)
{
	const json_t *out;

	assert_non_null(SSM(PutParameter, "{'Name': '/s', 'Value': 's3cret', 'Type': "
					  "'SecureString'}"));
	out = SSM(GetParameter, "{'Name': '/s'}");
	assert_null(strstr(json_path_str(out, "Parameter.Value"), "s3cret"));
	out = SSM(GetParameter, "{'Name': '/s', 'WithDecryption': true}");
	assert_string_equal(json_path_str(out, "Parameter.Value"), "s3cret");
	assert_null(SSM(PutParameter, "{'Name': '/t', 'Value': 'x', 'Type': 'SecureString',"
				      " 'KeyId': 'alias/none'}"));
	assert_string_equal(t.code, "InvalidKeyId");
	assert_null(SSM(GetParameter, "{'Name': '/t'}"));
}

static void a_long_secure_string_goes_under_a_data_key(void **state)
{
	char big[5001] = "";
	const json_t *out;

	memset(big, 'x', 5000);
	assert_non_null(SSM(PutParameter,
			    "{'Name': '/big', 'Value': '%s', 'Type': 'SecureString',"
			    " 'Tier': 'Advanced'}",
			    big));
	out = SSM(GetParameters, "{'Names': ['/big'], 'WithDecryption': true}");
	assert_string_equal(json_path_str(out, "Parameters.0.Value"), big);
}

static void several_parameters_are_asked_for_one_by_one(void **state)
{
	SSM(PutParameter, "{'Name': '/a', 'Value': '1', 'Type': 'String'}");
	SSM(PutParameter, "{'Name': '/b', 'Value': '2', 'Type': 'String'}");
	grant("a", "ssm:GetParameters", "arn:aws:ssm:us-east-1:123456789012:parameter/a");
	assert_non_null(SSM(GetParameters, "{'Names': ['/a']}"));
	assert_null(SSM(GetParameters, "{'Names': ['/a', '/b']}"));
	assert_string_equal(t.code, "AccessDeniedException");
	assert_non_null(strstr(t.message, "ssm:GetParameters on resource: arn:aws:ssm:us-east-1:"
					  "123456789012:parameter/b because no identity-based"));
}

static const char *make_secret(const char *extra, char arn[128])
{
	const json_t *out = SM(CreateSecret,
			       "{'Name': 'db', 'SecretString': 'one', 'ClientRequestToken': "
			       "'11111111-1111-1111-1111-111111111111'%s}",
			       extra);

	if (!out)
		fail_msg("%s %s", t.code, t.message);
	snprintf(arn, 128, "%s", json_str(out, "ARN"));
	return arn;
}

static const char *value(const char *text)
{
	const json_t *out = SM(GetSecretValue, "%s", text);

	return out ? json_str(out, "SecretString") : t.code;
}

static void a_secret_is_found_by_its_names(void **state)
{
	char arn[128], partial[256], full[256];

	make_secret("", arn);
	assert_memory_equal(arn, "arn:aws:secretsmanager:us-east-1:123456789012:secret:db-", 56);
	assert_int_equal(strlen(arn), 62);
	snprintf(full, sizeof(full), "{'SecretId': '%s'}", arn);
	snprintf(partial, sizeof(partial), "{'SecretId': '%.55s'}", arn);
	assert_string_equal(value("{'SecretId': 'db'}"), "one");
	assert_string_equal(value(full), "one");
	assert_string_equal(value(partial), "one");
	full[strlen(full) - 3] = full[strlen(full) - 3] == 'x' ? 'y' : 'x';
	assert_string_equal(value(full), "ResourceNotFoundException");
	assert_string_equal(t.message, "Secrets Manager can't find the specified secret.");
	assert_null(SM(CreateSecret, "{'Name': 'db', 'SecretString': 'x'}"));
	assert_string_equal(t.code, "ResourceExistsException");
	assert_null(SM(CreateSecret, "{'Name': 'a b'}"));
	assert_string_equal(t.code, "ValidationException");
}

static void stages_move_and_leave_the_previous_behind(void **state)
{
	const json_t *out;
	char arn[128];

	make_secret("", arn);
	assert_non_null(SM(PutSecretValue, "{'SecretId': 'db', 'SecretString': 'two',"
					   " 'ClientRequestToken': "
					   "'22222222-2222-2222-2222-222222222222'}"));
	assert_string_equal(value("{'SecretId': 'db'}"), "two");
	assert_string_equal(value("{'SecretId': 'db', 'VersionStage': 'AWSPREVIOUS'}"), "one");
	assert_non_null(SM(PutSecretValue,
			   "{'SecretId': 'db', 'SecretString': 'three',"
			   " 'VersionStages': ['AWSPENDING'], 'ClientRequestToken': "
			   "'33333333-3333-3333-3333-333333333333'}"));
	assert_string_equal(value("{'SecretId': 'db'}"), "two");
	assert_string_equal(value("{'SecretId': 'db', 'VersionStage': 'AWSPENDING'}"), "three");

	assert_null(SM(UpdateSecretVersionStage,
		       "{'SecretId': 'db', 'VersionStage': 'AWSCURRENT', 'MoveToVersionId': "
		       "'33333333-3333-3333-3333-333333333333'}"));
	assert_string_equal(t.code, "InvalidParameterException");
	assert_non_null(SM(UpdateSecretVersionStage,
			   "{'SecretId': 'db', 'VersionStage': 'AWSCURRENT', 'MoveToVersionId': "
			   "'33333333-3333-3333-3333-333333333333', 'RemoveFromVersionId': "
			   "'22222222-2222-2222-2222-222222222222'}"));
	assert_string_equal(value("{'SecretId': 'db'}"), "three");
	assert_string_equal(value("{'SecretId': 'db', 'VersionStage': 'AWSPREVIOUS'}"), "two");
	assert_string_equal(value("{'SecretId': 'db', 'VersionId': "
				  "'11111111-1111-1111-1111-111111111111'}"),
			    "one");
	assert_string_equal(value("{'SecretId': 'db', 'VersionId': "
				  "'11111111-1111-1111-1111-111111111111', 'VersionStage': "
				  "'AWSCURRENT'}"),
			    "InvalidRequestException");

	out = SM(ListSecretVersionIds, "{'SecretId': 'db'}");
	assert_int_equal(json_array_size(json_get(out, "Versions")), 2);
	out = SM(ListSecretVersionIds, "{'SecretId': 'db', 'IncludeDeprecated': true}");
	assert_int_equal(json_array_size(json_get(out, "Versions")), 3);
	out = SM(DescribeSecret, "{'SecretId': 'db'}");
	assert_int_equal(json_object_size(json_get(out, "VersionIdsToStages")), 2);
}

static void the_same_token_again_is_the_same_version(void **state)
{
	char arn[128];

	make_secret("", arn);
	assert_non_null(SM(PutSecretValue, "{'SecretId': 'db', 'SecretString': 'one',"
					   " 'ClientRequestToken': "
					   "'11111111-1111-1111-1111-111111111111'}"));
	assert_null(SM(PutSecretValue, "{'SecretId': 'db', 'SecretString': 'other',"
				       " 'ClientRequestToken': "
				       "'11111111-1111-1111-1111-111111111111'}"));
	assert_string_equal(t.code, "ResourceExistsException");
}

static void a_deleted_secret_can_be_restored_for_a_while(void **state)
{
	char arn[128];

	make_secret("", arn);
	assert_null(SM(DeleteSecret, "{'SecretId': 'db', 'RecoveryWindowInDays': 3}"));
	assert_non_null(SM(DeleteSecret, "{'SecretId': 'db', 'RecoveryWindowInDays': 7}"));
	assert_string_equal(value("{'SecretId': 'db'}"), "InvalidRequestException");
	assert_null(SM(CreateSecret, "{'Name': 'db', 'SecretString': 'x'}"));
	assert_string_equal(t.code, "InvalidRequestException");
	assert_non_null(SM(RestoreSecret, "{'SecretId': 'db'}"));
	assert_string_equal(value("{'SecretId': 'db'}"), "one");
	assert_non_null(SM(DeleteSecret, "{'SecretId': 'db', 'RecoveryWindowInDays': 7}"));
	trial_pass(&t, 7 * DAY);
	assert_null(SM(DescribeSecret, "{'SecretId': 'db'}"));
	make_secret("", arn);
	assert_non_null(SM(DeleteSecret, "{'SecretId': 'db', 'ForceDeleteWithoutRecovery': true}"));
	assert_null(SM(DescribeSecret, "{'SecretId': 'db'}"));
}

static void who_reads_a_secret_needs_its_key_too(void **state)
{
	char arn[128], key[128], extra[160];
	const json_t *out = trial_ask(&t, &kms_model, KMS_CreateKey, "{}");

	snprintf(key, sizeof(key), "%s", json_path_str(out, "KeyMetadata.Arn"));
	snprintf(extra, sizeof(extra), ", 'KmsKeyId': '%s'", key);
	make_secret(extra, arn);

	t.caller = &task;
	assert_string_equal(value("{'SecretId': 'db'}"), "AccessDeniedException");
	assert_non_null(strstr(t.message, "secretsmanager:GetSecretValue on resource: arn:aws:"
					  "secretsmanager:us-east-1:123456789012:secret:db-"));
	grant("read", "secretsmanager:GetSecretValue", arn);
	assert_string_equal(value("{'SecretId': 'db'}"), "AccessDeniedException");
	assert_string_equal(t.message, "Access to KMS is not allowed");
	grant("key", "kms:Decrypt", key);
	assert_string_equal(value("{'SecretId': 'db'}"), "one");

	/* AWS's own key is open to the account by way of Secrets Manager. */
	t.caller = lab_operator(t.lab);
	SM(CreateSecret, "{'Name': 'other', 'SecretString': 'free'}");
	grant("read", "secretsmanager:GetSecretValue", "*");
	assert_string_equal(value("{'SecretId': 'other'}"), "free");
}

static void passwords_are_as_wished(void **state)
{
	const json_t *out;
	const char *text;
	int i;

	for (i = 0; i < 20; i++) {
		out = SM(GetRandomPassword, "{'PasswordLength': 30, 'ExcludeCharacters': "
					    "' %%+~`#$&*()|[]{}:;<>?!/@'}");
		text = json_str(out, "RandomPassword");
		assert_int_equal(strlen(text), 30);
		assert_int_equal(strcspn(text, " %+~`#$&*()|[]{}:;<>?!/@"), 30);
		assert_in_range(strcspn(text, "0123456789"), 0, 29);
		assert_in_range(strcspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"), 0, 29);
	}
	assert_null(SM(GetRandomPassword, "{'ExcludeNumbers': true, 'ExcludePunctuation': true,"
					  " 'ExcludeUppercase': true, 'ExcludeLowercase': true}"));
	assert_string_equal(t.code, "InvalidParameterException");
	assert_null(SM(GetRandomPassword, "{'PasswordLength': 3}"));
}

static void a_secret_does_not_rotate_at_once(void **state)
{
	assert_non_null(SM(CreateSecret, "{'Name': 'db', 'SecretString': 'x'}"));
	assert_null(SM(RotateSecret, "{'SecretId': 'db', 'RotateImmediately': false}"));
	assert_string_equal(t.code, "InvalidRequestException");
	assert_non_null(strstr(t.message, "No Lambda rotation function"));
	assert_null(SM(RotateSecret, "{'SecretId': 'db', 'RotationLambdaARN': "
				     "'arn:aws:lambda:us-east-1:123456789012:function:rotate'}"));
	assert_string_equal(t.code, "InvalidRequestException");
	assert_non_null(strstr(t.message, "not in the lab"));
}

static void secrets_are_listed_and_tagged(void **state)
{
	const json_t *out;
	char arn[128];

	make_secret(", 'Tags': [{'Key': 'team', 'Value': 'red'}]", arn);
	SM(CreateSecret, "{'Name': 'api', 'Description': 'key'}");
	out = SM(ListSecrets, "{}");
	assert_int_equal(json_array_size(json_get(out, "SecretList")), 2);
	out = SM(ListSecrets, "{'Filters': [{'Key': 'tag-value', 'Values': ['red']}]}");
	assert_string_equal(json_path_str(out, "SecretList.0.Name"), "db");
	out = SM(ListSecrets, "{'Filters': [{'Key': 'name', 'Values': ['!d']}]}");
	assert_string_equal(json_path_str(out, "SecretList.0.Name"), "api");
	SM(UntagResource, "{'SecretId': 'db', 'TagKeys': ['team']}");
	out = SM(ListSecrets, "{'MaxResults': 1}");
	out = SM(ListSecrets, "{'NextToken': '%s'}", json_str(out, "NextToken"));
	assert_int_equal(json_array_size(json_path(out, "SecretList.0.Tags")), 0);
	assert_string_equal(value("{'SecretId': 'api'}"), "ResourceNotFoundException");
}

static void a_role_is_assumed_by_whom_it_trusts(void **state)
{
#define ROLE "'RoleArn': 'arn:aws:iam::123456789012:role/Task', 'RoleSessionName': 'one'"
	struct arena *arena = arena_open();
	struct key_owner owner;
	char id[32];

	assert_null(STS(AssumeRole, "{" ROLE "}"));
	assert_string_equal(t.code, "AccessDenied");
	assert_int_equal(t.status, 403);
	t.caller = &ecs_tasks;
	assert_null(STS(AssumeRole, "{" ROLE ", 'DurationSeconds': 7200}"));
	assert_string_equal(t.code, "ValidationError");
	assert_non_null(STS(AssumeRole, "{" ROLE "}"));
	assert_string_equal(json_path_str(t.out, "AssumedRoleUser.Arn"),
			    "arn:aws:sts::123456789012:assumed-role/Task/one");
	snprintf(id, sizeof(id), "%s", json_path_str(t.out, "Credentials.AccessKeyId"));
	assert_true(lab_find_key(t.lab, arena, id, &owner));
	assert_string_equal(owner.principal.role, "Task");
	assert_string_equal(owner.secret_access_key,
			    json_path_str(t.out, "Credentials.SecretAccessKey"));

	/* A role made anew is another role. */
	t.caller = lab_operator(t.lab);
	IAM(DeleteRole, "{'RoleName': 'Task'}");
	assert_false(lab_find_key(t.lab, arena, id, &owner));
	IAM(CreateRole, "{'RoleName': 'Task', 'AssumeRolePolicyDocument': %s}", TRUST(ACCOUNT));
	assert_false(lab_find_key(t.lab, arena, id, &owner));
	assert_non_null(STS(AssumeRole, "{" ROLE "}"));
	arena_close(arena);
}

static void a_session_needs_leave_to_assume_where_the_account_is_trusted(void **state)
{
	IAM(CreateRole, "{'RoleName': 'Deploy', 'AssumeRolePolicyDocument': %s}", TRUST(ACCOUNT));
	t.caller = &task;
	assert_null(STS(AssumeRole, "{'RoleArn': 'arn:aws:iam::123456789012:role/Deploy',"
				    " 'RoleSessionName': 'two'}"));
	assert_non_null(strstr(t.message, "because no identity-based policy allows"));
	grant("go", "sts:AssumeRole", "arn:aws:iam::123456789012:role/Deploy");
	assert_non_null(STS(AssumeRole, "{'RoleArn': 'arn:aws:iam::123456789012:role/Deploy',"
					" 'RoleSessionName': 'two'}"));
	assert_non_null(STS(GetCallerIdentity, "{}"));
	assert_string_equal(json_str(t.out, "Arn"), task.arn);
	assert_null(STS(GetSessionToken, "{}"));
	t.caller = lab_operator(t.lab);
	assert_non_null(STS(GetSessionToken, "{}"));
}

static void make_database_secret(struct request *rq, void *user)
{
	const struct resource *type = lab_resource(rq->lab, "AWS::SecretsManager::Secret");
	AUTO_JSON json_t *props = trial_tree(
		"{'Description': 'd', 'GenerateSecretString': {'ExcludeCharacters': ' /@',"
		" 'GenerateStringKey': 'password', 'PasswordLength': '30',"
		" 'SecretStringTemplate': '{" Q "username" Q ":" Q "golden" Q "}'}}");
	AUTO_JSON json_t *changed = json_deep_copy(props);
	struct cfn_resource r = {.stack_name = "S", .logical_id = "DbSecret", .props = props};
	json_t *in = rq_object(rq), *out = rq_object(rq), *again = rq_object(rq);
	AUTO_JSON json_t *secret = NULL;
	const char *text;

	assert_int_equal(type->create(rq, &r, &r.physical_id), 0);
	assert_non_null(strstr(r.physical_id, ":secret:DbSecret-"));
	json_set_str(in, "SecretId", r.physical_id);
	assert_int_equal(aws_call(rq, rq->caller, &secretsmanager_model,
				  SECRETSMANAGER_GetSecretValue, in, out),
			 0);
	assert_memory_equal(json_str(out, "SecretString"),
			    "{\"username\":\"golden\",\"password\":\"", 33);
	/* In the text a quote or backslash of the password takes two characters. */
	text = json_str(out, "SecretString");
	secret = json_read(text, strlen(text));
	assert_int_equal(strlen(json_str(secret, "password")), 30);

	/* A new description does not make a new password. */
	json_set_str(changed, "Description", "e");
	r.props = changed;
	assert_int_equal(type->update(rq, &r, props), 0);
	assert_int_equal(aws_call(rq, rq->caller, &secretsmanager_model,
				  SECRETSMANAGER_GetSecretValue, in, again),
			 0);
	assert_string_equal(json_str(out, "SecretString"), json_str(again, "SecretString"));
	assert_int_equal(type->delete (rq, &r), 0);
	assert_int_equal(type->delete (rq, &r), 0);
}

static void a_template_makes_a_secret_with_a_password(void **state)
{
	trial_within(&t, &secretsmanager_model, make_database_secret, NULL);
}

#define SCHEDULE "AWS::SecretsManager::RotationSchedule"
#define POLICY "AWS::SecretsManager::ResourcePolicy"

static void what_hangs_on_a_secret_comes_and_goes_with_its_stack(void **state)
{
	static const char schedule[] = "{'SecretId': 'hung', 'RotationLambdaARN': "
				       "'arn:aws:lambda:us-east-1:123456789012:function:rotate', "
				       "'RotationRules': {'AutomaticallyAfterDays': 30}}";
	static const char policy[] =
		"{'SecretId': 'hung', 'ResourcePolicy': {'Version': '2012-10-17', 'Statement': "
		"[{'Effect': 'Deny', 'Principal': '*', 'Action': "
		"'secretsmanager:DeleteSecret', 'Resource': '*'}]}}";
	const char *id;
	const json_t *out;

	assert_non_null(SM(CreateSecret, "{'Name': 'hung', 'SecretString': 'x'}"));
	id = trial_make(&t, &secretsmanager_service, SCHEDULE, schedule);
	assert_non_null(id);
	out = SM(DescribeSecret, "{'SecretId': 'hung'}");
	assert_string_equal(json_str(out, "ARN"), id);
	assert_true(json_bool_or(out, "RotationEnabled", false));
	assert_int_equal(json_int_or(json_get(out, "RotationRules"), "AutomaticallyAfterDays", 0),
			 30);
	assert_null(SM(RotateSecret, "{'SecretId': 'hung'}"));
	assert_string_equal(t.code, "InvalidRequestException");
	assert_true(trial_unmake(&t, &secretsmanager_service, SCHEDULE, id, schedule));
	out = SM(DescribeSecret, "{'SecretId': 'hung'}");
	assert_false(json_bool_or(out, "RotationEnabled", true));

	id = trial_make(&t, &secretsmanager_service, POLICY, policy);
	assert_non_null(id);
	assert_non_null(json_str(SM(GetResourcePolicy, "{'SecretId': 'hung'}"), "ResourcePolicy"));
	assert_true(trial_unmake(&t, &secretsmanager_service, POLICY, id, policy));
	assert_null(json_str(SM(GetResourcePolicy, "{'SecretId': 'hung'}"), "ResourcePolicy"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, opened, closed)
	const struct CMUnitTest tests[] = {
		TEST(a_secure_string_is_sealed_and_opens_for_who_may),
		TEST(a_long_secure_string_goes_under_a_data_key),
		TEST(several_parameters_are_asked_for_one_by_one),
		TEST(a_secret_is_found_by_its_names),
		TEST(stages_move_and_leave_the_previous_behind),
		TEST(the_same_token_again_is_the_same_version),
		TEST(a_deleted_secret_can_be_restored_for_a_while),
		TEST(who_reads_a_secret_needs_its_key_too),
		TEST(passwords_are_as_wished),
		TEST(a_secret_does_not_rotate_at_once),
		TEST(secrets_are_listed_and_tagged),
		TEST(a_role_is_assumed_by_whom_it_trusts),
		TEST(a_session_needs_leave_to_assume_where_the_account_is_trusted),
		TEST(a_template_makes_a_secret_with_a_password),
		TEST(what_hangs_on_a_secret_comes_and_goes_with_its_stack),
	};

	return cmocka_run_group_tests_name("secrets", tests, NULL, NULL);
}
