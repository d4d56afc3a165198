/*
 * healthcheck.h - golden-app --healthcheck: what ECS runs inside the container.
 */
#ifndef APP_HEALTHCHECK_H
#define APP_HEALTHCHECK_H

#include "app/settings.h"

/* Asks our own /healthz, where this environment has us listen. 0: it answered 200; else 1. */
int healthcheck(const struct settings *settings);

#endif
