/* ecr.h - Elastic Container Registry, for lab/main.c. */
#ifndef SERVICES_ECR_H
#define SERVICES_ECR_H

#include "lab/aws/service.h"

extern const struct service ecr_service;

#endif
