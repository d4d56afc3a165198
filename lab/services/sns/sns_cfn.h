/* sns_cfn.h - the CloudFormation types of sns. */
#ifndef SERVICES_SNS_CFN_H
#define SERVICES_SNS_CFN_H

#include "lab/aws/service.h"

extern const struct resource sns_resources[];

#endif
