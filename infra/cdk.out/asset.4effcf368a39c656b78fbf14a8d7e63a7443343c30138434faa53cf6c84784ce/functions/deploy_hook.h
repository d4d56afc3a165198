/*
 * deploy_hook.h - CodeDeploy's AfterAllowTestTraffic hook: is the new version well behind the test
 * listener?
 *
 * Environment: TEST_URL, the test listener ("http://my-alb-….elb.amazonaws.com:9000").
 * Event: {"DeploymentId", "LifecycleEventHookExecutionId"}. Its role needs
 * codedeploy:PutLifecycleEventHookExecutionStatus.
 */
#ifndef FUNCTIONS_DEPLOY_HOOK_H
#define FUNCTIONS_DEPLOY_HOOK_H

#include "functions/runtime.h"

handler_fn deploy_hook;

#endif
