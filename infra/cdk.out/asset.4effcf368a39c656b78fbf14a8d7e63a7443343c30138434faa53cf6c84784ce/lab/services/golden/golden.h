/* golden.h - the service struct, for lab/main.c. */
#ifndef SERVICES_GOLDEN_H
#define SERVICES_GOLDEN_H

#include "lab/aws/service.h"

extern const struct service golden_service;

#endif
