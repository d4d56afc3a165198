/*
 * kernel.c - the process that runs the CDK: started, spoken to a message at a time, ended.
 *
 *   left out   the wrapper (bin/jsii-runtime): a second node that would only copy bytes
 */
#include "infra/jsii/kernel.h"
#include "lib/base/buf.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* A whole app's templates, as a value, are a megabyte or two. */
#define MESSAGE_LIMIT ((size_t)256 << 20)
/* Between closing its end of the socket and being gone, with a stack trace to print. */
#define LAST_WORDS (5 * SECOND)
#define KERNEL_FD 3

struct kernel {
	pid_t pid;
	int pidfd;
	int socket;
	msec patience;
	struct buf in;
	size_t searched; /* of in: holds no line's end */
	char *why;
};

/* The kernel is given a cache or forbidden one: its own idea would be a folder in $HOME. */
static char **environment(const struct kernel_command *command)
{
	static const char *const ours[] = {"TMPDIR=", "JSII_RUNTIME_PACKAGE_CACHE=",
					   "JSII_RUNTIME_PACKAGE_CACHE_ROOT=", "JSII_DEBUG="};
	size_t count = 0, kept = 0;
	char **set;

	while (environ[count])
		count++;
	set = mem_array(char *, count + array_len(ours) + 1);
	for (size_t i = 0; i < count; i++) {
		bool other = true;

		for (size_t n = 0; n < array_len(ours); n++)
			other = other && strncmp(environ[i], ours[n], strlen(ours[n])) != 0;
		if (other)
			set[kept++] = mem_strdup(environ[i]);
	}
	set[kept++] = mem_fmt("%s%s", ours[0], command->scratch);
	set[kept++] = mem_fmt("%s%s", ours[1], command->cache ? "enabled" : "disabled");
	if (command->cache)
		set[kept++] = mem_fmt("%s%s", ours[2], command->cache);
	return set;
}

static void environment_free(char **set)
{
	for (size_t i = 0; set[i]; i++)
		free(set[i]);
	free(set);
}

/* Its stdout is our stderr: ours may be somebody's data. */
static int spawn(const struct kernel_command *command, int end, pid_t *ret_pid)
{
	/* Without an index, its first parse of aws-cdk-lib's metadata takes a gigabyte. */
	const char *const argv[] = {command->node, "--preserve-symlinks",
				    "--max-old-space-size=4096", command->program, NULL};
	char **env = environment(command);
	posix_spawn_file_actions_t files;
	int err;

	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_adddup2(&files, end, KERNEL_FD);
	posix_spawn_file_actions_adddup2(&files, STDERR_FILENO, STDOUT_FILENO);
	posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	err = posix_spawn(ret_pid, command->node, &files, NULL, (char *const *)(uintptr_t)argv,
			  env);
	posix_spawn_file_actions_destroy(&files);
	environment_free(env);
	return -err;
}

struct kernel *kernel_start(const struct kernel_command *command)
{
	struct kernel *kernel = mem_new(struct kernel);
	int pair[2] = {-1, -1};
	int err;

	kernel->pidfd = -1;
	kernel->socket = -1;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) {
		kernel->why = mem_fmt("no socket for the jsii kernel: %s", log_strerror(errno));
		return kernel;
	}
	err = spawn(command, pair[1], &kernel->pid);
	close(pair[1]);
	kernel->socket = pair[0];
	if (err < 0) {
		kernel->pid = 0;
		kernel->why = mem_fmt("%s does not start: %s", command->node, log_strerror(err));
		return kernel;
	}
	kernel->pidfd = pidfd_open(kernel->pid, 0);
	return kernel;
}

