/*
 * synth.h - the stacks' templates, made from infra/ when that changed.
 */
#ifndef CLI_SYNTH_H
#define CLI_SYNTH_H

#include "cli/cli.h"

/*
 * Runs golden-infra with the context of infra/cdk.json, unless what it last made is still true: the cloud
 * assembly in cdk.out beside the programs. The folder is the caller's. Several at once take turns.
 * Has said why when it is not EXIT_DONE.
 */
int synth_stacks(const struct place *place, char **ret_folder);

#endif
