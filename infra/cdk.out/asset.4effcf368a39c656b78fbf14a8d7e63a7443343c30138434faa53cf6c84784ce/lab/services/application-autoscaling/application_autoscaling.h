/* application_autoscaling.h - the service struct, for lab/main.c. */
#ifndef SERVICES_APPLICATION_AUTOSCALING_H
#define SERVICES_APPLICATION_AUTOSCALING_H

#include "lab/aws/service.h"

extern const struct service application_autoscaling_service;

#endif
