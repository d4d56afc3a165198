/*
 * events.h - Amazon EventBridge: rules and their targets, kept.
 */
#ifndef SERVICES_EVENTS_H
#define SERVICES_EVENTS_H

#include "lab/aws/service.h"

extern const struct service events_service;

#endif
