/* sns.h - the service struct, for lab/main.c. */
#ifndef SERVICES_SNS_H
#define SERVICES_SNS_H

#include "lab/aws/service.h"

extern const struct service sns_service;

#endif
