/* lambda_cfn.h - the CloudFormation types of lambda. */
#ifndef SERVICES_LAMBDA_CFN_H
#define SERVICES_LAMBDA_CFN_H

#include "lab/aws/service.h"

extern const struct resource lambda_resources[];

#endif
