/* codedeploy.h - the service struct, for lab/main.c. */
#ifndef SERVICES_CODEDEPLOY_H
#define SERVICES_CODEDEPLOY_H

#include "lab/aws/service.h"

extern const struct service codedeploy_service;

#endif
