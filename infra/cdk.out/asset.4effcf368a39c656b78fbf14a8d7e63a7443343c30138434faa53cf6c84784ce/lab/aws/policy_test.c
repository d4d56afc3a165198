/*
 * policy_test.c - what policies say, a row a question.
 */
#include "lab/aws/policy.h"
#include "lib/base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SESSION "arn:aws:sts::123456789012:assumed-role/Task/5f0c"
#define PARAMETER "arn:aws:ssm:us-east-1:123456789012:parameter/golden/failure_mode"
#define KEYS                                                                         \
	"{'aws:SecureTransport': 'true', 'aws:PrincipalArn': '" SESSION              \
	"', 'aws:SourceIp': '127.0.0.1', 'aws:CurrentTime': '2026-11-23T07:00:00Z'," \
	" 'aws:userid': 'AROAX:5f0c', 's3:max-keys': '10', 'aws:username': null,"    \
	" 'kms:ViaService': 'secretsmanager.us-east-1.amazonaws.com',"               \
	" 'aws:TagKeys': ['team', 'cost'], 'star': 'a*c', 'one': ['x'],"             \
	" 'arn': 'arn:aws:sns:us-east-1:123456789012:golden-alarms', 'none': []}"

/* In these tables ' stands for ". */
static json_t *tree_of(const char *text)
{
	AUTO_FREE char *json = mem_strdup(text);
	json_t *tree;
	char *at;

	for (at = json; (at = strchr(at, '\'')); at++)
		*at = '"';
	tree = json_read(json, strlen(json));
	if (!tree)
		fail_msg("no JSON: %s", text);
	return tree;
}

static struct question question_of(const char *action, const char *resource, const json_t *keys)
{
	return (struct question){
		.action = action,
		.resource = resource,
		.principal_arn = SESSION,
		.principal_account = "123456789012",
		.keys = keys,
	};
}

static const char *const verdicts[] = {
	[VERDICT_NONE] = "none", [VERDICT_ALLOW] = "allow", [VERDICT_DENY] = "deny"};

struct statement_row {
	const char *statement; /* without Effect, braces off */
	const char *action;
	const char *resource;
	const char *allow; /* what it says with Effect Allow … */
	const char *deny;  /* … and with Deny */
};

#define GET "ssm:GetParameter"
#define YES "allow", "deny"
#define NO "none", "none"
#define UNSURE "none", "deny" /* what we do not know lets nobody in */

