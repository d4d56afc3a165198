/*
 * authorize_test.c - who may do what: a vault with a key of its own, and what a role was granted.
 */
#include "lab/aws/lab.h"
#include "lab/aws/seal.h"
#include "lab/aws/session.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { VAULT_Open, VAULT_Look, VAULT_NOPS };
enum { KEY_Turn, KEY_NOPS };

static const struct operation vault_operations[VAULT_NOPS] = {
	[VAULT_Open] = {.name = "Open", .input = MODEL_NONE},
	[VAULT_Look] = {.name = "Look", .input = MODEL_NONE},
};
static const struct model vault_model = {
	.name = "vault",
	.iam_prefix = "vault",
	.protocol = PROTOCOL_JSON,
	.ops = vault_operations,
	.nops = VAULT_NOPS,
};
static const struct operation key_operations[KEY_NOPS] = {
	[KEY_Turn] = {.name = "Turn", .input = MODEL_NONE}};
static const struct model key_model = {
	.name = "key",
	.iam_prefix = "key",
	.protocol = PROTOCOL_QUERY,
	.ops = key_operations,
	.nops = KEY_NOPS,
};

#define KEY_ARN "arn:aws:key:us-east-1:123456789012:key/1"
#define ROLE_ARN "arn:aws:iam::123456789012:role/app/Task"
#define SESSION_ARN "arn:aws:sts::123456789012:assumed-role/Task/5f0c"

static json_t *identity; /* the role's documents */
static json_t *key_policy;

static const json_t *policies_of(struct request *rq, const struct principal *who)
{
	return identity;
}

static const json_t *role_of(struct request *rq, const char *name)
{
	return strcmp(name, "Task") == 0
		       ? rq_keep(rq, json_pack("{s:s, s:s, s:s}", "RoleName", "Task", "RoleId",
					       "AROAX", "Arn", ROLE_ARN))
		       : NULL;
}

static const struct authority authority = {
	.policies_of = policies_of,
	.role_of = role_of,
};

static int open_vault(struct request *rq, const json_t *in, json_t *out)
{
	return aws_call(rq, rq->caller, &key_model, KEY_Turn, in, out) ? fault_pass(rq) : 0;
}

static int look(struct request *rq, const json_t *in, json_t *out)
{
	return 0;
}

static int turn(struct request *rq, const json_t *in, json_t *out)
{
	json_set_str(out, "Turned", "yes");
	return 0;
}

static const char *vault_arn_of(struct request *rq, int op, const json_t *in,
				const char **ret_action)
{
	if (op == VAULT_Look)
		*ret_action = ACTION_FREE;
	return rq_arn(rq, "vault", "vault/1");
}

static const char *key_arn_of(struct request *rq, int op, const json_t *in, const char **ret_action)
{
	return KEY_ARN;
}

static const json_t *key_policy_of(struct request *rq, const char *arn)
{
	return key_policy;
}

static void key_conditions(struct request *rq, int op, const json_t *in, json_t *keys)
{
	json_set_str(keys, "key:Colour", "red");
}

static op_fn *const vault_ops[VAULT_NOPS] = {[VAULT_Open] = open_vault, [VAULT_Look] = look};
static op_fn *const key_ops[KEY_NOPS] = {[KEY_Turn] = turn};
static const struct service vault_service = {
	.model = &vault_model,
	.ops = vault_ops,
	.arn_of = vault_arn_of,
};
static const struct service key_service = {
	.model = &key_model,
	.ops = key_ops,
	.arn_of = key_arn_of,
	.policy_of = key_policy_of,
	.policy_rules = true,
	.conditions = key_conditions,
};
static const struct service *const services[] = {&vault_service, &key_service, NULL};

static struct {
	char code[32];
	char message[400];
	int status;
} said;

static void take(const struct lab_reply *reply, void *user)
{
	said.status = reply->fault ? reply->fault->status : 200;
	strncpy(said.code, reply->fault ? reply->fault->code : "", sizeof(said.code) - 1);
	strncpy(said.message, reply->fault ? reply->fault->message : "", sizeof(said.message) - 1);
}

static void ask(struct lab *lab, const struct model *model, int op)
{
	static const struct principal task = {
		.kind = PRINCIPAL_SESSION,
		.arn = SESSION_ARN,
		.user_id = "AROAX:5f0c",
		.role = "Task",
	};

	lab_run(lab, &(struct lab_call){.model = model, .op = op, .caller = &task, .done = take});
	lab_turn(lab);
}

