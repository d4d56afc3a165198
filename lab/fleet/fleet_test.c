/*
 * fleet_test.c - a fleet of real processes (lab/planes/boat_plane.c), told, killed, found again.
 */
#include "lab/fleet/fleet.h"

#include "lib/base/log.h"
#include "lib/base/mem.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATIENCE (10 * SECOND)

static const char *program;

struct world {
	uv_loop_t loop;
	char dir[64];
	int leash[2]; /* read end, write end */
	struct fleet_options options;
	struct fleet *fleet;
	/* What was heard, of all boats. */
	int states;
	int waves;
	int gone;
	int64_t pid;
	int64_t user;
	int64_t descriptors;
	int64_t speed;
	char *load;
};

static struct world world;

static void on_fact(const char *role, const char *id, const json_t *fact, void *user)
{
	free(world.load);
	world.load = mem_strdup(json_str(fact, "load"));
	if (json_bool_or(fact, "waved", false)) {
		world.waves++;
		return;
	}
	world.states++;
	world.pid = json_int_or(fact, "pid", 0);
	world.user = json_int_or(fact, "user", -1);
	world.descriptors = json_int_or(fact, "descriptors", -1);
	world.speed = json_int_or(fact, "speed", -1);
}

static void on_gone(const char *role, const char *id, void *user)
{
	world.gone++;
}

static const struct fleet_events events = {on_fact, on_gone};

static void open_fleet(void)
{
	assert_int_equal(fleet_open(&world.loop, &world.options, &events, NULL, &world.fleet), 0);
}

static void close_fleet(void)
{
	fleet_close(world.fleet);
	world.fleet = NULL;
	uv_run(&world.loop, UV_RUN_DEFAULT);
}

static int open_world(void **state)
{
	memset(&world, 0, sizeof(world));
	snprintf(world.dir, sizeof(world.dir), "/tmp/golden-fleet-XXXXXX");
	assert_non_null(mkdtemp(world.dir));
	assert_int_equal(pipe2(world.leash, O_CLOEXEC), 0);
	assert_int_equal(uv_loop_init(&world.loop), 0);
	world.options = (struct fleet_options){
		.dir = world.dir, .program = program, .leash = world.leash[0]};
	open_fleet();
	return 0;
}

static void turn(void)
{
	uv_run(&world.loop, UV_RUN_NOWAIT);
	usleep(500);
}

static void wait_for(const int *value, int expected)
{
	msec until = clock_monotonic() + PATIENCE;

	while (*value != expected && clock_monotonic() < until)
		turn();
	assert_int_equal(*value, expected);
}

/* Planes of this test, by their working directory; with a signal, they get it. */
static int count_planes(int signal)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	int count = 0;

	while ((entry = readdir(proc))) {
		AUTO_FREE char *link = mem_fmt("/proc/%s/cwd", entry->d_name);
		char path[256];
		ssize_t len = readlink(link, path, sizeof(path) - 1);

		path[len < 0 ? 0 : len] = '\0';
		if (strcmp(path, world.dir) != 0)
			continue;
		count++;
		if (signal)
			kill((pid_t)strtol(entry->d_name, NULL, 10), signal);
	}
	closedir(proc);
	return count;
}

static void wait_for_planes(int expected)
{
	msec until = clock_monotonic() + PATIENCE;

	while (count_planes(0) != expected && clock_monotonic() < until)
		turn();
	assert_int_equal(count_planes(0), expected);
}

static void remove_dir(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		AUTO_FREE char *name = mem_fmt("%s/%s", path, entry->d_name);

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (entry->d_type == DT_DIR)
			remove_dir(name);
		else
			unlink(name);
	}
	if (dir)
		closedir(dir);
	rmdir(path);
}

static int close_world(void **state)
{
	if (world.fleet)
		close_fleet();
	close(world.leash[1]);
	wait_for_planes(0); /* the leash, at the end of every test */
	close(world.leash[0]);
	assert_int_equal(uv_loop_close(&world.loop), 0);
	remove_dir(world.dir);
	free(world.load);
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	return 0;
}

static void want(const char *id, const char *load)
{
	AUTO_JSON json_t *desired = json_object();

	json_set_str(desired, "load", load);
	fleet_want(world.fleet, "boat", id, desired);
}

static void order(const char *id, const char *load)
{
	want(id, load);
	fleet_commit(world.fleet);
}