static const struct statement_row statement_rows[] = {
	/* actions */
	{"'Action': 'ssm:GetParameter', 'Resource': '*'", GET, PARAMETER, YES},
	{"'Action': 'SSM:getparameter', 'Resource': '*'", GET, PARAMETER, YES},
	{"'Action': 'ssm:Get*', 'Resource': '*'", GET, PARAMETER, YES},
	{"'Action': 'ssm:GetParameters', 'Resource': '*'", GET, PARAMETER, NO},
	{"'Action': 'ssm:GetParamete?', 'Resource': '*'", GET, PARAMETER, YES},
	{"'Action': '*', 'Resource': '*'", GET, PARAMETER, YES},
	{"'Action': ['s3:*', 'ssm:*'], 'Resource': '*'", GET, PARAMETER, YES},
	{"'Action': [], 'Resource': '*'", GET, PARAMETER, NO},
	{"'NotAction': 'ssm:Get*', 'Resource': '*'", GET, PARAMETER, NO},
	{"'NotAction': 'iam:*', 'Resource': '*'", GET, PARAMETER, YES},
	{"'Resource': '*'", GET, PARAMETER, NO},
	/* resources */
	{"'Action': '*', 'Resource': '" PARAMETER "'", GET, PARAMETER, YES},
	{"'Action': '*', 'Resource': '" PARAMETER "'", GET, "*", NO},
	{"'Action': '*', 'Resource': '*'", GET, "*", YES},
	{"'Action': '*', 'Resource': 'arn:aws:ssm:*:*:parameter/golden/*'", GET, PARAMETER, YES},
	{"'Action': '*', 'Resource': 'arn:aws:ssm:*:parameter/golden/*'", GET, PARAMETER, NO},
	{"'Action': '*', 'Resource': 'arn:aws:ssm:*'", GET, PARAMETER, NO},
	{"'Action': '*', 'Resource': 'arn:aws:ssm:*:*:*'", GET, PARAMETER, YES},
	{"'Action': '*', 'Resource': 'ARN:aws:ssm:*:*:*'", GET, PARAMETER, NO},
	{"'Action': '*', 'Resource': ['x', '" PARAMETER "']", GET, PARAMETER, YES},
	{"'Action': '*', 'NotResource': '" PARAMETER "'", GET, PARAMETER, NO},
	{"'Action': '*', 'NotResource': 'arn:aws:s3:::*'", GET, PARAMETER, YES},
	{"'Action': '*', 'Resource': 'arn:aws:s3:::logs/*'", "s3:PutObject",
	 "arn:aws:s3:::logs/a:b/c", YES},
	{"'Action': '*', 'Resource': 'arn:aws:logs:us-east-1:123456789012:log-group:app:*'",
	 "logs:PutLogEvents", "arn:aws:logs:us-east-1:123456789012:log-group:app:log-stream:x",
	 YES},
	/* variables */
	{"'Action': '*', 'Resource': 'arn:aws:s3:::home/${aws:userid}/*'", "s3:GetObject",
	 "arn:aws:s3:::home/AROAX:5f0c/x", YES},
	{"'Action': '*', 'Resource': 'arn:aws:s3:::home/${aws:username}/*'", "s3:GetObject",
	 "arn:aws:s3:::home//x", NO},
	{"'Action': '*', 'NotResource': 'arn:aws:s3:::home/${aws:username}/*'", "s3:GetObject",
	 "arn:aws:s3:::home/x/y", UNSURE},
	{"'Action': '*', 'Resource': 'arn:aws:s3:::b/${star}'", "s3:GetObject",
	 "arn:aws:s3:::b/abc", NO},
	{"'Action': '*', 'Resource': 'arn:aws:s3:::b/${star}'", "s3:GetObject",
	 "arn:aws:s3:::b/a*c", YES},
	{"'Action': '*', 'Resource': 'arn:aws:s3:::b/${*}'", "s3:GetObject", "arn:aws:s3:::b/*",
	 YES},
	{"'Action': '*', 'Resource': 'arn:aws:s3:::b/${*}'", "s3:GetObject", "arn:aws:s3:::b/x",
	 NO},
	{"'Action': '*', 'Resource': 'arn:aws:s3:::b/${unclosed'", "s3:GetObject",
	 "arn:aws:s3:::b/${unclosed", YES},
};

static void check_row(const struct statement_row *row, const char *effect, const char *wanted)
{
	AUTO_FREE char *text = mem_fmt("{'Version': '2012-10-17', 'Statement': [{'Effect': '%s', "
				       "%s}]}",
				       effect, row->statement);
	AUTO_JSON json_t *document = tree_of(text);
	AUTO_JSON json_t *keys = tree_of(KEYS);
	struct question question = question_of(row->action, row->resource, keys);
	const char *said = verdicts[policy_identity(document, &question)];

	if (strcmp(said, wanted) != 0)
		fail_msg("%s %s: %s says %s, not %s", row->action, row->resource, text, said,
			 wanted);
}

static void statements_speak_of_their_actions_and_resources(void **state)
{
	size_t i;

	for (i = 0; i < array_len(statement_rows); i++) {
		check_row(&statement_rows[i], "Allow", statement_rows[i].allow);
		check_row(&statement_rows[i], "Deny", statement_rows[i].deny);
	}
}

struct condition_row {
	const char *condition;
	const char *allow;
	const char *deny;
};

