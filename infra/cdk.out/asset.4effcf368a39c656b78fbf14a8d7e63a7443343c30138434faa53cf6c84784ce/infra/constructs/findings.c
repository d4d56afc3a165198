/*
 * findings.c - what cdk-nag finds in more than one construct, and why it stays.
 */
#include "infra/constructs/findings.h"

void findings_accept_inline_policies(struct constructs_construct *construct)
{
	cdk_validations_acknowledge(
		cdk_validations_of(&construct->iconstruct),
		{.id = "NIST.800.53.R5-IAMNoInlinePolicy",
		 .reason = "A policy that one role needs lives and dies with that role."});
}

void findings_accept_star(struct constructs_construct *construct, const char *reason)
{
	cdk_validations_acknowledge(cdk_validations_of(&construct->iconstruct),
				    {.id = "AwsSolutions-IAM5[Resource::*]", .reason = reason});
}
