/*
 * boat_plane.c - the smallest plane there can be, for tests: says what it was told.
 *
 *   boat_plane ROLE ID
 *
 * desired {"load": "…"}; "mutiny" is refused, "rocks" ends the process at once. State and fact:
 * {"load", "pid", "speed", "user", "descriptors"}; {"waved": true} follows each new load.
 */
#include "lab/planes/plane.h"
#include "lib/base/mem.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct boat {
	struct plane *plane;
	char *load;
};

static const char *on_desired(const json_t *desired, void *user)
{
	struct boat *boat = user;
	AUTO_JSON json_t *fact = json_object();
	const char *load = json_str_or(desired, "load", "");

	if (strcmp(load, "mutiny") == 0)
		return "the crew will not";
	if (strcmp(load, "rocks") == 0)
		_exit(3);
	free(boat->load);
	boat->load = mem_strdup(load);
	json_set_bool(fact, "waved", true);
	json_set_str(fact, "load", load);
	plane_fact(boat->plane, fact);
	return NULL;
}

static int count_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int count = -3; /* ".", ".." and the folder itself */

	while (dir && readdir(dir))
		count++;
	if (dir)
		closedir(dir);
	return count;
}

static json_t *on_state(void *user)
{
	const struct boat *boat = user;
	json_t *state = json_object();

	json_set_str(state, "load", boat->load);
	json_set_int(state, "pid", getpid());
	json_set_int(state, "user", (int64_t)geteuid());
	json_set_int(state, "descriptors", count_descriptors());
	json_set_int(state, "speed", plane_clock(boat->plane)->speed);
	return state;
}

static void on_stop(void *user)
{
	struct boat *boat = user;

	/* A boat with an anchor down does not stop in order. */
	if (!boat->load || strcmp(boat->load, "anchor") != 0)
		plane_done(boat->plane);
}

int main(int argc, char **argv)
{
	static const struct plane_events events = {on_desired, on_state, on_stop};
	static struct boat boat;
	uv_loop_t *loop = uv_default_loop();
	int err;

	if (argc != 3)
		return 64;
	err = plane_open(loop, argv[1], argv[2], &events, &boat, &boat.plane);
	if (err < 0) {
		fprintf(stderr, "boat %s: %s\n", argv[2], strerror(-err));
		return 1;
	}
	uv_run(loop, UV_RUN_DEFAULT);
	plane_close(boat.plane);
	uv_run(loop, UV_RUN_DEFAULT);
	free(boat.load);
	return 0;
}
