/*
 * status.c - golden status: stacks, tasks, targets, database.
 */
#include "cli/picture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A column: a member and how wide. */
struct column {
	const char *name;
	int width;
};

static void print_table(const json_t *rows, const char *title, const struct column *columns,
			size_t count)
{
	const json_t *row, *value;
	size_t i;

	if (json_array_size(rows) == 0)
		return;
	printf("\n%s\n", title);
	json_each (rows, i, row) {
		printf(" ");
		for (size_t k = 0; k < count; k++) {
			value = json_get(row, columns[k].name);
			if (json_is_integer(value))
				printf(" %-*lld", columns[k].width,
				       (long long)json_integer_value(value));
			else
				printf(" %-*s", columns[k].width,
				       value ? json_string_value(value) : "-");
		}
		puts("");
	}
}

static void print_lines(const json_t *lines, const char *title)
{
	const json_t *line;
	size_t i;

	if (json_array_size(lines) > 0)
		printf("\n%s\n", title);
	json_each (lines, i, line) {
		printf("  %s\n", json_string_value(line));
	}
}

static void print_picture(const json_t *picture)
{
	static const struct column stacks[] = {{"name", 24}, {"status", 20}};
	static const struct column services[] = {{"name", 24}, {"running", 3}, {"desired", 3}};
	static const struct column tasks[] = {
		{"id", 32},   {"status", 12},  {"health", 10},
		{"zone", 10}, {"address", 14}, {"definition", 12},
	};
	static const struct column targets[] = {
		{"group", 32}, {"id", 14}, {"port", 5}, {"state", 10}, {"reason", 20},
	};
	static const struct column databases[] = {
		{"name", 40},
		{"engine", 18},
		{"status", 10},
		{"endpoint", 14},
	};

	double speed = json_num_or(json_get(picture, "clock"), "speed", 1);

	printf("Endpoint  %s\n", json_str_or(picture, "endpoint", "AWS"));
	printf("Service   %s\n", json_str_or(picture, "url", "none yet"));
	printf("Clock     %s, ", json_path_str(picture, "clock.lab"));
	printf(speed > 0 ? "speed %g\n" : "paused\n", speed);
	print_table(json_get(picture, "stacks"), "Stacks", stacks, array_len(stacks));
	print_table(json_get(picture, "services"), "Services (running, desired)", services,
		    array_len(services));
	print_table(json_get(picture, "tasks"), "Tasks", tasks, array_len(tasks));
	print_table(json_get(picture, "targets"), "Targets", targets, array_len(targets));
	print_table(json_get(picture, "databases"), "Databases", databases, array_len(databases));
	print_lines(json_get(picture, "kept"), "In the lab, but");
}

int status_run(const struct place *place, int argc, char **argv)
{
	bool as_json = argc == 2 && strcmp(argv[1], "--json") == 0;
	struct account account;
	json_t *picture;
	int status;

	if (argc > 2 || (argc == 2 && !as_json))
		return cli_usage("status takes --json only");
	status = account_open(place, &account);
	if (status != EXIT_DONE)
		return status;

	picture = picture_take(&account);
	if (!picture)
		status = EXIT_FAILED;
	else if (as_json)
		json_dumpf(picture, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(15));
	else
		print_picture(picture);
	if (picture && as_json)
		puts("");
	json_decref(picture);
	account_close(&account);
	return status;
}
