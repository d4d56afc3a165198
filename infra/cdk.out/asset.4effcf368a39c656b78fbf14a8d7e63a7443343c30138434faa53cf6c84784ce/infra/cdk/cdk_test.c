/*
 * cdk_test.c - typed classes against the CDK itself.
 *
 *   cdk_test FOLDER        infra/cdk, which has expected.template.json
 */
#include "infra/cdk/assertions.h"
#include "infra/cdk/cdk.h"
#include "infra/cdk/cloudwatch.h"
#include "infra/cdk/constructs.h"
#include "infra/cdk/ec2.h"
#include "infra/cdk/iam.h"
#include "infra/cdk/kms.h"
#include "infra/cdk/rds.h"
#include "infra/cdk/s3.h"
#include "infra/cdk/wafv2.h"

#include "lib/base/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static const char *folder;

static struct cdk_stack *new_stack(void)
{
	struct cdk_app *app = cdk_app_new();
	const struct cdk_environment env = {.region = "us-east-1"};

	return cdk_stack_new(&app->construct, "Try", &(struct cdk_stack_props){.env = &env});
}

static const json_t *template_of(struct cdk_stack *stack)
{
	return assertions_template_to_json(assertions_template_from_stack(stack));
}

static const json_t *properties_of(struct cdk_stack *stack, const char *type)
{
	const json_t *resource;
	const char *name;

	json_each_member (json_get(template_of(stack), "Resources"), name, resource)
		if (strcmp(json_str_or(resource, "Type", ""), type) == 0)
			return json_get(resource, "Properties");
	return NULL;
}

/* ---- a stack ---- */

static void add_network(struct cdk_stack *stack)
{
	struct ec2_vpc_props props = {
		.max_azs = NUM(1),
		.nat_gateways = NUM(0),
		.restrict_default_security_group = NO,
		.subnet_configuration =
			LIST(ec2_subnet_configuration, {.name = "public",
							.subnet_type = EC2_SUBNET_TYPE_PUBLIC,
							.cidr_mask = NUM(24)}),
	};
	struct ec2_vpc *vpc = ec2_vpc_new(&stack->construct, "Vpc", &props);
	struct ec2_security_group_props group = {.vpc = &vpc->ivpc, .description = "try"};
	struct ec2_security_group *sg = ec2_security_group_new(&stack->construct, "Group", &group);

	ec2_security_group_add_ingress_rule(sg, ec2_peer_any_ipv4(), ec2_port_tcp(80), "http");
}

static void add_bucket(struct cdk_stack *stack)
{
	struct s3_bucket_props props = {
		.encryption = S3_BUCKET_ENCRYPTION_S3_MANAGED,
		.block_public_access = s3_block_public_access_BLOCK_ALL(),
		.lifecycle_rules = LIST(s3_lifecycle_rule, {.expiration = cdk_duration_days(90)}),
		.removal_policy = CDK_REMOVAL_POLICY_DESTROY,
	};
	struct s3_bucket *bucket = s3_bucket_new(&stack->construct, "Logs", &props);

	cdk_cfn_output_new(&stack->construct, "Name",
			   &(struct cdk_cfn_output_props){.value = s3_bucket_bucket_name(bucket)});
}

static void add_role(struct cdk_stack *stack)
{
	struct iam_service_principal *ecs = iam_service_principal_new("ecs-tasks.amazonaws.com");
	struct iam_role *role =
		iam_role_new(&stack->construct, "Role",
			     &(struct iam_role_props){.assumed_by = &ecs->iprincipal});

	iam_role_add_to_policy(role,
			       iam_policy_statement_new(&(struct iam_policy_statement_props){
				       .actions = LIST(string, "s3:GetObject", "s3:ListBucket"),
				       .resources = LIST(string, "*"),
			       }));
}

static void add_alarm(struct cdk_stack *stack)
{
	struct cloudwatch_metric *errors = cloudwatch_metric_new(&(struct cloudwatch_metric_props){
		.namespace = "Golden/App",
		.metric_name = "Errors",
		.statistic = "Sum",
		.period = cdk_duration_minutes(1),
		.dimensions_map = MAP(string, {"Service", "golden"}, {"Zone", "a"}),
	});
	struct cloudwatch_math_expression_props rate = {
		.expression = "e*100",
		.using_metrics = MAP(cloudwatch_imetric, {"e", &errors->imetric}),
		.period = cdk_duration_minutes(1),
	};
	struct cloudwatch_alarm_props props = {
		.metric = &cloudwatch_math_expression_new(&rate)->imetric,
		.threshold = NUM(0),
		.evaluation_periods = NUM(5),
		.treat_missing_data = CLOUDWATCH_TREAT_MISSING_DATA_NOT_BREACHING,
	};

	cloudwatch_alarm_new(&stack->construct, "Alarm", &props);
}

