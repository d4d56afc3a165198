/*
 * rds.h - Amazon RDS: Aurora PostgreSQL clusters, and PostgreSQL without one.
 */
#ifndef SERVICES_RDS_H
#define SERVICES_RDS_H

#include "lab/aws/service.h"

extern const struct service rds_service;

#endif
