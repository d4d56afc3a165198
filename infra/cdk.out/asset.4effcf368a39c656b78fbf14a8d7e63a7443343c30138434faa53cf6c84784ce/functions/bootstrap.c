/*
 * bootstrap.c - what Lambda starts. Linked statically: the machine's C library is older than the one
 * the function was built with, so the function brings its own, and the loader that goes with it.
 *
 * Package:  bootstrap   lib/ld-linux-x86-64.so.2, lib/libc.so.6, …   lib/golden-function
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define PATH_ROOM 4096

/* Debian's libcurl looks for Debian's file. What AWS's clients call AWS_CA_BUNDLE, so does lib/aws. */
static void find_certificates(void)
{
	static const char *const bundles[] = {
		"/etc/pki/tls/certs/ca-bundle.crt",   /* Amazon Linux */
		"/etc/ssl/certs/ca-certificates.crt", /* Debian */
	};

	for (size_t i = 0; i < sizeof(bundles) / sizeof(bundles[0]); i++) {
		if (access(bundles[i], R_OK) == 0) {
			setenv("AWS_CA_BUNDLE", bundles[i], 0);
			return;
		}
	}
}

int main(void)
{
	const char *root = getenv("LAMBDA_TASK_ROOT");
	char loader[PATH_ROOM], library[PATH_ROOM], program[PATH_ROOM];

	if (!root)
		root = "/var/task";
	snprintf(loader, sizeof(loader), "%s/lib/ld-linux-x86-64.so.2", root);
	snprintf(library, sizeof(library), "%s/lib", root);
	snprintf(program, sizeof(program), "%s/lib/golden-function", root);
	find_certificates();
	execl(loader, loader, "--inhibit-cache", "--library-path", library, program, (char *)NULL);
	perror(loader);
	return 127;
}
