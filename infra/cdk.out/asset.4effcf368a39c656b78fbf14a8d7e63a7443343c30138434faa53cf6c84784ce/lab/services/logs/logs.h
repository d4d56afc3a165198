/*
 * logs.h - Amazon CloudWatch Logs.
 */
#ifndef SERVICES_LOGS_H
#define SERVICES_LOGS_H

#include "lab/aws/service.h"

extern const struct service logs_service;

#endif
