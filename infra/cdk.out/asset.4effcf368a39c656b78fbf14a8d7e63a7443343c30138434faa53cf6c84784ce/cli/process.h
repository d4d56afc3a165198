/*
 * process.h - the lab's processes: goldend and its planes, started and ended.
 */
#ifndef CLI_PROCESS_H
#define CLI_PROCESS_H

#include "cli/cli.h"

#include <sys/types.h>

/* Some of the lab's processes. */
struct process_set {
	pid_t pids[1024];
	int count;
};

struct lab_start {
	const char *speed; /* as given; NULL: as it was */
	const char *port;  /* as given; NULL: the first free one */
	int leash;	   /* a descriptor whose closing ends the lab; -1: none */
};

/*
 * Makes the state folder, and waits until no other `golden up` is at work in it. The turn ends when
 * ret_turn, a descriptor, is closed. Has said why when it is not EXIT_DONE.
 */
int process_take_turn(const struct place *place, int *ret_turn);

/* Starts goldend and waits until it answers. Has said why when it is not EXIT_DONE. */
int process_start_lab(const struct place *place, const struct lab_start *start);

/* The pid in a lock file of the state folder that some process holds; 0: nobody does. */
pid_t process_holder(const struct place *place, const char *lock);

/* What runs of the lab now: the control plane and the data planes. */
void process_survey(const struct place *place, struct process_set *ret_running);

/*
 * Ends the control plane, then every data plane, but not those in `spared` (NULL: none): SIGTERM, and
 * SIGKILL for what is still there after `patience`. How many it ended in ret_ended.
 */
int process_stop_lab(const struct place *place, msec patience, const struct process_set *spared,
		     int *ret_ended);

/* Runs argv and waits; its exit status, or 127. */
int process_run(const char *const *argv);

#endif