/* GOLDENS=write writes it anew: then look at the difference in git. */
static void a_typed_stack_is_the_expected_template(void **state)
{
	AUTO_FREE char *path = mem_fmt("%s/expected.template.json", folder);
	struct cdk_stack *stack = new_stack();

	add_network(stack);
	add_bucket(stack);
	add_role(stack);
	add_alarm(stack);

	const json_t *template = template_of(stack);

	if (getenv("GOLDENS"))
		assert_int_equal(json_dump_file(template, path, JSON_INDENT(2)), 0);

	AUTO_JSON json_t *expected = json_load_file(path, 0, NULL);

	assert_non_null(expected);
	assert_true(json_equal(template, expected));
}

/* ---- values ---- */

static void an_empty_struct_arrives(void **state)
{
	struct cdk_stack *stack = new_stack();
	struct wafv2_cfn_web_acl_visibility_config visible = {
		.sampled_requests_enabled = YES,
		.cloud_watch_metrics_enabled = NO,
		.metric_name = "try",
	};
	const struct wafv2_cfn_web_acl_default_action allow = {
		.allow = &(struct wafv2_cfn_web_acl_allow_action){0},
	};
	struct wafv2_cfn_web_acl_props props = {
		.scope = "REGIONAL",
		.default_action = &allow,
		.visibility_config = &visible,
	};

	wafv2_cfn_web_acl_new(&stack->construct, "Acl", &props);

	const json_t *acl = properties_of(stack, "AWS::WAFv2::WebACL");

	assert_true(json_is_object(json_path(acl, "DefaultAction.Allow")));
	assert_true(json_is_false(json_path(acl, "VisibilityConfig.CloudWatchMetricsEnabled")));
}

static void a_returned_struct_is_read_whole(void **state)
{
	struct cdk_stack *stack = new_stack();
	struct ec2_vpc *vpc =
		ec2_vpc_new(&stack->construct, "Vpc",
			    &(struct ec2_vpc_props){.max_azs = NUM(2), .nat_gateways = NUM(0)});
	const struct ec2_selected_subnets *public = ec2_vpc_select_subnets(
		vpc, &(struct ec2_subnet_selection){.subnet_type = EC2_SUBNET_TYPE_PUBLIC});

	assert_int_equal(public->subnet_ids.count, 2);
	assert_int_equal(public->subnets.count, 2);
	assert_int_equal(public->has_public.answer, YES.answer);
	assert_ptr_equal(public->subnets.items[0], ec2_vpc_public_subnets(vpc).items[0]);
}

/* A list of a union is two lists in C; what is given in both arrives as one. */
static void alternatives_of_a_list_are_joined(void **state)
{
	struct cdk_stack *stack = new_stack();
	struct ec2_vpc *vpc =
		ec2_vpc_new(&stack->construct, "Vpc",
			    &(struct ec2_vpc_props){.max_azs = NUM(1), .nat_gateways = NUM(0)});
	struct ec2_security_group *group = ec2_security_group_new(
		&stack->construct, "Group", &(struct ec2_security_group_props){.vpc = &vpc->ivpc});
	struct rds_cfn_db_cluster_props props = {
		.engine = "aurora-postgresql",
		.vpc_security_group_ids = LIST(string, "sg-12345678"),
		.vpc_security_group_ids_refs =
			LIST(ec2_isecurity_group_ref, &group->isecurity_group_ref),
	};

	rds_cfn_db_cluster_new(&stack->construct, "Cluster", &props);

	const json_t *cluster = properties_of(stack, "AWS::RDS::DBCluster");

	assert_int_equal(json_array_size(json_get(cluster, "VpcSecurityGroupIds")), 2);
}

static void an_optional_argument_may_be_named(void **state)
{
	struct cdk_stack *stack = new_stack();
	struct ec2_vpc *vpc = ec2_vpc_new(&stack->construct, "Vpc");
	struct ec2_security_group *group = ec2_security_group_new(
		&stack->construct, "Group", &(struct ec2_security_group_props){.vpc = &vpc->ivpc});

	ec2_security_group_add_ingress_rule(group, ec2_peer_any_ipv4(), ec2_port_tcp(80));
	ec2_security_group_add_ingress_rule(group, ec2_peer_any_ipv4(), ec2_port_tcp(81),
					    .description = "named");

	const json_t *rules =
		json_get(properties_of(stack, "AWS::EC2::SecurityGroup"), "SecurityGroupIngress");

	assert_string_equal(json_path_str(rules, "0.Description"), "from 0.0.0.0/0:80");
	assert_string_equal(json_path_str(rules, "1.Description"), "named");
}

