/*
 * cli.h - what the verbs of `golden` share: where the lab lives, the account, how to say what is wrong.
 *
 * A verb is a file with one function in main.c's table. It answers the exit status: 0 done, 1 it could
 * not be done (one sentence said why), 2 it was asked for wrongly.
 */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include "lib/aws/client.h"
#include "lib/base/buf.h"

#define EXIT_DONE 0
#define EXIT_FAILED 1
#define EXIT_USAGE 2

/* Where things are. Process lifetime. */
struct place {
	const char *dir;    /* the state folder; absolute */
	const char *root;   /* the clone: infra/ and lab/templates are there */
	const char *bin;    /* where golden, goldend and golden-app are */
	bool dir_was_given; /* by --dir or GOLDEN_DIR */
};

struct verb {
	const char *name;
	int (*run)(const struct place *place, int argc, char **argv); /* argv[0] is the verb */
	const char *usage;					      /* "break MODE" */
	const char *summary;					      /* one line */
	const char *help;					      /* the rest; may be NULL */
};

/* "golden: …" on stderr, and EXIT_FAILED or EXIT_USAGE to return. */
int cli_fail(const char *fmt, ...) PRINTF_LIKE(1, 2);
int cli_usage(const char *fmt, ...) PRINTF_LIKE(1, 2);

/* The verbs. */
int up_run(const struct place *place, int argc, char **argv);
int synth_run(const struct place *place, int argc, char **argv);
int down_run(const struct place *place, int argc, char **argv);
int status_run(const struct place *place, int argc, char **argv);
int env_run(const struct place *place, int argc, char **argv);
int aws_run(const struct place *place, int argc, char **argv);
int docker_run(const struct place *place, int argc, char **argv);
int break_run(const struct place *place, int argc, char **argv);
int reset_run(const struct place *place, int argc, char **argv);
int logs_run(const struct place *place, int argc, char **argv);
int clock_run(const struct place *place, int argc, char **argv);
int page_run(const struct place *place, int argc, char **argv);

#endif
