/*
 * waf_web_acl.h - what a load balancer's requests are looked at for.
 */
#ifndef CONSTRUCTS_WAF_WEB_ACL_H
#define CONSTRUCTS_WAF_WEB_ACL_H

#include "infra/cdk/logs.h"
#include "infra/cdk/wafv2.h"

#define WAF_RATE_RULE "RateLimitPerIp"

/* COUNT lets everything pass and says what BLOCK would have stopped: tune first. */
enum waf_mode {
	WAF_COUNT,
	WAF_BLOCK,
};

struct waf_web_acl_props {
	const char *name;
	enum waf_mode mode;	    /* of the managed rule groups */
	enum waf_mode rate_mode;    /* of the rate rule */
	int rate_limit;		    /* requests of one address in five minutes */
	const char *load_balancer;  /* its ARN */
	struct logs_log_group *log; /* every request looked at, or NULL. Its name begins with
				       "aws-waf-logs-" */
};

struct wafv2_cfn_web_acl *waf_web_acl_new(struct constructs_construct *scope, const char *id,
					  const struct waf_web_acl_props *props);

#endif
