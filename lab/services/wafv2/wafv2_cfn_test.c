/*
 * wafv2_cfn_test.c - where a web ACL's requests are logged, as a stack has it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "lab/aws/trial_resource.h"
#include "lab/models/wafv2.h"
#include "lab/services/wafv2/wafv2.h"

static const struct service *const services[] = {&wafv2_service, NULL};

#define TYPE "AWS::WAFv2::LoggingConfiguration"
#define PROPS "{'ResourceArn': '%s', 'LogDestinationConfigs': ['%s']}"
#define LOG_GROUP "arn:aws:logs:us-east-1:123456789012:log-group:"

static void a_web_acls_logging_comes_and_goes_with_its_stack(void **state)
{
	AUTO_FREE char *arn = NULL, *bad = NULL, *props = NULL;
	struct trial t;
	const json_t *out;
	const char *id;

	trial_open(&t, services);
	out = trial_ask(&t, &wafv2_model, WAFV2_CreateWebACL,
			"{'Name': 'a', 'Scope': 'REGIONAL', 'DefaultAction': {'Allow': {}}, "
			"'VisibilityConfig': {'SampledRequestsEnabled': true, "
			"'CloudWatchMetricsEnabled': true, 'MetricName': 'a'}}");
	arn = mem_strdup(json_path_str(out, "Summary.ARN"));
	bad = mem_fmt(PROPS, arn, LOG_GROUP "golden");
	assert_null(trial_make(&t, &wafv2_service, TYPE, bad));
	assert_string_equal(t.code, "WAFInvalidParameterException");
	props = mem_fmt(PROPS, arn, LOG_GROUP "aws-waf-logs-golden");
	id = trial_make(&t, &wafv2_service, TYPE, props);
	assert_string_equal(id, arn);
	out = trial_read(&t, &wafv2_service, TYPE, id, props);
	assert_string_equal(json_path_str(out, "LogDestinationConfigs.0"),
			    LOG_GROUP "aws-waf-logs-golden");
	assert_true(trial_unmake(&t, &wafv2_service, TYPE, id, props));
	assert_null(trial_read(&t, &wafv2_service, TYPE, id, props));
	trial_close(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_web_acls_logging_comes_and_goes_with_its_stack),
	};

	return cmocka_run_group_tests_name("wafv2_cfn", tests, NULL, NULL);
}