static const struct condition_row condition_rows[] = {
	{"'StringEquals': {'aws:userid': 'AROAX:5f0c'}", YES},
	{"'StringEquals': {'AWS:UserId': 'AROAX:5f0c'}", YES},
	{"'StringEquals': {'aws:userid': 'aroax:5f0c'}", NO},
	{"'StringEqualsIgnoreCase': {'aws:userid': 'aroax:5f0c'}", YES},
	{"'StringNotEqualsIgnoreCase': {'aws:userid': 'aroax:5f0c'}", NO},
	{"'StringEquals': {'aws:userid': ['x', 'AROAX:5f0c']}", YES},
	{"'StringNotEquals': {'aws:userid': ['x', 'AROAX:5f0c']}", NO},
	{"'StringNotEquals': {'aws:userid': ['x', 'y']}", YES},
	{"'StringEquals': {'aws:userid': 'AROAX*'}", NO},
	{"'StringLike': {'aws:userid': 'AROAX*'}", YES},
	{"'StringNotLike': {'aws:userid': 'AROAX*'}", NO},
	{"'StringEquals': {'aws:userid': '${aws:userid}'}", YES},
	{"'StringEquals': {'aws:userid': '${aws:username}'}", NO},
	{"'StringNotEquals': {'aws:userid': '${aws:username}'}", UNSURE},
	{"'StringEquals': {'kms:ViaService': 'secretsmanager.us-east-1.amazonaws.com'}", YES},
	{"'StringEquals': {'kms:ViaService': 'rds.us-east-1.amazonaws.com'}", NO},
	/* absent */
	{"'StringEquals': {'aws:SourceArn': 'x'}", NO},
	{"'StringNotEquals': {'aws:SourceArn': 'x'}", YES},
	{"'StringEqualsIfExists': {'aws:SourceArn': 'x'}", YES},
	{"'StringEqualsIfExists': {'aws:userid': 'x'}", NO},
	{"'Null': {'aws:SourceArn': 'true'}", YES},
	{"'Null': {'aws:SourceArn': true}", YES},
	{"'Null': {'aws:SourceArn': 'false'}", NO},
	{"'Null': {'aws:userid': 'false'}", YES},
	{"'Null': {'aws:username': 'true'}", YES},
	{"'Null': {'aws:userid': 'perhaps'}", UNSURE},
	/* unknown */
	{"'StringEquals': {'aws:SourceVpce': 'vpce-1'}", UNSURE},
	{"'StringNotEquals': {'aws:SourceVpce': 'vpce-1'}", UNSURE},
	{"'StringEqualsIfExists': {'aws:SourceVpce': 'vpce-1'}", UNSURE},
	{"'Null': {'aws:SourceVpce': 'true'}", UNSURE},
	{"'StringResembles': {'aws:userid': 'AROAX:5f0c'}", UNSURE},
	{"'StringResembles': {'aws:userid': 'x'}, 'StringEquals': {'aws:userid': 'x'}", NO},
	{"'StringEquals': {'aws:SourceVpce': 'v', 'aws:userid': 'AROAX:5f0c'}", UNSURE},
	{"'StringEquals': 'x'", UNSURE},
	{"'StringEquals': {'aws:userid': {}}", UNSURE},
	/* numbers, dates, booleans */
	{"'NumericEquals': {'s3:max-keys': '10.0'}", YES},
	{"'NumericEquals': {'s3:max-keys': 10}", YES},
	{"'NumericNotEquals': {'s3:max-keys': 10}", NO},
	{"'NumericLessThan': {'s3:max-keys': 10}", NO},
	{"'NumericLessThanEquals': {'s3:max-keys': 10}", YES},
	{"'NumericGreaterThan': {'s3:max-keys': 9.5}", YES},
	{"'NumericGreaterThanEquals': {'s3:max-keys': 11}", NO},
	{"'NumericLessThan': {'s3:max-keys': 'ten'}", UNSURE},
	{"'NumericLessThan': {'aws:userid': 10}", UNSURE},
	{"'DateGreaterThan': {'aws:CurrentTime': '2026-11-23'}", YES},
	{"'DateGreaterThan': {'aws:CurrentTime': '2026-11-23T07:00:01Z'}", NO},
	{"'DateLessThan': {'aws:CurrentTime': '1795417300'}", YES},
	{"'DateLessThanEquals': {'aws:CurrentTime': '2026-11-23T07:00:00Z'}", YES},
	{"'DateNotEquals': {'aws:CurrentTime': '2026-11-23T07:00:00Z'}", NO},
	{"'DateEquals': {'aws:CurrentTime': '2026-11-23T08:00:00+01:00'}", YES},
	{"'DateLessThan': {'aws:CurrentTime': 'tomorrow'}", UNSURE},
	{"'Bool': {'aws:SecureTransport': 'true'}", YES},
	{"'Bool': {'aws:SecureTransport': 'False'}", NO},
	{"'Bool': {'aws:SecureTransport': false}", NO},
	{"'Bool': {'aws:SecureTransport': true}", YES},
	{"'Bool': {'aws:SecureTransport': 'perhaps'}", UNSURE},
	{"'BoolIfExists': {'aws:MultiFactorAuthPresent': 'false'}", YES},
	/* addresses */
	{"'IpAddress': {'aws:SourceIp': '127.0.0.0/8'}", YES},
	{"'IpAddress': {'aws:SourceIp': '127.0.0.1'}", YES},
	{"'IpAddress': {'aws:SourceIp': '127.0.0.2/31'}", NO},
	{"'IpAddress': {'aws:SourceIp': ['10.0.0.0/8', '127.0.0.0/31']}", YES},
	{"'NotIpAddress': {'aws:SourceIp': ['10.0.0.0/8', '127.0.0.0/31']}", NO},
	{"'IpAddress': {'aws:SourceIp': '::1/128'}", NO},
	{"'IpAddress': {'aws:SourceIp': '0.0.0.0/0'}", YES},
	{"'IpAddress': {'aws:SourceIp': '127.0.0.0/33'}", UNSURE},
	{"'NotIpAddress': {'aws:SourceIp': 'home'}", UNSURE},
	/* ARNs */
	{"'ArnEquals': {'arn': 'arn:aws:sns:*:*:golden-*'}", YES},
	{"'ArnLike': {'arn': 'arn:aws:sns:us-east-1:123456789012:golden-alarm?'}", YES},
	{"'ArnLike': {'arn': 'arn:aws:sns:*:golden-alarms'}", NO},
	{"'ArnNotLike': {'arn': 'arn:aws:sns:*:*:golden-*'}", NO},
	{"'ArnNotEquals': {'arn': 'arn:aws:sqs:*:*:*'}", YES},
	/* several values */
	{"'ForAnyValue:StringEquals': {'aws:TagKeys': ['team', 'owner']}", YES},
	{"'ForAnyValue:StringEquals': {'aws:TagKeys': ['owner']}", NO},
	{"'ForAllValues:StringEquals': {'aws:TagKeys': ['team', 'owner']}", NO},
	{"'ForAllValues:StringEquals': {'aws:TagKeys': ['team', 'cost', 'owner']}", YES},
	{"'ForAnyValue:StringNotEquals': {'aws:TagKeys': ['team']}", YES},
	{"'ForAllValues:StringNotEquals': {'aws:TagKeys': ['team']}", NO},
	{"'ForAllValues:StringLike': {'aws:TagKeys': ['t*', 'c*']}", YES},
	{"'ForAllValues:StringEquals': {'none': ['x']}", YES},
	{"'ForAnyValue:StringEquals': {'none': ['x']}", NO},
	{"'ForAllValues:StringEquals': {'aws:SourceArn': ['x']}", YES},
	{"'ForAnyValue:StringEquals': {'aws:SourceArn': ['x']}", NO},
	{"'ForAnyValue:StringEqualsIfExists': {'aws:SourceArn': ['x']}", YES},
	{"'ForAnyValue:StringNotEquals': {'aws:SourceArn': ['x']}", NO},
	{"'StringEquals': {'aws:TagKeys': 'team'}", UNSURE},
	{"'StringEquals': {'one': 'x'}", YES},
	/* AND */
	{"'StringEquals': {'aws:userid': 'AROAX:5f0c', 's3:max-keys': '11'}", NO},
	{"'Bool': {'aws:SecureTransport': 'true'}, 'IpAddress': {'aws:SourceIp': '::/0'}", NO},
	{"", YES},
};

