/* lambda.h - the service struct, for lab/main.c. */
#ifndef SERVICES_LAMBDA_H
#define SERVICES_LAMBDA_H

#include "lab/aws/service.h"

extern const struct service lambda_service;

#endif
