/*
 * break.c - golden break and golden reset: the failure mode, by the parameter the service reads.
 */
#include "cli/account.h"

#include <stdio.h>
#include <string.h>

#define PARAMETER "/golden/failure_mode"

static const struct mode {
	const char *name;
	const char *what;
} modes[] = {
	{"return_500", "every request answers 500, health checks too"},
	{"connection_leak", "each /db opens a database connection and never closes it"},
};

static const struct mode *find_mode(const char *name)
{
	for (size_t i = 0; i < array_len(modes); i++) {
		if (strcmp(modes[i].name, name) == 0)
			return &modes[i];
	}
	return NULL;
}

static void list_modes(FILE *out)
{
	fputs("Modes:\n", out);
	for (size_t i = 0; i < array_len(modes); i++)
		fprintf(out, "  %-16s %s\n", modes[i].name, modes[i].what);
}

static int set_mode(const struct place *place, const char *mode)
{
	AUTO_JSON json_t *input = json_object();
	struct account account;
	int status = account_open(place, &account);

	if (status != EXIT_DONE)
		return status;
	json_set_str(input, "Name", PARAMETER);
	json_set_str(input, "Value", mode);
	json_set_bool(input, "Overwrite", true);
	if (!account_ask(&account, &ssm, "PutParameter", input))
		status = EXIT_FAILED;
	account_close(&account);
	return status;
}

int break_run(const struct place *place, int argc, char **argv)
{
	const struct mode *mode = argc == 2 ? find_mode(argv[1]) : NULL;
	int status;

	if (!mode) {
		if (argc == 2)
			fprintf(stderr, "golden: there is no mode '%s'\n", argv[1]);
		list_modes(stderr);
		return EXIT_USAGE;
	}

	status = set_mode(place, mode->name);
	if (status == EXIT_DONE)
		printf("Broken: %s. Heal it with: golden reset\n", mode->what);
	return status;
}

int reset_run(const struct place *place, int argc, char **argv)
{
	int status;

	if (argc != 1)
		return cli_usage("reset takes no arguments");
	status = set_mode(place, "none");
	if (status == EXIT_DONE)
		puts("Healed: " PARAMETER " is none again.");
	return status;
}
