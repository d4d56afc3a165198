/* secretsmanager.h - the service struct, for lab/main.c. */
#ifndef SERVICES_SECRETSMANAGER_H
#define SERVICES_SECRETSMANAGER_H

#include "lab/aws/service.h"

extern const struct service secretsmanager_service;

#endif
