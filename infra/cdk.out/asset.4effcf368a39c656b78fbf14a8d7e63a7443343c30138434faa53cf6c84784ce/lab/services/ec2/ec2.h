/* ec2.h - the service struct, for lab/main.c. */
#ifndef SERVICES_EC2_H
#define SERVICES_EC2_H

#include "lab/aws/service.h"

extern const struct service ec2_service;

#endif
