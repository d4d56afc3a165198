/* xray.h - the service struct, for lab/main.c. */
#ifndef SERVICES_XRAY_H
#define SERVICES_XRAY_H

#include "lab/aws/service.h"

extern const struct service xray_service;

#endif
