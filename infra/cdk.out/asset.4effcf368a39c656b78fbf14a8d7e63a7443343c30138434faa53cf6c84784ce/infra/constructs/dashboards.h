/*
 * dashboards.h - one page that says how the service is.
 */
#ifndef CONSTRUCTS_DASHBOARDS_H
#define CONSTRUCTS_DASHBOARDS_H

#include "infra/constructs/alarms.h"
#include "infra/constructs/metrics.h"

struct dashboards_props {
	const char *name;
	struct metrics *metrics;
	const struct alarms *alarms;
	enum database_engine engine;
};

void dashboards_new(struct constructs_construct *scope, const char *id,
		    const struct dashboards_props *props);

#endif
