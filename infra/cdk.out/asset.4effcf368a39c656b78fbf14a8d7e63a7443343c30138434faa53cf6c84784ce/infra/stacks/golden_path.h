/*
 * golden_path.h - the five stacks, in the order in which they need each other.
 */
#ifndef STACKS_GOLDEN_PATH_H
#define STACKS_GOLDEN_PATH_H

#include "infra/stacks/options.h"

/* Into an app, or a stage of a pipeline. */
void golden_path_new(struct constructs_construct *scope, const struct options *options);

#endif
