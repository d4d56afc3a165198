/* cloudwatch_cfn.h - the CloudFormation types of CloudWatch. */
#ifndef SERVICES_CLOUDWATCH_CFN_H
#define SERVICES_CLOUDWATCH_CFN_H

#include "lab/aws/service.h"

extern const struct resource cloudwatch_resources[];

#endif
