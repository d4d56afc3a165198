/*
 * account.h - the AWS account that a verb works on: the lab in the state folder, or the environment's.
 */
#ifndef CLI_ACCOUNT_H
#define CLI_ACCOUNT_H

#include "cli/cli.h"

/* How the services that we call speak. */
extern const struct aws_service cloudformation, sts, ssm, ecs, ecr, elbv2, rds, logs, golden;

struct account {
	struct aws_client *client;
	char *endpoint;	     /* NULL: AWS itself */
	const char *dir;     /* the lab's state folder; NULL on AWS */
	char *access_key_id; /* the lab's operator; NULL on AWS */
	char *secret_access_key;
};

/* Is there a lab in this folder that answers? */
bool account_lab_answers(const struct place *place);
/* Is there one which another user started? */
bool account_lab_is_anothers(const struct place *place);

/*
 * Opens the lab in the state folder, or, where there is none and no --dir was given, the account that
 * the environment names (AWS_ACCESS_KEY_ID …). Has said why when it is not EXIT_DONE.
 */
int account_open(const struct place *place, struct account *ret_account);
void account_close(struct account *account);

/* Is there nothing left on the disk of the lab's state folder? Never on AWS. */
bool account_disk_is_full(const struct account *account);

/* "http://127.7.0.4:8080": the service as the stacks' Url output and listener say; NULL: none yet.
 * Owned by the caller. */
char *account_service_url(struct account *account);

/* One call; NULL and said why if it failed. The tree lives until the next call. */
const json_t *account_ask(struct account *account, const struct aws_service *service,
			  const char *operation, const json_t *input);

/* Lab time, and how fast it runs; on AWS the real time and 1. */
lab_ms account_now(struct account *account, double *ret_speed);

#endif
