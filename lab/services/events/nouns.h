/*
 * nouns.h - what the files of services/events share.
 *
 *   events/rule   by name   DescribeRule's shape, _Targets, _Tags
 */
#ifndef EVENTS_NOUNS_H
#define EVENTS_NOUNS_H

#include "lab/aws/lab.h"
#include "lab/models/events.h"

#define RULE "events/rule"

int events_no_rule(struct request *rq, const char *name);
op_fn events_put_targets, events_remove_targets, events_list_targets_by_rule;

extern const struct resource events_resources[];

#endif