static void conditions_never_let_in_what_they_do_not_know(void **state)
{
	size_t i;

	for (i = 0; i < array_len(condition_rows); i++) {
		AUTO_FREE char *text = mem_fmt("'Action': '*', 'Resource': '*', 'Condition': {%s}",
					       condition_rows[i].condition);
		struct statement_row row = {text, GET, PARAMETER, NULL, NULL};

		check_row(&row, "Allow", condition_rows[i].allow);
		check_row(&row, "Deny", condition_rows[i].deny);
	}
}

static void a_variable_may_have_a_default(void **state)
{
	AUTO_JSON json_t *document = json_pack("{s:s, s:{s:s, s:s, s:s}}", "Version", "2012-10-17",
					       "Statement", "Effect", "Allow", "Action", "*",
					       "Resource", "arn:aws:s3:::b/${aws:username, 'all'}");
	AUTO_JSON json_t *keys = tree_of(KEYS);
	struct question question = question_of("s3:GetObject", "arn:aws:s3:::b/all", keys);

	assert_int_equal(policy_identity(document, &question), VERDICT_ALLOW);
	json_set_str(document, "Version", "2008-10-17");
	assert_int_equal(policy_identity(document, &question), VERDICT_NONE);
}

static void an_explicit_deny_wins_wherever_it_stands(void **state)
{
	AUTO_JSON json_t *document =
		tree_of("{'Version': '2012-10-17', 'Statement': ["
			"{'Effect': 'Allow', 'Action': '*', 'Resource': '*'},"
			"{'Effect': 'Deny', 'Action': 'ssm:Get*', 'Resource': '" PARAMETER "'},"
			"{'Effect': 'Allow', 'Action': 'ssm:*', 'Resource': '*'}]}");
	struct question get = question_of(GET, PARAMETER, NULL);
	struct question put = question_of("ssm:PutParameter", PARAMETER, NULL);

	assert_int_equal(policy_identity(document, &get), VERDICT_DENY);
	assert_int_equal(policy_identity(document, &put), VERDICT_ALLOW);
}