static void a_plane_that_is_wanted_starts_and_takes_it_up(void **state)
{
	order("a", "fish");
	wait_for(&world.waves, 1);
	assert_string_equal(world.load, "fish");
	assert_true(fleet_has(world.fleet, "boat", "a"));
	assert_false(fleet_has(world.fleet, "boat", "b"));
	assert_int_equal(world.states, 1);
	assert_int_equal(getsid((pid_t)world.pid), world.pid);

	order("a", "salt");
	wait_for(&world.waves, 2);
	assert_string_equal(world.load, "salt");
	order("a", "salt"); /* the same: not sent again */
	order("a", "tea");
	wait_for(&world.waves, 3);
	assert_string_equal(world.load, "tea");
	assert_int_equal(count_planes(0), 1);
}

static void a_plane_inherits_nothing(void **state)
{
	int fd = open("/dev/null", O_RDONLY); /* without O_CLOEXEC, as some library would */

	order("a", "fish");
	wait_for(&world.states, 1);
	/* 0, 1, 2 and the leash; libuv's epoll, signals (2), event; lock, listener, control; the
	 * sanitizer may hold one. What we have open beside that must not show. */
	assert_in_range(world.descriptors, 8, 14);
	close(fd);
}

static void orders_of_one_moment_become_one(void **state)
{
	order("a", "1");
	wait_for(&world.waves, 1);
	kill((pid_t)world.pid, SIGSTOP);
	for (int i = 2; i < 100; i++) {
		char load[16];

		snprintf(load, sizeof(load), "%d", i);
		order("a", load);
		turn();
	}
	kill((pid_t)world.pid, SIGCONT);
	wait_for(&world.waves, 3); /* the one under way, and the last */
	assert_string_equal(world.load, "99");
	for (int i = 0; i < 50; i++)
		turn();
	assert_int_equal(world.waves, 3);
}

static void the_last_order_before_the_commit_counts(void **state)
{
	want("a", "salt");
	want("b", "salt");
	fleet_dismiss(world.fleet, "boat", "b", 5 * SECOND);
	want("a", "tea");
	fleet_commit(world.fleet);
	wait_for(&world.waves, 1);
	assert_string_equal(world.load, "tea");
	assert_int_equal(count_planes(0), 1);
}

static void a_refused_order_does_not_block_the_next(void **state)
{
	log_set_level(LOG_ERROR);
	order("a", "mutiny");
	wait_for(&world.states, 1);
	order("a", "tea");
	wait_for(&world.waves, 1);
	assert_string_equal(world.load, "tea");
	log_set_level(LOG_WARNING);
}

static void a_killed_plane_is_told_and_wanted_again(void **state)
{
	AUTO_FREE char *lock = mem_fmt("%s/run/boat-a.lock", world.dir);

	order("a", "fish");
	wait_for(&world.waves, 1);
	kill((pid_t)world.pid, SIGKILL);
	wait_for(&world.gone, 1);
	assert_false(fleet_has(world.fleet, "boat", "a"));
	assert_int_equal(count_planes(0), 0);
	assert_int_equal(access(lock, F_OK), -1);

	order("a", "fish");
	wait_for(&world.waves, 2);
	assert_int_equal(world.states, 2);
	assert_int_equal(count_planes(0), 1);
}

static void a_plane_that_dies_at_once_is_not_started_in_a_hurry(void **state)
{
	msec begin = clock_monotonic();

	order("a", "rocks");
	wait_for(&world.gone, 1);
	order("a", "rocks");
	wait_for(&world.gone, 2);
	order("a", "fish");
	wait_for(&world.waves, 1);
	assert_true(clock_monotonic() - begin >= 2 * SECOND);
}

static void planes_go_on_without_control_and_are_adopted(void **state)
{
	int64_t pid;

	order("a", "fish");
	wait_for(&world.waves, 1);
	pid = world.pid;
	close_fleet();
	assert_int_equal(count_planes(0), 1);

	open_fleet();
	assert_true(fleet_has(world.fleet, "boat", "a"));
	wait_for(&world.states, 2);
	assert_int_equal(world.pid, pid);
	assert_string_equal(world.load, "fish");
	order("a", "tea");
	wait_for(&world.waves, 2);
	assert_int_equal(world.pid, pid);
	assert_int_equal(count_planes(0), 1);

	kill((pid_t)pid, SIGKILL);
	wait_for(&world.gone, 1);
}

