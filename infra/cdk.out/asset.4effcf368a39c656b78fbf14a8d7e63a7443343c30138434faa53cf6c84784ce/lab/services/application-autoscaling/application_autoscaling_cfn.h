/* application_autoscaling_cfn.h - the CloudFormation types of Application Auto Scaling. */
#ifndef SERVICES_APPLICATION_AUTOSCALING_CFN_H
#define SERVICES_APPLICATION_AUTOSCALING_CFN_H

#include "lab/aws/service.h"

extern const struct resource application_autoscaling_resources[];

#endif
