/*
 * function.h - publishes the built Lambda functions where the stacks' templates look for them.
 */
#ifndef CLI_FUNCTION_H
#define CLI_FUNCTION_H

#include "cli/stack.h"

/*
 * build/functions/<Handler>.zip, as object Code.S3Key of `bucket`, for each function of the templates; one
 * that is there stays. Has said why when it is not EXIT_DONE.
 */
int functions_publish(const struct place *place, struct account *account,
		      const struct stacks *stacks, const char *bucket);

#endif
