/*
 * server.c - the postmaster: how it is started, and one that was left behind.
 *
 *   left out   TLS; what Aurora has and PostgreSQL has not
 */
#include "lab/planes/postgres/postgres.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define HBA                     \
	"local all all trust\n" \
	"host all all 0.0.0.0/0 scram-sha-256\n"
#define ARGS_MAX 48
#define WORDS_MAX 4096

/* Who may come in: by the socket whoever can reach this folder, by the network with a password. */
static int write_hba(struct arena *arena, const struct server *server, const struct owner *owner)
{
	const char *path = arena_fmt(arena, "%s/pg_hba.conf", server->folder);
	AUTO_FD int fd = open(path, O_WRONLY | O_TRUNC | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0 || write(fd, HBA, strlen(HBA)) != (ssize_t)strlen(HBA))
		return -errno;
	if (owner->uid != 0 && fchown(fd, owner->uid, owner->gid) < 0)
		return -errno;
	return 0;
}

static int open_log(struct arena *arena, const struct server *server, const struct owner *owner)
{
	const char *path = arena_fmt(arena, "%s/server.log", server->folder);
	int fd = open(path, O_WRONLY | O_TRUNC | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd >= 0 && owner->uid != 0 && fchown(fd, owner->uid, owner->gid) < 0) {
		close(fd);
		return -errno;
	}
	return fd < 0 ? -errno : fd;
}

struct words {
	char *at[ARGS_MAX];
	size_t count;
};

static void set(struct arena *arena, struct words *words, const char *name, const char *value)
{
	words->at[words->count++] = arena_strdup(arena, "-c");
	words->at[words->count++] = arena_fmt(arena, "%s=%s", name, value);
}

static void set_number(struct arena *arena, struct words *words, const char *name, int64_t number)
{
	set(arena, words, name, arena_fmt(arena, "%lld", (long long)number));
}

/* Small: an idle lab should not be noticed. */
static void add_settings(struct arena *arena, const struct server *server, struct words *words)
{
	static const char *const settings[][2] = {
		{"unix_socket_directories", "."}, /* the data folder: where it runs */
		{"unix_socket_permissions", "0700"},
		{"password_encryption", "scram-sha-256"},
		{"shared_buffers", "16MB"},
		{"wal_level", "minimal"},
		{"max_wal_senders", "0"},
		{"max_logical_replication_workers", "0"},
		{"max_wal_size", "64MB"},
		{"min_wal_size", "32MB"},
		{"log_line_prefix", "%m [%p] %u@%d "},
		{"timezone", "UTC"},
		{"log_timezone", "UTC"},
	};
	bool fsync = json_bool_or(server->desired, "fsync", true);

	for (size_t i = 0; i < array_len(settings); i++)
		set(arena, words, settings[i][0], settings[i][1]);
	set(arena, words, "listen_addresses", json_str_or(server->desired, "address", ""));
	set_number(arena, words, "port", json_int_or(server->desired, "port", 5432));
	set_number(arena, words, "max_connections",
		   json_int_or(server->desired, "max_connections", 100));
	if (!fsync) {
		set(arena, words, "fsync", "off");
		set(arena, words, "synchronous_commit", "off");
		set(arena, words, "full_page_writes", "off");
	}
}

int server_start(struct arena *arena, const struct server *server, const struct owner *owner,
		 pid_t *ret_pid)
{
	struct words words = {{NULL}, 0};
	char *env[] = {
		arena_strdup(arena, "PATH=/usr/bin:/bin"),
		arena_strdup(arena, "LC_ALL=C"),
		arena_fmt(arena, "HOME=%s", owner->home),
		NULL,
	};
	struct launch launch = {
		.program = arena_fmt(arena, "%s/postgres", server->programs),
		.folder = server->folder,
		.args = words.at,
		.env = env,
		.uid = owner->uid,
		.gid = owner->gid,
		.death_signal = SIGINT, /* a fast shutdown, as systemd would */
		.extra = -1,
	};
	int err = write_hba(arena, server, owner);

	if (err < 0)
		return err;
	/* In full: from it PostgreSQL finds its own files. */
	words.at[words.count++] = arena_strdup(arena, launch.program);
	words.at[words.count++] = arena_strdup(arena, "-D");
	words.at[words.count++] = arena_strdup(arena, server->folder);
	add_settings(arena, server, &words);
	launch.output = open_log(arena, server, owner);
	if (launch.output < 0)
		return launch.output;
	err = launch_start(&launch, ret_pid);
	close(launch.output);
	return err;
}

pid_t server_left(const struct server *server)
{
	AUTO_FREE char *path = mem_fmt("%s/postmaster.pid", server->folder);
	FILE *file = fopen(path, "re");
	char link[64];
	char folder[4096];
	long pid = 0;
	ssize_t len;

	if (!file)
		return 0;
	if (fscanf(file, "%ld", &pid) != 1)
		pid = 0;
	fclose(file);
	if (pid <= 1 || kill((pid_t)pid, 0) < 0)
		return 0;
	/* The number may be another process' by now; a postmaster runs in its data folder. */
	snprintf(link, sizeof(link), "/proc/%ld/cwd", pid);
	len = readlink(link, folder, sizeof(folder) - 1);
	if (len < 0)
		return 0;
	folder[len] = '\0';
	return strcmp(folder, server->folder) == 0 ? (pid_t)pid : 0;
}

const char *server_last_words(struct arena *arena, const struct server *server)
{
	const char *path = arena_fmt(arena, "%s/server.log", server->folder);
	char *text = arena_alloc(arena, WORDS_MAX + 1);
	AUTO_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
	off_t size = fd < 0 ? 0 : lseek(fd, 0, SEEK_END);
	ssize_t got = 0;
	char *line = NULL;

	if (fd >= 0)
		got = pread(fd, text, WORDS_MAX, size > WORDS_MAX ? size - WORDS_MAX : 0);
	text[got > 0 ? got : 0] = '\0';
	/* Why it ended: its last FATAL that is not an answer to somebody who came too early. */
	for (char *fatal = text; (fatal = strstr(fatal, "FATAL:")); fatal++) {
		if (strncmp(fatal, "FATAL:  the database system is", 30) != 0)
			line = fatal;
	}
	if (!line) {
		while ((line = strrchr(text, '\n')) && line[1] == '\0')
			*line = '\0';
		line = line ? line + 1 : text;
	}
	line[strcspn(line, "\n")] = '\0';
	return line;
}
