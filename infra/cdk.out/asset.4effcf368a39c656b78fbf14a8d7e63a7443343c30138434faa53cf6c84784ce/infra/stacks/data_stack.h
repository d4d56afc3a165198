/*
 * data_stack.h - the database, and its secret.
 */
#ifndef STACKS_DATA_STACK_H
#define STACKS_DATA_STACK_H

#include "infra/stacks/network_stack.h"

struct data_stack {
	struct rds_cluster database;
	struct kms_key *key;
};

struct data_stack data_stack_new(struct constructs_construct *scope, const struct options *options,
				 const struct network_stack *network);

#endif