static int opened(void **state)
{
	struct lab_options options = {.number = 7, .services = services};
	struct lab *lab = NULL;

	assert_int_equal(lab_open(NULL, &options, &lab), 0);
	lab_set_authority(lab, &authority);
	lab_set_operator_key(lab, "AKIAPERSON", "s3cret");
	*state = lab;
	return 0;
}

static int closed(void **state)
{
	lab_close(*state);
	return 0;
}

/* ' for ", as in policy_test.c. */
static json_t *policy(const char *statements)
{
	AUTO_FREE char *text = mem_fmt("{'Version': '2012-10-17', 'Statement': [%s]}", statements);
	char *at;

	for (at = text; (at = strchr(at, '\'')); at++)
		*at = '"';
	return json_read(text, strlen(text));
}

static void grant(const char *statements, const char *on_key)
{
	json_decref(identity);
	json_decref(key_policy);
	identity = json_array();
	json_push_give(identity, policy(statements));
	key_policy = policy(on_key);
}

#define OPEN_VAULT "{'Effect': 'Allow', 'Action': 'vault:Open', 'Resource': 'arn:aws:vault:*:*:*'}"
#define TURN_KEY "{'Effect': 'Allow', 'Action': 'key:Turn', 'Resource': '" KEY_ARN "'}"
#define TO_ACCOUNT                                                                    \
	"{'Effect': 'Allow', 'Principal': {'AWS': 'arn:aws:iam::123456789012:root'}," \
	" 'Action': 'key:*', 'Resource': '*'}"

static void a_role_may_do_what_it_was_granted(void **state)
{
	grant(OPEN_VAULT "," TURN_KEY, TO_ACCOUNT);
	ask(*state, &vault_model, VAULT_Open);
	assert_string_equal(said.message, "");

	grant(TURN_KEY, TO_ACCOUNT);
	ask(*state, &vault_model, VAULT_Open);
	assert_string_equal(said.code, "AccessDeniedException");
	assert_int_equal(said.status, 400);
	assert_string_equal(said.message,
			    "User: " SESSION_ARN " is not authorized to perform: vault:Open on "
			    "resource: arn:aws:vault:us-east-1:123456789012:vault/1 because no "
			    "identity-based policy allows the vault:Open action");
	ask(*state, &vault_model, VAULT_Look);
	assert_string_equal(said.code, "");
}

static void what_a_service_does_for_a_caller_is_asked_of_the_caller(void **state)
{
	grant(OPEN_VAULT, TO_ACCOUNT);
	ask(*state, &vault_model, VAULT_Open);
	assert_string_equal(said.code, "AccessDenied");
	assert_int_equal(said.status, 403);
	assert_non_null(strstr(said.message, "key:Turn on resource: " KEY_ARN " because no ident"));
}

static void an_explicit_deny_says_where_it_stands(void **state)
{
	grant(OPEN_VAULT ", {'Effect': 'Deny', 'Action': '*', 'Resource': '*',"
			 " 'Condition': {'ArnEquals': {'aws:PrincipalArn': '" ROLE_ARN "'}}}",
	      TO_ACCOUNT);
	ask(*state, &vault_model, VAULT_Open);
	assert_non_null(
		strstr(said.message, "vault/1 with an explicit deny in an identity-based policy"));

	grant(TURN_KEY,
	      TO_ACCOUNT ", {'Effect': 'Deny', 'Principal': '*', 'Action': '*', 'Resource': '*',"
			 " 'Condition': {'StringEquals': {'key:Colour': 'red'}}}");
	ask(*state, &key_model, KEY_Turn);
	assert_non_null(strstr(said.message, "with an explicit deny in a resource-based policy"));
}

static void a_policy_that_rules_must_itself_allow(void **state)
{
	grant(TURN_KEY, "{'Effect': 'Allow', 'Principal': {'AWS': 'arn:aws:iam::123456789012:"
			"role/Other'}, 'Action': 'key:*', 'Resource': '*'}");
	ask(*state, &key_model, KEY_Turn);
	assert_non_null(strstr(said.message, "because no resource-based policy allows the key:Turn "
					     "action"));

	grant(OPEN_VAULT, "{'Effect': 'Allow', 'Principal': {'AWS': '" ROLE_ARN "'},"
			  " 'Action': 'key:*', 'Resource': '*'}");
	ask(*state, &key_model, KEY_Turn);
	assert_string_equal(said.code, "");
}

