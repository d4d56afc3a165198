/* wafv2_cfn.h - the CloudFormation types of wafv2. */
#ifndef SERVICES_WAFV2_CFN_H
#define SERVICES_WAFV2_CFN_H

#include "lab/aws/service.h"

extern const struct resource wafv2_resources[];

#endif
