/*
 * picture.h - what is there now: stacks, services, tasks, targets, databases, as one tree.
 *
 *   {"endpoint", "url", "clock": {"lab", "speed"},
 *    "stacks":    [{"name", "status"}],
 *    "services":  [{"name", "desired", "running", "pending"}],
 *    "tasks":     [{"id", "status", "health", "zone", "address", "definition"}],
 *    "targets":   [{"group", "id", "port", "state", "reason"}],
 *    "databases": [{"name", "engine", "status", "endpoint"}],
 *    "kept":      ["AWS::WAFv2::WebACL: kept, does not act yet", …]}
 */
#ifndef CLI_PICTURE_H
#define CLI_PICTURE_H

#include "cli/account.h"

/* A new tree, owned by the caller; NULL, and said why, if the account did not answer. */
json_t *picture_take(struct account *account);

/* Every service runs what it wants, and every target is healthy: so many of running tasks. */
bool picture_is_healthy(const json_t *picture, int64_t *ret_healthy);

#endif