/* ---- callbacks ---- */

struct walk {
	size_t visited;
	bool saw_key;
};

static void visit(void *context, struct constructs_iconstruct *node)
{
	struct walk *walk = context;

	walk->visited++;
	walk->saw_key =
		walk->saw_key || strncmp(node->object.ref, "aws-cdk-lib.aws_kms.Key@", 24) == 0;
}

static void an_aspect_in_c_visits_every_construct(void **state)
{
	static const struct cdk_iaspect_methods methods = {.visit = visit};
	struct walk walk = {0};
	struct cdk_stack *stack = new_stack();

	kms_key_new(&stack->construct, "Key");
	cdk_aspects_add(cdk_aspects_of(&stack->iconstruct), cdk_iaspect_implement(&methods, &walk));
	template_of(stack);
	assert_int_equal(walk.visited, 3); /* the stack, the key and its resource */
	assert_true(walk.saw_key);
}

struct plugin {
	size_t named;
	size_t validated;
};

static const char *plugin_name(void *context)
{
	struct plugin *plugin = context;

	plugin->named++;
	return "try";
}

static struct string_list rule_ids(void *context)
{
	return KEEP_LIST(string, "no-keys");
}

/* A property, a list and structs, given back to JavaScript. */
static const struct cdk_policy_validation_plugin_report *validate(
	void *context, struct cdk_ipolicy_validation_context *validated)
{
	struct plugin *plugin = context;

	plugin->validated++;
	assert_non_null(validated);
	return KEEP(cdk_policy_validation_plugin_report, .success = YES,
		    .metadata = KEEP_MAP(string, {"from", "C"}),
		    .violations = KEEP_LIST(cdk_policy_violation));
}

static void a_plugin_in_c_answers_structs(void **state)
{
	static const struct cdk_ipolicy_validation_plugin_methods methods = {
		.name = plugin_name,
		.rule_ids = rule_ids,
		.validate = validate,
	};
	struct plugin counts = {0};
	struct cdk_app *app = cdk_app_new();
	struct cdk_stack *stack = cdk_stack_new(&app->construct, "Try");
	struct cdk_ipolicy_validation_plugin *plugin =
		cdk_ipolicy_validation_plugin_implement(&methods, &counts);

	kms_key_new(&stack->construct, "Key");
	cdk_validations_add_plugins(cdk_validations_of(&app->iconstruct), plugin);
	cdk_app_synth(app);
	assert_int_equal(counts.validated, 1);
	assert_true(counts.named > 0);
}

/* ---- errors ---- */

static struct failure {
	char *message;
	const char *file;
	int line;
} failure;

static void keep_failure(void *context, const struct jsii_error *error)
{
	free(failure.message);
	failure = (struct failure){mem_strdup(error->message), error->file, error->line};
}

static void an_error_names_the_line_in_c(void **state)
{
	struct cdk_stack *stack = new_stack();
	struct ec2_security_group_props props = {.description = "of no VPC"};
	int line = __LINE__ + 3;

	jsii_on_error(keep_failure, NULL);
	ec2_security_group_new(&stack->construct, "Group", &props);
	jsii_on_error(NULL, NULL);

	assert_non_null(strstr(failure.message, "vpc"));
	assert_non_null(strstr(failure.file, "infra/cdk/cdk_test.c"));
	assert_int_equal(failure.line, line);
}

static int open_kernel(void **state)
{
	cdk_open(NULL);
	return 0;
}

static int close_kernel(void **state)
{
	cdk_close();
	free(failure.message);
	return 0;
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_typed_stack_is_the_expected_template),
		cmocka_unit_test(an_empty_struct_arrives),
		cmocka_unit_test(a_returned_struct_is_read_whole),
		cmocka_unit_test(alternatives_of_a_list_are_joined),
		cmocka_unit_test(an_optional_argument_may_be_named),
		cmocka_unit_test(an_aspect_in_c_visits_every_construct),
		cmocka_unit_test(a_plugin_in_c_answers_structs),
		cmocka_unit_test(an_error_names_the_line_in_c),
	};

	if (argc != 2)
		return 2;
	folder = argv[1];
	return cmocka_run_group_tests(tests, open_kernel, close_kernel);
}
