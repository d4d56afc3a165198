/*
 * function.h - publishes the Lambda functions' code where the stacks' templates look for them.
 */
#ifndef CLI_FUNCTION_H
#define CLI_FUNCTION_H

#include "cli/stack.h"

/*
 * The asset of each function of the templates, as object Code.S3Key of `bucket`; one that is there stays.
 * Has said why when it is not EXIT_DONE.
 */
int functions_publish(const struct stacks *stacks, struct account *account, const char *bucket);

#endif