/* Reaps it. `why` is what we saw ourselves, NULL when it ended of its own accord. Takes `why`. */
static void bury(struct kernel *kernel, char *why)
{
	struct pollfd end = {.fd = kernel->pidfd, .events = POLLIN};
	int status = 0;

	if (!kernel->pid) {
		free(why);
		return;
	}
	if (why || poll(&end, 1, (int)LAST_WORDS) <= 0)
		kill(kernel->pid, SIGKILL);
	while (waitpid(kernel->pid, &status, 0) < 0 && errno == EINTR)
		;
	kernel->pid = 0;
	if (why)
		kernel->why = why;
	else if (WIFSIGNALED(status))
		kernel->why = mem_fmt("the jsii kernel was killed by signal %d (%s)",
				      WTERMSIG(status), strsignal(WTERMSIG(status)));
	else
		kernel->why = mem_fmt("the jsii kernel ended with status %d", WEXITSTATUS(status));
}

void kernel_end(struct kernel *kernel)
{
	if (!kernel)
		return;
	bury(kernel, mem_strdup("ended"));
	if (kernel->pidfd >= 0)
		close(kernel->pidfd);
	if (kernel->socket >= 0)
		close(kernel->socket);
	buf_free(&kernel->in);
	free(kernel->why);
	free(kernel);
}

bool kernel_write(struct kernel *kernel, const json_t *message)
{
	AUTO_FREE char *text = json_dumps(message, JSON_COMPACT);
	size_t len = text ? strlen(text) : 0;
	size_t sent = 0;

	assert(text);	    /* our own tree */
	text[len++] = '\n'; /* in the NUL's place */
	while (!kernel->why && sent < len) {
		ssize_t n = send(kernel->socket, text + sent, len - sent, MSG_NOSIGNAL);

		if (n >= 0)
			sent += (size_t)n;
		else if (errno != EINTR)
			bury(kernel, NULL);
	}
	return !kernel->why;
}

/* More of the answer. It may be long in coming: a synth is one answer. */
static bool receive(struct kernel *kernel)
{
	struct pollfd more = {.fd = kernel->socket, .events = POLLIN};
	size_t room = (size_t)1 << 16;
	ssize_t n;

	n = poll(&more, 1, (int)kernel->patience);
	if (n < 0)
		return errno == EINTR;
	if (n == 0) {
		bury(kernel, mem_fmt("the jsii kernel did not answer for %lld s",
				     (long long)(kernel->patience / SECOND)));
		return false;
	}
	n = recv(kernel->socket, buf_room(&kernel->in, room), room, 0);
	if (n < 0 && errno == EINTR)
		return true;
	if (n <= 0) {
		bury(kernel, NULL);
		return false;
	}
	buf_wrote(&kernel->in, (size_t)n);
	if (kernel->in.len > MESSAGE_LIMIT) {
		bury(kernel, mem_fmt("the jsii kernel's answer is longer than %zu MB",
				     MESSAGE_LIMIT >> 20));
		return false;
	}
	return true;
}

json_t *kernel_read(struct kernel *kernel)
{
	struct buf *in = &kernel->in;
	const char *end = NULL;
	json_error_t error;
	json_t *message;

	while (!kernel->why) {
		end = in->len > kernel->searched ? memchr(in->data + kernel->searched, '\n',
							  in->len - kernel->searched)
						 : NULL;
		kernel->searched = in->len;
		if (end || !receive(kernel))
			break;
	}
	if (!end)
		return NULL;
	message = json_loadb(in->data, (size_t)(end - in->data), 0, &error);
	if (!json_is_object(message)) {
		bury(kernel, mem_fmt("the jsii kernel does not speak JSON: %.200s", in->data));
		json_decref(message);
		return NULL;
	}
	buf_drop(in, (size_t)(end - in->data) + 1);
	kernel->searched = 0;
	return message;
}

void kernel_set_patience(struct kernel *kernel, msec patience)
{
	kernel->patience = patience;
}

bool kernel_ended(struct kernel *kernel, msec wait)
{
	struct pollfd end = {.fd = kernel->pidfd, .events = POLLIN};

	if (!kernel->why && poll(&end, 1, (int)wait) > 0)
		bury(kernel, NULL);
	return kernel->why != NULL;
}

const char *kernel_why(const struct kernel *kernel)
{
	return kernel->why;
}

pid_t kernel_pid(const struct kernel *kernel)
{
	return kernel->pid;
}
