/* kms.h - the service struct, for lab/main.c. */
#ifndef SERVICES_KMS_H
#define SERVICES_KMS_H

#include "lab/aws/service.h"

extern const struct service kms_service;

#endif
