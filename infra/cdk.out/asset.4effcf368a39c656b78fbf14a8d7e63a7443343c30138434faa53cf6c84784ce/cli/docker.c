/*
 * docker.c - golden docker: what the stock cdk CLI asks of Docker when it publishes an image.
 *
 *   keeps     docker/<sha256 of a name>.json in the state folder: what Dockerfile a name was built of
 *   left out  everything else; it is no Docker, and for an account Docker itself is right
 */
#include "cli/dockerfile.h"
#include "cli/image.h"
#include "lib/aws/sigv4.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Where a name's config is kept; owned by the caller. */
static char *path_of(const struct place *place, const char *name)
{
	char hex[65];

	sigv4_sha256_hex(name, strlen(name), hex);
	return mem_fmt("%s/docker/%s.json", place->dir, hex);
}

static int keep(const struct place *place, const char *name, const json_t *config)
{
	AUTO_FREE char *folder = mem_fmt("%s/docker", place->dir);
	AUTO_FREE char *path = path_of(place, name);

	if (mkdir(folder, 0700) < 0 && errno != EEXIST)
		return cli_fail("can't make %s: %s", folder, strerror(errno));
	if (json_dump_file(config, path, JSON_COMPACT) < 0)
		return cli_fail("can't write %s: %s", path, strerror(errno));
	return EXIT_DONE;
}

/* What `name` was built of, a new tree; NULL: it was not. */
static json_t *kept(const struct place *place, const char *name)
{
	AUTO_FREE char *path = path_of(place, name);

	return json_load_file(path, 0, NULL);
}

/* The token is not asked for again: a push is signed with the lab's own key. */
static int login(const struct place *place, int argc, char **argv)
{
	char token[4096];
	size_t len = fread(token, 1, sizeof(token), stdin);

	if (argc != 5 || strcmp(argv[1], "--username") != 0 ||
	    strcmp(argv[3], "--password-stdin") != 0)
		return cli_usage("docker login takes --username AWS --password-stdin REGISTRY");
	if (len == 0)
		return cli_fail("docker login: no password came on stdin");
	puts("Login Succeeded");
	return EXIT_DONE;
}

/* An image is built anew each time: the program may be newer than the name. */
static int inspect(const struct place *place, int argc, char **argv)
{
	return cli_fail("no such image: %s", argc > 1 ? argv[1] : "");
}

struct build_wishes {
	const char *tag;
	const char *file;
	const char *context;
};

static int read_build(int argc, char **argv, struct build_wishes *wishes)
{
	for (int i = 1; i < argc; i++) {
		const char *value = i + 1 < argc ? argv[i + 1] : NULL;

		if (strcmp(argv[i], "--tag") == 0 && value)
			wishes->tag = argv[++i];
		else if (strcmp(argv[i], "--file") == 0 && value)
			wishes->file = argv[++i];
		else if (strcmp(argv[i], "--platform") == 0 && value &&
			 strcmp(value, "linux/amd64") == 0)
			i++;
		else if (argv[i][0] != '-' && !wishes->context)
			wishes->context = argv[i];
		else
			return cli_usage("docker build does not take '%s'%s%s in the lab", argv[i],
					 value ? " " : "", value ? value : "");
	}
	if (!wishes->tag || !wishes->context)
		return cli_usage("docker build needs --tag NAME and a folder");
	return EXIT_DONE;
}

static int build(const struct place *place, int argc, char **argv)
{
	struct build_wishes wishes = {.file = NULL};
	int status = read_build(argc, argv, &wishes), err;
	AUTO_FREE char *path = NULL;
	AUTO_FREE char *why = NULL;
	AUTO_JSON json_t *config = NULL;

	if (status != EXIT_DONE)
		return status;
	path = wishes.file && wishes.file[0] == '/'
		       ? mem_strdup(wishes.file)
		       : mem_fmt("%s/%s", wishes.context, wishes.file ? wishes.file : "Dockerfile");
	err = dockerfile_read(path, &config, &why);
	if (err < 0)
		return cli_fail("%s: %s", path, why ? why : strerror(-err));
	return keep(place, wishes.tag, config);
}

static int tag(const struct place *place, int argc, char **argv)
{
	AUTO_JSON json_t *config = NULL;

	if (argc != 3)
		return cli_usage("docker tag takes two names");
	config = kept(place, argv[1]);
	return config ? keep(place, argv[2], config) : cli_fail("no such image: %s", argv[1]);
}

/* "123456789012.dkr.ecr.us-east-1.amazonaws.com/repository:tag" */
static int push(const struct place *place, int argc, char **argv)
{
	AUTO_FREE char *name = mem_strdup(argc == 2 ? argv[1] : "");
	AUTO_FREE char *program = mem_fmt("%s/golden-app", place->bin);
	AUTO_JSON json_t *config = kept(place, name);
	char *repository = strchr(name, '/'), *version = strrchr(name, ':');
	struct account account;
	bool pushed;
	int status;

	if (!repository || !version || version < repository)
		return cli_usage("docker push takes REGISTRY/REPOSITORY:TAG");
	if (!config)
		return cli_fail("no such image: %s", name);
	*repository++ = '\0';
	*version++ = '\0';
	status = account_open(place, &account);
	if (status != EXIT_DONE)
		return status;
	status = account.endpoint
			 ? image_publish(&account, repository, version,
					 &(struct image_source){program, config}, &pushed)
			 : cli_fail("golden docker is for the lab; an account wants Docker");
	account_close(&account);
	return status;
}

int docker_run(const struct place *place, int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(const struct place *place, int argc, char **argv);
	} commands[] = {
		{"build", build}, {"inspect", inspect}, {"login", login},
		{"push", push},	  {"tag", tag},
	};

	for (size_t i = 0; argc > 1 && i < array_len(commands); i++) {
		if (strcmp(commands[i].name, argv[1]) == 0)
			return commands[i].run(place, argc - 1, argv + 1);
	}
	return cli_usage("docker knows login, build, tag, push and inspect only%s%s",
			 argc > 1 ? ", not " : "", argc > 1 ? argv[1] : "");
}