static void what_is_wanted_right_after_adoption_starts_no_second(void **state)
{
	order("a", "fish");
	wait_for(&world.waves, 1);
	close_fleet();
	open_fleet();
	order("a", "tea");
	wait_for(&world.waves, 2);
	assert_string_equal(world.load, "tea");
	assert_int_equal(count_planes(0), 1);
	assert_int_equal(world.gone, 0);
}

static void the_locks_of_the_dead_are_cleared(void **state)
{
	AUTO_FREE char *lock = mem_fmt("%s/run/boat-a.lock", world.dir);
	AUTO_FREE char *other = mem_fmt("%s/run/boat-b.lock", world.dir);
	FILE *file;

	order("a", "fish");
	wait_for(&world.waves, 1);
	close_fleet();
	kill((pid_t)world.pid, SIGKILL);
	waitpid((pid_t)world.pid, NULL, 0);
	assert_int_equal(access(lock, F_OK), 0);
	file = fopen(other, "w");
	fprintf(file, "%d 12345\n", (int)getpid()); /* our number, in another life */
	fclose(file);

	open_fleet();
	assert_false(fleet_has(world.fleet, "boat", "a"));
	assert_false(fleet_has(world.fleet, "boat", "b"));
	assert_int_equal(access(lock, F_OK), -1);
	assert_int_equal(access(other, F_OK), -1);
	order("a", "tea");
	wait_for(&world.waves, 2);
}

static int count_logs(void)
{
	AUTO_FREE char *path = mem_fmt("%s/run", world.dir);
	const struct dirent *entry;
	DIR *dir = opendir(path);
	int count = 0;

	while ((entry = readdir(dir)))
		count += strstr(entry->d_name, ".log") != NULL;
	closedir(dir);
	return count;
}

static void old_logs_go_the_newest_stay(void **state)
{
	AUTO_FREE char *oldest = mem_fmt("%s/run/boat-40.log", world.dir);
	AUTO_FREE char *newest = mem_fmt("%s/run/boat-41.log", world.dir);

	order("a", "fish");
	wait_for(&world.waves, 1);
	close_fleet();
	for (int i = 0; i < 42; i++) {
		AUTO_FREE char *path = mem_fmt("%s/run/boat-%d.log", world.dir, i);
		const struct timespec times[2] = {{.tv_sec = 1000}, {.tv_sec = 1000 + i % 40 * 2}};
		int fd = open(path, O_WRONLY | O_CREAT, 0600);

		futimens(fd, times);
		close(fd);
	}
	utimensat(AT_FDCWD, oldest, (struct timespec[2]){{.tv_sec = 1}, {.tv_sec = 1}}, 0);
	utimensat(AT_FDCWD, newest, NULL, 0);
	open_fleet();
	wait_for(&world.states, 2);
	assert_int_equal(count_logs(), 32 + 1); /* and the one that is in use */
	assert_int_equal(access(oldest, F_OK), -1);
	assert_int_equal(access(newest, F_OK), 0);
}

static void a_dismissed_plane_stops_in_order(void **state)
{
	AUTO_FREE char *lock = mem_fmt("%s/run/boat-a.lock", world.dir);
	AUTO_FREE char *socket = mem_fmt("%s/run/boat-a.sock", world.dir);
	AUTO_FREE char *log = mem_fmt("%s/run/boat-a.log", world.dir);

	order("a", "fish");
	wait_for(&world.waves, 1);
	fleet_dismiss(world.fleet, "boat", "a", 5 * SECOND);
	fleet_dismiss(world.fleet, "boat", "never was", 5 * SECOND);
	fleet_commit(world.fleet);
	wait_for(&world.gone, 1);
	assert_int_equal(count_planes(0), 0);
	assert_int_equal(access(lock, F_OK), -1);
	assert_int_equal(access(socket, F_OK), -1);
	assert_int_equal(access(log, F_OK), -1);
}

static void a_plane_that_will_not_stop_is_killed(void **state)
{
	order("a", "anchor");
	wait_for(&world.waves, 1);
	fleet_dismiss(world.fleet, "boat", "a", 50);
	fleet_commit(world.fleet);
	wait_for(&world.gone, 1);
	assert_int_equal(count_planes(0), 0);
}

static void wanted_again_while_it_stops_it_is_started_again(void **state)
{
	int64_t first;

	order("a", "anchor");
	wait_for(&world.waves, 1);
	first = world.pid;
	fleet_dismiss(world.fleet, "boat", "a", 50);
	fleet_commit(world.fleet);
	order("a", "tea");
	wait_for(&world.waves, 2);
	assert_int_equal(world.gone, 1);
	assert_int_not_equal(world.pid, first);
	assert_string_equal(world.load, "tea");
	assert_int_equal(count_planes(0), 1);
}

