/* ssm.h - the service struct, for lab/main.c. */
#ifndef SERVICES_SSM_H
#define SERVICES_SSM_H

#include "lab/aws/service.h"

extern const struct service ssm_service;

#endif
