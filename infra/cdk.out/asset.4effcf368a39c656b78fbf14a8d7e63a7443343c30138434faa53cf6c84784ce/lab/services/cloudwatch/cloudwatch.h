/* cloudwatch.h - the service struct, for lab/main.c. */
#ifndef SERVICES_CLOUDWATCH_H
#define SERVICES_CLOUDWATCH_H

#include "lab/aws/service.h"

extern const struct service cloudwatch_service;

#endif
