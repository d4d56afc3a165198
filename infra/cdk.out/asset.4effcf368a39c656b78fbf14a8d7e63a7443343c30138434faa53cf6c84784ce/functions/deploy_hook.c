/*
 * deploy_hook.c - CodeDeploy's AfterAllowTestTraffic hook.
 *
 * CodeDeploy waits for PutLifecycleEventHookExecutionStatus, not for our answer, and an hour passes
 * before it gives up: so that is called whatever was found, well before Lambda's deadline.
 */
#include "functions/deploy_hook.h"
#include "functions/http.h"

#include "lib/aws/client.h"
#include "lib/base/log.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LEFT_TO_SAY (10 * SECOND) /* of the deadline, for the call to CodeDeploy */
#define ASK_AGAIN (1 * SECOND)	  /* a load balancer takes its time with a new rule */
#define ANSWER_WITHIN (5 * SECOND)

static const struct aws_service codedeploy = {"codedeploy", "codedeploy", AWS_JSON_1_1,
					      "CodeDeploy_20141006", NULL};

static bool answers_200(const char *base, const char *path)
{
	size_t len = strlen(base);
	AUTO_FREE char *url =
		mem_fmt("%.*s%s", (int)(len && base[len - 1] == '/' ? len - 1 : len), base, path);
	const struct http_call call = {.url = url, .timeout = ANSWER_WITHIN};
	struct http_answer answer;
	int status;

	http_ask(&call, &answer);
	status = answer.status;
	log_event(LOG_INFO, "hook.asked", F_STR("url", url), F_INT("status", status),
		  F_STR("why", answer.why));
	http_clear(&answer);
	return status == 200;
}

/* True at the first time that all is well; false if it never is. */
static bool is_well(const struct invocation *invocation, const char *base)
{
	for (;;) {
		if (answers_200(base, "/healthz") && answers_200(base, "/"))
			return true;
		if (invocation_left(invocation) < LEFT_TO_SAY + ANSWER_WITHIN)
			return false;
		usleep(ASK_AGAIN * 1000);
	}
}

static int say_status(struct invocation *invocation, const char *status)
{
	const json_t *event = invocation->event;
	AUTO_JSON json_t *in = json_object();
	const struct aws_answer *answer;
	struct aws_client *client;
	int err = aws_client_open(NULL, &(struct aws_options){0}, &client);

	if (err < 0)
		return invocation_fail(invocation, "Hook.NoClient", "%s", log_strerror(err));
	json_set(in, "deploymentId", json_get(event, "DeploymentId"));
	json_set(in, "lifecycleEventHookExecutionId",
		 json_get(event, "LifecycleEventHookExecutionId"));
	json_set_str(in, "status", status);
	answer = aws_ask(client, &codedeploy, "PutLifecycleEventHookExecutionStatus", in);
	if (answer->err < 0)
		err = invocation_fail(invocation, "Hook.NoAnswer", "CodeDeploy: %s",
				      log_strerror(answer->err));
	else if (answer->error)
		err = invocation_fail(invocation, "Hook.Refused", "CodeDeploy: %s: %s",
				      answer->error, answer->message ? answer->message : "");
	aws_client_close(client);
	return err;
}

int deploy_hook(struct invocation *invocation, json_t *out)
{
	const json_t *event = invocation->event;
	const char *base = getenv("TEST_URL");
	const char *status;

	if (!json_str(event, "DeploymentId") || !json_str(event, "LifecycleEventHookExecutionId"))
		return invocation_fail(invocation, "Hook.BadEvent",
				       "The event has no DeploymentId or no "
				       "LifecycleEventHookExecutionId.");
	if (!base)
		log_event(LOG_ERROR, "hook.no_url", F_STR("missing", "TEST_URL"));
	status = base && is_well(invocation, base) ? "Succeeded" : "Failed";
	log_event(LOG_INFO, "hook.decided", F_STR("deployment", json_str(event, "DeploymentId")),
		  F_STR("status", status));
	json_set_str(out, "status", status);
	return say_status(invocation, status);
}