static void the_clock_is_told(void **state)
{
	struct lab_clock clock = lab_clock_start((lab_ms){1000}, 60000);

	fleet_tell_clock(world.fleet, &clock);
	order("a", "fish");
	wait_for(&world.waves, 1);
	close_fleet();
	open_fleet();
	wait_for(&world.states, 2);
	assert_int_equal(world.speed, 60000);
}

static void a_plane_ends_when_its_folder_is_gone(void **state)
{
	order("a", "fish");
	wait_for(&world.waves, 1);
	remove_dir(world.dir);
	wait_for(&world.gone, 1);
	assert_int_equal(mkdir(world.dir, 0700), 0);
}

static void even_a_stubborn_plane_obeys_its_leash(void **state)
{
	order("a", "anchor");
	wait_for(&world.waves, 1);
	close_fleet();
	/* close_world() lets the leash go and waits. */
}

static void a_program_that_cannot_run_is_told_as_gone(void **state)
{
	close_fleet();
	log_set_level(LOG_ERROR + 1);
	world.options.program = "/dev/null";
	open_fleet();
	order("a", "fish");
	wait_for(&world.gone, 1);
	assert_false(fleet_has(world.fleet, "boat", "a"));
	log_set_level(LOG_WARNING);

	close_fleet();
	world.options.program = "/nowhere";
	assert_int_equal(fleet_open(&world.loop, &world.options, &events, NULL, &world.fleet),
			 -ENOENT);
	assert_null(world.fleet);
}

static void plane_user_gets_in(const struct passwd *nobody)
{
	AUTO_FREE char *run = mem_fmt("%s/run", world.dir);
	AUTO_FREE char *folder = mem_fmt("%s/postgres", world.dir);
	AUTO_JSON json_t *desired = json_pack("{ss}", "load", "fish");
	struct stat stat_of;

	close_fleet();
	world.options.plane_user = "nobody";
	open_fleet();
	assert_int_equal(stat(run, &stat_of), 0);
	assert_int_equal(stat_of.st_gid, nobody->pw_gid);
	assert_int_equal(stat_of.st_mode & 07777, 01770);

	order("a", "fish"); /* boats may be root */
	wait_for(&world.states, 1);
	assert_int_equal(world.user, 0);
	fleet_want(world.fleet, "postgres", "a", desired); /* databases may not */
	fleet_commit(world.fleet);
	wait_for(&world.states, 2);
	assert_int_equal(world.user, nobody->pw_uid);
	assert_int_equal(stat(folder, &stat_of), 0);
	assert_int_equal(stat_of.st_uid, nobody->pw_uid);
}

static void root_lets_the_plane_user_in(void **state)
{
	const struct passwd *nobody = getpwnam("nobody");

	if (geteuid() != 0 || !nobody)
		skip(); /* jumps: nothing may be owned here */
	plane_user_gets_in(nobody);
}

#define scene(test) cmocka_unit_test_setup_teardown(test, open_world, close_world)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		scene(a_plane_that_is_wanted_starts_and_takes_it_up),
		scene(a_plane_inherits_nothing),
		scene(orders_of_one_moment_become_one),
		scene(the_last_order_before_the_commit_counts),
		scene(a_refused_order_does_not_block_the_next),
		scene(a_killed_plane_is_told_and_wanted_again),
		scene(a_plane_that_dies_at_once_is_not_started_in_a_hurry),
		scene(planes_go_on_without_control_and_are_adopted),
		scene(what_is_wanted_right_after_adoption_starts_no_second),
		scene(the_locks_of_the_dead_are_cleared),
		scene(old_logs_go_the_newest_stay),
		scene(a_dismissed_plane_stops_in_order),
		scene(a_plane_that_will_not_stop_is_killed),
		scene(wanted_again_while_it_stops_it_is_started_again),
		scene(the_clock_is_told),
		scene(a_plane_ends_when_its_folder_is_gone),
		scene(even_a_stubborn_plane_obeys_its_leash),
		scene(a_program_that_cannot_run_is_told_as_gone),
		scene(root_lets_the_plane_user_in),
	};

	if (argc != 2)
		return 64;
	program = argv[1];
	log_set_level(LOG_WARNING);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