struct principal_row {
	const char *principal;
	const char *asker;
	const char *service;
	const char *wanted;
	bool delegates;
};

#define ROOT "arn:aws:iam::123456789012:root"

static const struct principal_row principal_rows[] = {
	{"'Principal': '*'", SESSION, NULL, "allow", false},
	{"'Principal': {'AWS': '*'}", SESSION, NULL, "allow", false},
	{"'Principal': {'AWS': '" ROOT "'}", SESSION, NULL, "none", true},
	{"'Principal': {'AWS': '" ROOT "'}", ROOT, NULL, "allow", false},
	{"'Principal': {'AWS': '123456789012'}", SESSION, NULL, "none", true},
	{"'Principal': {'AWS': 'arn:aws:iam::999999999999:root'}", SESSION, NULL, "none", false},
	{"'Principal': {'AWS': 'arn:aws:iam::123456789012:role/Task'}", SESSION, NULL, "allow",
	 false},
	{"'Principal': {'AWS': 'arn:aws:iam::123456789012:role/a/b/Task'}", SESSION, NULL, "allow",
	 false},
	{"'Principal': {'AWS': 'arn:aws:iam::123456789012:role/Tas'}", SESSION, NULL, "none",
	 false},
	{"'Principal': {'AWS': 'arn:aws:iam::999999999999:role/Task'}", SESSION, NULL, "none",
	 false},
	{"'Principal': {'AWS': ['x', '" SESSION "']}", SESSION, NULL, "allow", false},
	{"'Principal': {'Service': 'ecs-tasks.amazonaws.com'}", SESSION, NULL, "none", false},
	{"'Principal': {'Service': 'ecs-tasks.amazonaws.com'}", "ecs-tasks.amazonaws.com",
	 "ecs-tasks.amazonaws.com", "allow", false},
	{"'Principal': {'Service': ['x', 'ecs-tasks.amazonaws.com']}", "ecs-tasks.amazonaws.com",
	 "ecs-tasks.amazonaws.com", "allow", false},
	{"'Principal': {'Service': 'ecs.amazonaws.com'}", "ecs-tasks.amazonaws.com",
	 "ecs-tasks.amazonaws.com", "none", false},
	{"'Principal': {'AWS': '" ROOT "'}", "ecs.amazonaws.com", "ecs.amazonaws.com", "none",
	 false},
	{"'Principal': {'Federated': '*'}", SESSION, NULL, "none", false},
	{"'NotPrincipal': {'AWS': 'arn:aws:iam::123456789012:role/Task'}", SESSION, NULL, "none",
	 false},
	{"'NotPrincipal': {'AWS': 'arn:aws:iam::123456789012:role/Other'}", SESSION, NULL, "allow",
	 false},
	{"'Sid': 'x'", SESSION, NULL, "none", false},
};

