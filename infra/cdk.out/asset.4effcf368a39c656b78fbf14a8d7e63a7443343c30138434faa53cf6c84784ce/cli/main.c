/*
 * main.c - golden, the person's tool: one table of verbs.
 */
#include "cli/cli.h"
#include "lib/aws/sigv4.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct verb verbs[] = {
	{"up", up_run, "up [--speed N] [--port P] [--detach] [--empty] [--templates DIR]",
	 "start the lab and bring the golden path up",
	 "  --speed N        lab seconds a real second; 60: a lab minute passes in a second\n"
	 "  --port P         where the AWS endpoint listens (default 4566, or the next free one)\n"
	 "  --detach         leave the lab running and return; else Ctrl-C takes it down\n"
	 "  --empty          an account with no stacks\n"
	 "  --templates DIR  the stacks (default infra/templates)\n"},
	{"down", down_run, "down [--destroy]", "stop the lab; its state stays",
	 "  --destroy  remove the state folder as well\n"},
	{"status", status_run, "status [--json]", "stacks, tasks, targets, database", NULL},
	{"env", env_run, "env", "shell exports for stock AWS clients: eval \"$(golden env)\"",
	 NULL},
	{"aws", aws_run, "aws ARGUMENT…",
	 "the installed aws, with endpoint and credentials of the lab",
	 "GOLDEN_AWS names the program to run (default: aws, as PATH has it).\n"},
	{"docker", docker_run, "docker login|build|tag|push|inspect …",
	 "what the cdk CLI needs of Docker, for the service's image and the lab",
	 "CDK_DOCKER=build/golden-docker, which golden env exports, calls it.\n"},
	{"break", break_run, "break MODE", "break the service: return_500, connection_leak", NULL},
	{"reset", reset_run, "reset", "heal what break broke", NULL},
	{"logs", logs_run, "logs [-f] [--group NAME] [--since 10min]", "what the service logged",
	 "  -f            follow\n"
	 "  --group NAME  another log group than /golden/app\n"
	 "  --since T     lab time back from now (default 10min)\n"},
	{"clock", clock_run, "clock [speed N | pause | step T | --at T]", "the lab clock",
	 "  speed N   lab seconds a real second\n"
	 "  pause     stand still; `speed` goes on\n"
	 "  step T    move on by 90s, 5min, 2h\n"
	 "  --at T    print the lab time T from now: --at -5min, as ISO 8601\n"},
	{"page", page_run, "page [--lab] [--speed N] FILE.md…",
	 "run pages and check what they promise",
	 "  --lab      in a lab of its own, which ends with it\n"
	 "  --speed N  … that runs this fast\n"},
};

static void print_help(FILE *out)
{
	fputs("usage: golden [--dir DIR] VERB …\n\n", out);
	for (size_t i = 0; i < array_len(verbs); i++)
		fprintf(out, "  %-8s %s\n", verbs[i].name, verbs[i].summary);
	fputs("\n  --dir DIR   the lab's state folder (or GOLDEN_DIR)\n"
	      "  golden VERB --help says more of one.\n",
	      out);
}

static int complain(const char *hint, const char *fmt, va_list args)
{
	AUTO_FREE char *text = mem_vfmt(fmt, args);

	fprintf(stderr, "golden: %s\n%s", text, hint);
	return EXIT_FAILED;
}

int cli_fail(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	complain("", fmt, args);
	va_end(args);
	return EXIT_FAILED;
}

int cli_usage(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	complain("golden --help lists the verbs.\n", fmt, args);
	va_end(args);
	return EXIT_USAGE;
}

/* The folder of the running program; owned by the caller. */
static char *program_folder(void)
{
	char path[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 1);
	char *slash;

	if (len < 0)
		return mem_strdup(".");
	path[len] = '\0';
	slash = strrchr(path, '/');
	*slash = '\0';
	return mem_strdup(path);
}

/*
 * Where the lab of this clone keeps its state when nobody says otherwise. As root not in the clone: PostgreSQL
 * and tasks then run as users who may not be able to enter somebody's home.
 */
static char *default_dir(const char *root)
{
	char hex[65];

	if (geteuid() != 0)
		return mem_fmt("%s/.golden", root);
	sigv4_sha256_hex(root, strlen(root), hex);
	return mem_fmt("/var/lib/golden/%.8s", hex);
}

static char *absolute(const char *path)
{
	AUTO_FREE char *here = getcwd(NULL, 0);

	return path[0] == '/' || !here ? mem_strdup(path) : mem_fmt("%s/%s", here, path);
}

/* Process lifetime. */
static struct place place;

static void find_place(const char *dir)
{
	char *bin = program_folder();
	AUTO_FREE char *above = mem_fmt("%s/..", bin);
	char *root = realpath(above, NULL);

	place.bin = bin;
	place.root = root ? root : bin;
	if (!dir || !*dir)
		dir = getenv("GOLDEN_DIR");
	place.dir_was_given = dir && *dir;
	place.dir = place.dir_was_given ? absolute(dir) : default_dir(place.root);
}

static const struct verb *find_verb(const char *name)
{
	for (size_t i = 0; i < array_len(verbs); i++) {
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	}
	return NULL;
}

/* Takes --dir DIR out of the arguments, wherever it stands before "aws". */
static const char *take_dir(int *argc, char **argv)
{
	const char *dir = NULL;
	int out = 1;

	for (int i = 1; i < *argc; i++) {
		bool ours = !(out > 1 && strcmp(argv[1], "aws") == 0);

		if (ours && strcmp(argv[i], "--dir") == 0 && i + 1 < *argc)
			dir = argv[++i];
		else if (ours && strncmp(argv[i], "--dir=", 6) == 0)
			dir = argv[i] + 6;
		else
			argv[out++] = argv[i];
	}
	argv[out] = NULL;
	*argc = out;
	return dir;
}

int main(int argc, char **argv)
{
	const char *dir = take_dir(&argc, argv);
	const struct verb *verb;

	if (argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
		print_help(argc < 2 ? stderr : stdout);
		return argc < 2 ? EXIT_USAGE : EXIT_DONE;
	}
	if (strcmp(argv[1], "--version") == 0) {
		puts("golden " GOLDEN_VERSION);
		return EXIT_DONE;
	}

	verb = find_verb(argv[1]);
	if (!verb)
		return cli_usage("'%s' is no verb", argv[1]);
	if (argc == 3 && strcmp(argv[2], "--help") == 0 && verb->run != aws_run) {
		printf("usage: golden %s\n%s.\n%s", verb->usage, verb->summary,
		       verb->help ? verb->help : "");
		return EXIT_DONE;
	}

	find_place(dir);
	return verb->run(&place, argc - 1, argv + 1);
}
