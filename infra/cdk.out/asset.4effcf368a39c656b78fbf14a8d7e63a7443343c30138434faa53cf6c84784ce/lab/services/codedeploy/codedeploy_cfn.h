/* codedeploy_cfn.h - the CloudFormation types of codedeploy. */
#ifndef SERVICES_CODEDEPLOY_CFN_H
#define SERVICES_CODEDEPLOY_CFN_H

#include "lab/aws/service.h"

extern const struct resource codedeploy_resources[];

#endif
