/*
 * trial.h - a lab in memory for a service's unit test: ask it, look at what it said.
 *
 *   struct trial t;
 *   trial_open(&t, services);
 *   out = trial_ask(&t, &ssm_model, SSM_GetParameter, "{'Name': '%s'}", name);
 *   assert_null(trial_ask(…)); assert_string_equal(t.code, "ParameterNotFound");
 *   trial_close(&t);
 *
 * The lab clock stands still; trial_pass() moves it. Ids repeat. Without an authority every role
 * exists and may do everything; lab_set_authority(t.lab, …) ends that.
 */
#ifndef LAB_AWS_TRIAL_H
#define LAB_AWS_TRIAL_H

#include "lab/aws/lab.h"

struct trial {
	struct lab *lab;
	const struct principal *caller; /* the operator at first */
	json_t *out;			/* of the last call */
	char code[96];			/* "" on success */
	char message[1024];
	int status;
};

void trial_open(struct trial *trial, const struct service *const *services);
void trial_close(struct trial *trial);

/*
 * Asks as the front door would and runs the turn. In the input's text ' stands for ". What it
 * answers lives until the next call; NULL on a fault.
 */
const json_t *trial_ask(struct trial *trial, const struct model *model, int op, const char *fmt,
			...) PRINTF_LIKE(4, 5);
/* The same with a tree: for bytes that no text has. */
const json_t *trial_ask_tree(struct trial *trial, const struct model *model, int op,
			     const json_t *in);

void trial_pass(struct trial *trial, msec time); /* lab time goes by, ticks run */

/* Runs something as a request of `model`'s service, in a transaction: for CloudFormation types. */
void trial_within(struct trial *trial, const struct model *model,
		  void (*run)(struct request *rq, void *user), void *user);

/* JSON with ' for ", a new reference; ends the test if it is none. */
json_t *trial_tree(const char *text);

#endif