static void resource_policies_mean_their_principals(void **state)
{
	size_t i;

	for (i = 0; i < array_len(principal_rows); i++) {
		const struct principal_row *row = &principal_rows[i];
		AUTO_FREE char *text = mem_fmt("{'Version': '2012-10-17', 'Statement': {'Effect': "
					       "'Allow', 'Action': 'kms:*', %s, 'Resource': '*'}}",
					       row->principal);
		AUTO_JSON json_t *document = tree_of(text);
		struct question question = question_of("kms:Decrypt", "arn:aws:kms:::key/x", NULL);
		bool delegates = false;
		const char *said;

		question.principal_arn = row->asker;
		question.principal_service = row->service;
		said = verdicts[policy_resource(document, &question, &delegates)];
		if (strcmp(said, row->wanted) != 0 || delegates != row->delegates)
			fail_msg("%s: %s, delegates %d", row->principal, said, delegates);
	}
}

static void a_deny_for_the_whole_account_means_everybody_in_it(void **state)
{
	AUTO_JSON json_t *document =
		tree_of("{'Statement': [{'Effect': 'Allow', 'Principal': '*', 'Action': 's3:*',"
			" 'Resource': '*'}, {'Effect': 'Deny', 'Principal': {'AWS': '" ROOT "'},"
			" 'Action': 's3:*', 'Resource': '*',"
			" 'Condition': {'Bool': {'aws:SecureTransport': 'false'}}}]}");
	AUTO_JSON json_t *plain = tree_of("{'aws:SecureTransport': 'false'}");
	AUTO_JSON json_t *secure = tree_of("{'aws:SecureTransport': 'true'}");
	struct question question = question_of("s3:GetObject", "arn:aws:s3:::b/x", plain);
	bool delegates;

	assert_int_equal(policy_resource(document, &question, &delegates), VERDICT_DENY);
	question.keys = secure;
	assert_int_equal(policy_resource(document, &question, &delegates), VERDICT_ALLOW);
}

static const struct {
	const char *document;
	bool fine;
} documents[] = {
	{"{'Version': '2012-10-17', 'Statement': [{'Effect': 'Allow', 'Action': 's3:*', "
	 "'Resource': '*'}]}",
	 true},
	{"{'Statement': {'Effect': 'Allow', 'Action': '*', 'Resource': '*'}}", true},
	{"{'Statement': {'Effect': 'Allow', 'Action': 'sts:AssumeRole', "
	 "'Principal': {'Service': 'ecs-tasks.amazonaws.com'}}}",
	 true},
	{"{'Version': '2013-01-01', 'Statement': {'Effect': 'Allow', 'Action': '*', "
	 "'Resource': '*'}}",
	 false},
	{"{'Statement': []}", false},
	{"{}", false},
	{"[]", false},
	{"{'Statement': ['x']}", false},
	{"{'Statement': {'Effect': 'allow', 'Action': '*', 'Resource': '*'}}", false},
	{"{'Statement': {'Effect': 'Allow', 'Action': 'everything', 'Resource': '*'}}", false},
	{"{'Statement': {'Effect': 'Allow', 'Action': [], 'Resource': '*'}}", false},
	{"{'Statement': {'Effect': 'Allow', 'Action': [7], 'Resource': '*'}}", false},
	{"{'Statement': {'Effect': 'Allow', 'Action': '*'}}", false},
	{"{'Statement': {'Effect': 'Allow', 'Action': '*', 'NotAction': 's3:*', 'Resource': '*'}}",
	 false},
	{"{'Statement': {'Effect': 'Allow', 'Action': '*', 'Resource': '*', 'Condition': []}}",
	 false},
	{"{'Statement': {'Effect': 'Allow', 'Action': '*', 'Resource': '*', 'Extra': 1}}", false},
};

static void documents_are_checked_before_they_are_kept(void **state)
{
	size_t i;

	for (i = 0; i < array_len(documents); i++) {
		AUTO_JSON json_t *document = tree_of(documents[i].document);
		const char *wrong = policy_check(document);

		if ((wrong == NULL) != documents[i].fine)
			fail_msg("%s: %s", documents[i].document, wrong ? wrong : "fine");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(statements_speak_of_their_actions_and_resources),
		cmocka_unit_test(conditions_never_let_in_what_they_do_not_know),
		cmocka_unit_test(a_variable_may_have_a_default),
		cmocka_unit_test(an_explicit_deny_wins_wherever_it_stands),
		cmocka_unit_test(resource_policies_mean_their_principals),
		cmocka_unit_test(a_deny_for_the_whole_account_means_everybody_in_it),
		cmocka_unit_test(documents_are_checked_before_they_are_kept),
	};

	return cmocka_run_group_tests_name("policy", tests, NULL, NULL);
}
