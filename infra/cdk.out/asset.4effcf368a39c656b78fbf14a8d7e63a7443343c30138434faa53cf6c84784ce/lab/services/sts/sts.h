/* sts.h - the service struct, for lab/main.c. */
#ifndef SERVICES_STS_H
#define SERVICES_STS_H

#include "lab/aws/service.h"

extern const struct service sts_service;

#endif
