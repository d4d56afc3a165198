/* cloudformation.h - the service struct, for lab/main.c. */
#ifndef SERVICES_CLOUDFORMATION_H
#define SERVICES_CLOUDFORMATION_H

#include "lab/aws/service.h"

extern const struct service cloudformation_service;

#endif