static void a_key_may_be_used_by_way_of_a_service_only(void **state)
{
	grant(OPEN_VAULT "," TURN_KEY,
	      "{'Effect': 'Allow', 'Principal': {'AWS': 'arn:aws:iam::123456789012:root'},"
	      " 'Action': 'key:*', 'Resource': '*', 'Condition': {'StringEquals':"
	      " {'kms:ViaService': 'vault.us-east-1.amazonaws.com'}}}");
	ask(*state, &vault_model, VAULT_Open);
	assert_string_equal(said.message, "");
	ask(*state, &key_model, KEY_Turn);
	assert_string_equal(said.code, "AccessDenied");
}

static int issue(struct request *rq, const json_t *in, json_t *out)
{
	session_issue(rq, role_of(rq, "Task"), "5f0c", HOUR, json_add_object(out, "Credentials"));
	return 0;
}

static struct {
	char id[32], secret[64], token[128];
} issued;

static void take_credentials(const struct lab_reply *reply, void *user)
{
	strncpy(issued.id, json_path_str(reply->out, "Credentials.AccessKeyId"), 31);
	strncpy(issued.secret, json_path_str(reply->out, "Credentials.SecretAccessKey"), 63);
	strncpy(issued.token, json_path_str(reply->out, "Credentials.SessionToken"), 127);
}

static void keys_are_found_by_their_owners(void **state)
{
	static op_fn *const ops[VAULT_NOPS] = {[VAULT_Look] = issue};
	static const struct service service = {.model = &vault_model, .ops = ops};
	static const struct service *const only[] = {&service, NULL};
	struct lab_options options = {.number = 7, .services = only};
	struct arena *arena = arena_open();
	struct key_owner owner;
	struct lab *lab = NULL;

	assert_true(lab_find_key(*state, arena, "AKIAPERSON", &owner));
	assert_int_equal(owner.principal.kind, PRINCIPAL_OPERATOR);
	assert_string_equal(owner.secret_access_key, "s3cret");

	assert_int_equal(lab_open(NULL, &options, &lab), 0);
	lab_set_authority(lab, &authority);
	lab_run(lab, &(struct lab_call){.model = &vault_model,
					.op = VAULT_Look,
					.caller = lab_operator(lab),
					.done = take_credentials});
	lab_turn(lab);
	assert_true(lab_find_key(lab, arena, issued.id, &owner));
	assert_string_equal(owner.principal.arn, SESSION_ARN);
	assert_string_equal(owner.principal.user_id, "AROAX:5f0c");
	assert_string_equal(owner.secret_access_key, issued.secret);
	assert_string_equal(owner.session_token, issued.token);
	assert_true(owner.expires.ms > clock_real().ms);
	assert_false(lab_find_key(*state, arena, issued.id, &owner));
	lab_close(lab);
	arena_close(arena);
}

static void what_is_sealed_opens_with_its_key_only(void **state)
{
	const unsigned char *key = lab_master_key(*state);
	AUTO_BUF struct buf sealed = {0}, text = {0};

	seal(key, "context", "secret", 6, &sealed);
	assert_int_equal(sealed.len, 6 + SEAL_EXTRA);
	assert_false(seal_open(key, "other", sealed.data, sealed.len, &text));
	assert_false(seal_open(key, "context", sealed.data, sealed.len - 1, &text));
	assert_false(seal_open(key, "context", sealed.data, 3, &text));
	assert_true(seal_open(key, "context", sealed.data, sealed.len, &text));
	assert_string_equal(buf_text(&text), "secret");
	sealed.data[30] = (char)(sealed.data[30] ^ 1);
	buf_clear(&text);
	assert_false(seal_open(key, "context", sealed.data, sealed.len, &text));

	buf_clear(&sealed);
	seal(key, "", "", 0, &sealed);
	assert_true(seal_open(key, "", sealed.data, sealed.len, &text));
	assert_int_equal(text.len, 0);
}

static int forget(void **state)
{
	json_decref(identity);
	json_decref(key_policy);
	return 0;
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, opened, closed)
	const struct CMUnitTest tests[] = {
		TEST(a_role_may_do_what_it_was_granted),
		TEST(what_a_service_does_for_a_caller_is_asked_of_the_caller),
		TEST(an_explicit_deny_says_where_it_stands),
		TEST(a_policy_that_rules_must_itself_allow),
		TEST(a_key_may_be_used_by_way_of_a_service_only),
		TEST(keys_are_found_by_their_owners),
		TEST(what_is_sealed_opens_with_its_key_only),
	};

	return cmocka_run_group_tests_name("authorize", tests, NULL, forget);
}
