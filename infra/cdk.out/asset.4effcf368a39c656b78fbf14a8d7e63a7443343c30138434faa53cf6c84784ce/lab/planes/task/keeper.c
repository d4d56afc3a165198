/*
 * keeper.c - nothing of a task outlives its plane.
 *
 *   left out   processes that left both their session and their cgroup, where the task has no user of
 *              its own
 */
#include "lab/planes/task/keeper.h"
#include "lib/base/buf.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define KEPT_MAX 64 /* a task has ten containers at most, each a health check */
#define FOLDER_MAX 256

enum order { STARTED, ENDED, FOLDER, USER };

/* One datagram an order, so that none arrives in part. */
struct message {
	enum order order;
	pid_t session;
	uid_t uid;
	char folder[FOLDER_MAX];
};

struct keeper {
	int socket;
	pid_t pid;
};

struct kept {
	pid_t sessions[KEPT_MAX];
	char folders[KEPT_MAX][FOLDER_MAX];
	size_t nfolders;
	uid_t uid; /* 0: it is not the task's alone */
};

static void swap_session(struct kept *kept, pid_t old, pid_t session)
{
	for (size_t i = 0; i < KEPT_MAX; i++) {
		if (kept->sessions[i] == old) {
			kept->sessions[i] = session;
			return;
		}
	}
}

static void obey(struct kept *kept, const struct message *message)
{
	switch (message->order) {
	case STARTED:
		swap_session(kept, 0, message->session);
		break;
	case ENDED:
		swap_session(kept, message->session, 0);
		break;
	case FOLDER:
		if (kept->nfolders < KEPT_MAX)
			memcpy(kept->folders[kept->nfolders++], message->folder, FOLDER_MAX);
		break;
	case USER:
		kept->uid = message->uid;
		break;
	}
}

/* The fourth field behind the name is the session; the name may hold anything. */
static pid_t session_of(const char *pid)
{
	char path[64];
	char text[512] = "";
	const char *after;
	int session = 0;
	ssize_t got;
	int fd;

	snprintf(path, sizeof(path), "/proc/%.20s/stat", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	got = read(fd, text, sizeof(text) - 1);
	close(fd);
	after = got > 0 ? strrchr(text, ')') : NULL;
	if (!after || sscanf(after, ") %*c %*d %*d %d", &session) != 1)
		return 0;
	return session;
}

static void kill_sessions(const struct kept *kept)
{
	DIR *proc = opendir("/proc");
	const struct dirent *entry;

	while (proc && (entry = readdir(proc))) {
		pid_t session = session_of(entry->d_name);

		for (size_t i = 0; session && i < KEPT_MAX; i++) {
			if (kept->sessions[i] == session)
				kill((pid_t)strtol(entry->d_name, NULL, 10), SIGKILL);
		}
	}
	if (proc)
		closedir(proc);
}

static void kill_folder(const char *folder)
{
	char path[FOLDER_MAX + 16];
	char line[32];
	FILE *file;

	snprintf(path, sizeof(path), "%s/cgroup.procs", folder);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file)) {
		pid_t pid = (pid_t)strtol(line, NULL, 10);

		if (pid > 1)
			kill(pid, SIGKILL);
	}
	if (file)
		fclose(file);
}

/* As that user: then the kernel itself finds all of them, even those being born. */
static void kill_user(uid_t uid)
{
	pid_t pid = uid ? fork() : -1;

	if (pid == 0) {
		if (setresuid(uid, uid, uid) == 0)
			kill(-1, SIGKILL);
		_exit(0);
	}
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

static void clear(const struct kept *kept)
{
	kill_sessions(kept);
	kill_user(kept->uid);
	/* A cgroup can be removed a moment after its last process died; inner ones came last. */
	for (int again = 0; again < 50; again++) {
		bool left = false;

		for (size_t i = kept->nfolders; i > 0; i--) {
			kill_folder(kept->folders[i - 1]);
			if (rmdir(kept->folders[i - 1]) < 0 && errno == EBUSY)
				left = true;
		}
		if (!left)
			return;
		usleep(20000);
	}
}

__attribute__((noreturn)) static void keep(int socket)
{
	static struct kept kept;
	struct message message;

	setsid(); /* what a terminal sends to the plane's group is not for us */
	prctl(PR_SET_NAME, "golden keeper");
	signal(SIGTERM, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	for (;;) {
		ssize_t got = recv(socket, &message, sizeof(message), 0);

		if (got == (ssize_t)sizeof(message))
			obey(&kept, &message);
		else if (got >= 0 || errno != EINTR)
			break;
	}
	clear(&kept);
	_exit(0);
}

int keeper_start(struct keeper **ret_keeper)
{
	struct keeper *keeper;
	int ends[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return -errno;
	pid = fork();
	if (pid < 0) {
		close(ends[0]);
		close(ends[1]);
		return -errno;
	}
	if (pid == 0) {
		/* stdin and stdout are somebody's pipes, and everything else is the plane's. */
		dup2(ends[1], STDIN_FILENO);
		close_range(3, ~0U, 0);
		close(STDOUT_FILENO);
		keep(STDIN_FILENO);
	}
	close(ends[1]);
	keeper = mem_new(struct keeper);
	keeper->socket = ends[0];
	keeper->pid = pid;
	*ret_keeper = keeper;
	return 0;
}

static void tell(struct keeper *keeper, const struct message *message)
{
	ssize_t sent;

	do {
		sent = send(keeper->socket, message, sizeof(*message), MSG_NOSIGNAL);
	} while (sent < 0 && errno == EINTR);
}

void keeper_started(struct keeper *keeper, pid_t session)
{
	tell(keeper, &(struct message){.order = STARTED, .session = session});
}

void keeper_ended(struct keeper *keeper, pid_t session)
{
	tell(keeper, &(struct message){.order = ENDED, .session = session});
}

void keeper_folder(struct keeper *keeper, const char *cgroup)
{
	struct message message = {.order = FOLDER};

	snprintf(message.folder, sizeof(message.folder), "%s", cgroup);
	tell(keeper, &message);
}

void keeper_user(struct keeper *keeper, uid_t uid)
{
	tell(keeper, &(struct message){.order = USER, .uid = uid});
}

void keeper_close(struct keeper *keeper)
{
	if (!keeper)
		return;
	close(keeper->socket);
	waitpid(keeper->pid, NULL, 0);
	free(keeper);
}
