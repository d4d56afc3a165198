/*
 * dockerfile.h - what app/Dockerfile says of the image's config, for whoever makes that image without Docker.
 *
 * Only the last stage counts. The one file that may be copied into it is golden-app, and the only thing
 * run in it apt-get: on this machine the program is built and its libraries are there. Any other
 * instruction is refused, since an image without it would be another one.
 */
#ifndef CLI_DOCKERFILE_H
#define CLI_DOCKERFILE_H

#include "lib/base/json.h"

/* Where the program is in the image. */
#define DOCKERFILE_PROGRAM "/usr/bin/golden-app"

/* Members of an OCI image's "config" in ret_config, a new tree. 0 or -errno; -EINVAL: ret_why, owned by
 * the caller, says what is not understood. */
int dockerfile_read(const char *path, json_t **ret_config, char **ret_why);

#endif
