/* elbv2.h - the service struct, for lab/main.c. */
#ifndef SERVICES_ELBV2_H
#define SERVICES_ELBV2_H

#include "lab/aws/service.h"

extern const struct service elbv2_service;

#endif
