/*
 * app.c - golden-infra: the golden path as a CDK app. cdk.json names it.
 *
 *   golden-infra [FOLDER]   writes the cloud assembly into FOLDER: CDK_OUTDIR, cdk.out
 *   golden-infra --context  prints the table of context values
 */
#include "infra/stacks/golden_app.h"

#include "infra/cdk/cdk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int synthesise(const char *folder)
{
	const char *given = getenv("CDK_OUTDIR");
	struct golden_app_props props = {.outdir = folder ? folder : given ? given : "cdk.out"};
	const char *wrong;
	struct cdk_app *app;

	cdk_open(NULL);
	app = golden_app_new(&props, &wrong);
	if (app)
		cdk_app_synth(app);
	else
		fprintf(stderr, "golden-infra: %s\n", wrong);
	cdk_close();
	return app ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	if (argc > 2 || (argc == 2 && argv[1][0] == '-' && strcmp(argv[1], "--context") != 0)) {
		fputs("usage: golden-infra [FOLDER | --context]\n", stderr);
		return 2;
	}
	if (argc == 2 && strcmp(argv[1], "--context") == 0) {
		options_print_table(stdout);
		return EXIT_SUCCESS;
	}
	return synthesise(argc == 2 ? argv[1] : NULL);
}
