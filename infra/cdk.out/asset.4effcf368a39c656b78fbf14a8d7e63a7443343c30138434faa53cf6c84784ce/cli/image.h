/*
 * image.h - publishes the built service as a container image, through ECR's own calls.
 *
 * The image is one layer with /usr/bin/golden-app and a config that names it as entry point: what
 * app/Dockerfile makes, less Debian's libraries, which the lab's tasks find on the machine. Its bytes depend on the
 * program and its config alone, so publishing the same twice does nothing.
 */
#ifndef CLI_IMAGE_H
#define CLI_IMAGE_H

#include "cli/account.h"

struct image_source {
	const char *program;  /* a path of this machine */
	const json_t *config; /* Entrypoint, User, …: dockerfile_read() */
};

/* Has said why when it is not EXIT_DONE. ret_pushed: false when the tag had this image already. */
int image_publish(struct account *account, const char *repository, const char *tag,
		  const struct image_source *source, bool *ret_pushed);

#endif
