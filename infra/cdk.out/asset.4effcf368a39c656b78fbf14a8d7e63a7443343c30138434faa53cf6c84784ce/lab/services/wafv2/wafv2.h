/* wafv2.h - the service struct, for lab/main.c. */
#ifndef SERVICES_WAFV2_H
#define SERVICES_WAFV2_H

#include "lab/aws/service.h"

extern const struct service wafv2_service;

#endif
