/* iam.h - the service struct and who knows the roles, for lab/main.c. */
#ifndef SERVICES_IAM_H
#define SERVICES_IAM_H

#include "lab/aws/lab.h"

extern const struct service iam_service;
extern const struct authority iam_authority;

#endif
