/* ecs.h - Elastic Container Service, for lab/main.c. */
#ifndef SERVICES_ECS_H
#define SERVICES_ECS_H

#include "lab/aws/service.h"

extern const struct service ecs_service;

#endif
