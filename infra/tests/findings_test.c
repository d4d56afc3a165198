/*
 * findings_test.c - what validators say of the golden path: cdk-nag's AwsSolutions and NIST 800-53 r5,
 * and CloudFormation's own resource schemas. A finding that stays has its reason beside the construct.
 */
#include "infra/cdk/cdk.h"
#include "infra/cdk/nag.h"
#include "infra/cdk/s3.h"
#include "infra/stacks/golden_app.h"

#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char *wrong; /* the CDK's words; the report itself it prints on stderr */

static void on_error(void *context, const struct jsii_error *error)
{
	free(wrong);
	wrong = mem_strdup(error->message);
}

static int open_kernel(void **state)
{
	cdk_open(NULL);
	jsii_load("cdk-nag");
	jsii_on_error(on_error, NULL);
	return 0;
}

static int close_kernel(void **state)
{
	free(wrong);
	cdk_close();
	return 0;
}

static int forget(void **state)
{
	free(wrong);
	wrong = NULL;
	return 0;
}

/* The schemas' findings are warnings unless told otherwise. */
static const json_t *strict_context(void)
{
	return CDK_JSON("{s:b}", "@aws-cdk/core:validateAgainstDefaultRules", 1);
}

static void add_packs(struct cdk_app *app)
{
	struct nag_aws_solutions_checks *solutions = nag_aws_solutions_checks_new();
	struct nag_nist80053_r5_checks *nist = nag_nist80053_r5_checks_new();

	cdk_validations_add_plugins(cdk_validations_of(&app->iconstruct),
				    &solutions->ipolicy_validation_plugin,
				    &nist->ipolicy_validation_plugin);
}

/* The context's values are text with ' for ". */
static void nothing_is_found_with(const char *context)
{
	AUTO_FREE char *text = mem_strdup(context);
	json_t *all = json_deep_copy(strict_context());
	struct golden_app_props props = {.validate = true};
	const char *refused;
	struct cdk_app *app;

	for (char *at = text; (at = strchr(at, '\'')); at++)
		*at = '"';
	json_object_update_new(all, json_loads(text, 0, NULL));
	props.context = cdk_keep_json(all);
	app = golden_app_new(&props, &refused);
	assert_non_null(app);
	add_packs(app);
	cdk_app_synth(app);
	if (wrong)
		fail_msg("%s", wrong);
}

static void nothing_is_found_that_has_no_reason(void **state)
{
	nothing_is_found_with("{}");
}

static void nor_with_other_choices(void **state)
{
	nothing_is_found_with("{'db_engine': 'postgres', 'dlq': true, 'deployment': 'rolling', "
			      "'waf_mode': 'block', 'waf_logs': true, 'vpc_endpoints': true, "
			      "'reset_schedule': 'rate(1 day)', 'deletion_protection': true, "
			      "'alarm_email': 'ops@example.com', 'certificate_arn': "
			      "'arn:aws:acm:us-east-1:123456789012:certificate/a'}");
	nothing_is_found_with(
		"{'db_engine': 'mysql', 'nat': 'per-az', 'exec': false, "
		"'read_only_root': true, 'flow_logs': false, 'db_sslmode': 'require', "
		"'xray': false}");
}

/* Is it in the report that the error names? */
static void assert_found(const char *rule)
{
	static const char before[] = "can be found in: ";
	const char *path = wrong ? strstr(wrong, before) : NULL;
	json_t *report = path ? json_load_file(path + strlen(before), 0, NULL) : NULL;
	char *text = report ? json_dumps(report, JSON_COMPACT) : NULL;
	bool is_there = text && strstr(text, rule);

	json_decref(report);
	free(text);
	if (!is_there)
		fail_msg("no %s: %s", rule, wrong ? wrong : "nothing was found");
}

static struct cdk_stack *stack_of_its_own(struct cdk_app **ret_app)
{
	*ret_app = cdk_app_new(.props = &(struct cdk_app_props){.context = strict_context()});
	return cdk_stack_new(.scope = &(*ret_app)->construct, .id = "Stack");
}

static void a_finding_without_a_reason_fails(void **state)
{
	struct cdk_app *app;
	struct cdk_stack *stack = stack_of_its_own(&app);

	s3_bucket_new(&stack->construct, "Bare");
	add_packs(app);
	cdk_app_synth(app);
	assert_found("AwsSolutions-S1");
	assert_found("NIST.800.53.R5-S3BucketLoggingEnabled");
}

static void a_property_that_cloudformation_does_not_know_fails(void **state)
{
	struct cdk_app *app;
	struct cdk_stack *stack = stack_of_its_own(&app);

	cdk_cfn_resource_new(&stack->construct, "Bare",
			     &(struct cdk_cfn_resource_props){
				     .type = "AWS::SQS::Queue",
				     .properties = CDK_JSON("{s:s}", "QueuName", "q"),
			     });
	cdk_app_synth(app);
	assert_found("QueuName");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(nothing_is_found_that_has_no_reason, forget),
		cmocka_unit_test_setup(nor_with_other_choices, forget),
		cmocka_unit_test_setup(a_finding_without_a_reason_fails, forget),
		cmocka_unit_test_setup(a_property_that_cloudformation_does_not_know_fails, forget),
	};

	/* golden env turns it off in the shell, for speed. */
	unsetenv("CDK_VALIDATION");
	return cmocka_run_group_tests(tests, open_kernel, close_kernel);
}
