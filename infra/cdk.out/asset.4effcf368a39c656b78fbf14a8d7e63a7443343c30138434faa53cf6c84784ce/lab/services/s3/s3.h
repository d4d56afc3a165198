/* s3.h - the service struct, for lab/main.c. */
#ifndef SERVICES_S3_H
#define SERVICES_S3_H

#include "lab/aws/service.h"

extern const struct service s3_service;

#endif
