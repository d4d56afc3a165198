/*
 * reset.h - puts back what was broken on purpose.
 *
 * Environment:
 *   PARAM_FAILURE_MODE  the parameter that breaks the service; becomes "none". Needs ssm:PutParameter.
 *   WEB_ACL_ARN         optional, with RATE_RULE (a rule's name): that rule counts again instead of
 *                       blocking, and its limit becomes RATE_LIMIT (default 2000). Needs
 *                       wafv2:GetWebACL and wafv2:UpdateWebACL.
 * Answers {"Reset": ["/golden/failure_mode", …]}. The event does not matter.
 */
#ifndef FUNCTIONS_RESET_H
#define FUNCTIONS_RESET_H

#include "functions/runtime.h"

handler_fn reset;

#endif
