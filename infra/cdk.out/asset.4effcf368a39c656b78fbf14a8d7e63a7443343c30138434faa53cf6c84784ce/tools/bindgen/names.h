/*
 * names.h - what JavaScript's names are called in C.
 *
 *   VpcProps.maxAzs                        struct ec2_vpc_props, .max_azs
 *   IVpc, IVPCRef                          ivpc, ivpc_ref
 *   FargateTaskDefinitionProps.memoryLimitMiB   .memory_limit_mib
 *   CfnWebACL.DefaultActionProperty        struct wafv2_cfn_web_acl_default_action
 *   RemovalPolicy.DESTROY                  CDK_REMOVAL_POLICY_DESTROY
 *
 * What these functions return belongs to `arena`.
 */
#ifndef BINDGEN_NAMES_H
#define BINDGEN_NAMES_H

#include "lib/base/arena.h"

#include <stdbool.h>

char *name_snake(struct arena *arena, const char *name);
char *name_upper(struct arena *arena, const char *name);

/* The snake-case name, with a '_' behind it where C, or a macro of its headers, has the word. */
char *name_member(struct arena *arena, const char *name);

/* "aws-cdk-lib.aws_ec2.Vpc" → "ec2". */
char *name_module(struct arena *arena, const char *fqn);

/* "aws-cdk-lib.aws_wafv2.CfnWebACL.RuleProperty" → "cfn_web_acl_rule"; `whole`: "…_rule_property". */
char *name_type(struct arena *arena, const char *fqn, bool whole);

/* The two together: "wafv2_cfn_web_acl_rule". */
char *name_tag(struct arena *arena, const char *fqn, bool whole);

#endif
