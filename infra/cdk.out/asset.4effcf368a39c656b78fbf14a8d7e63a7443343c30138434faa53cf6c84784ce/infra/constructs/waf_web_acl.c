/*
 * waf_web_acl.c - what a load balancer's requests are looked at for.
 *
 *   left out   bot control, account takeover prevention (priced apart), CAPTCHA
 */
#include "infra/constructs/waf_web_acl.h"

#include "infra/cdk/cdk.h"

#define WINDOW_SECONDS 300

static const char *const managed_groups[] = {
	"AWSManagedRulesCommonRuleSet",
	"AWSManagedRulesKnownBadInputsRuleSet",
	"AWSManagedRulesAmazonIpReputationList",
};

#define NRULES (array_len(managed_groups) + 1)

static const struct wafv2_cfn_web_acl_visibility_config *visible_as(const char *metric)
{
	return KEEP(wafv2_cfn_web_acl_visibility_config, .cloud_watch_metrics_enabled = YES,
		    .sampled_requests_enabled = YES, .metric_name = metric);
}

/* A group's rules have actions of their own: overridden by count, or let be. */
static const struct wafv2_cfn_web_acl_override_action *override_for(enum waf_mode mode)
{
	const json_t *on = CDK_JSON("{}");

	return mode == WAF_BLOCK ? KEEP(wafv2_cfn_web_acl_override_action, .none = on)
				 : KEEP(wafv2_cfn_web_acl_override_action, .count = on);
}

static const struct wafv2_cfn_web_acl_rule_action *action_for(enum waf_mode mode)
{
	return mode == WAF_BLOCK ? KEEP(wafv2_cfn_web_acl_rule_action,
					.block = KEEP(wafv2_cfn_web_acl_block_action, 0))
				 : KEEP(wafv2_cfn_web_acl_rule_action,
					.count = KEEP(wafv2_cfn_web_acl_count_action, 0));
}

static struct wafv2_cfn_web_acl_rule managed_rule(size_t i, enum waf_mode mode)
{
	const char *name = managed_groups[i];
	const struct wafv2_cfn_web_acl_managed_rule_group_statement *group = KEEP(
		wafv2_cfn_web_acl_managed_rule_group_statement, .vendor_name = "AWS", .name = name);

	return (struct wafv2_cfn_web_acl_rule){
		.name = name,
		.priority = NUM((double)i),
		.override_action = override_for(mode),
		.statement =
			KEEP(wafv2_cfn_web_acl_statement, .managed_rule_group_statement = group),
		.visibility_config = visible_as(name),
	};
}

static struct wafv2_cfn_web_acl_rule rate_rule(size_t priority, int limit, enum waf_mode mode)
{
	const struct wafv2_cfn_web_acl_rate_based_statement *rate =
		KEEP(wafv2_cfn_web_acl_rate_based_statement, .aggregate_key_type = "IP",
		     .limit = NUM(limit), .evaluation_window_sec = NUM(WINDOW_SECONDS));

	return (struct wafv2_cfn_web_acl_rule){
		.name = WAF_RATE_RULE,
		.priority = NUM((double)priority),
		.action = action_for(mode),
		.statement = KEEP(wafv2_cfn_web_acl_statement, .rate_based_statement = rate),
		.visibility_config = visible_as(WAF_RATE_RULE),
	};
}

static void log_requests(struct constructs_construct *scope, const char *id,
			 struct wafv2_cfn_web_acl *acl, struct logs_log_group *log)
{
	struct wafv2_cfn_logging_configuration_props props = {
		.resource_arn = wafv2_cfn_web_acl_attr_arn(acl),
		.log_destination_configs = LIST(string, logs_log_group_log_group_arn(log)),
	};

	wafv2_cfn_logging_configuration_new(scope, cdk_fmt("%sLog", id), &props);
}

struct wafv2_cfn_web_acl *waf_web_acl_new(struct constructs_construct *scope, const char *id,
					  const struct waf_web_acl_props *props)
{
	struct wafv2_cfn_web_acl_rule rules[NRULES];
	struct wafv2_cfn_web_acl_props acl_props = {
		.name = props->name,
		.scope = "REGIONAL",
		.default_action = KEEP(wafv2_cfn_web_acl_default_action,
				       .allow = KEEP(wafv2_cfn_web_acl_allow_action, 0)),
		.rules = {.items = rules, .count = NRULES},
		.visibility_config = visible_as(props->name),
	};
	struct wafv2_cfn_web_acl_association_props association = {
		.resource_arn = props->load_balancer,
	};
	struct wafv2_cfn_web_acl *acl;

	for (size_t i = 0; i < array_len(managed_groups); i++)
		rules[i] = managed_rule(i, props->mode);
	rules[NRULES - 1] = rate_rule(NRULES - 1, props->rate_limit, props->rate_mode);

	acl = wafv2_cfn_web_acl_new(scope, id, &acl_props);
	association.web_acl_arn = wafv2_cfn_web_acl_attr_arn(acl);
	wafv2_cfn_web_acl_association_new(scope, cdk_fmt("%sAlb", id), &association);
	if (props->log)
		log_requests(scope, id, acl, props->log);
	else
		cdk_validations_acknowledge(
			cdk_validations_of(&acl->iconstruct),
			{.id = "NIST.800.53.R5-WAFv2LoggingEnabled",
			 .reason = "Metrics, sampled requests and the load balancer's log say what "
				   "was blocked; the context value waf_logs adds a log."});
	return acl;
}
