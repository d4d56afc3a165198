/*
 * task.c - which ECS task this is.
 */
#include "app/task.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"

#include <stdlib.h>
#include <string.h>

struct question {
	struct task *task;
	void (*changed)(void *user);
	void *user;
};

static void on_answer(const struct aws_answer *answer, void *user)
{
	struct question *question = user;
	struct task *task = question->task;
	const char *arn = json_str(answer->body, "TaskARN");
	const char *zone = json_str(answer->body, "AvailabilityZone");

	if (answer->err || !arn) {
		log_event(LOG_WARNING, "app.metadata.unread", F_INT("status", answer->status),
			  F_STR("error", answer->err ? log_strerror(answer->err) : ""));
	} else {
		const char *slash = strrchr(arn, '/');

		task_clear(task);
		task->id = mem_strdup(slash ? slash + 1 : arn);
		task->zone = mem_strdup(zone ? zone : "");
		question->changed(question->user);
	}
	free(question);
}

void task_ask(struct task *task, struct aws_client *aws, const char *uri,
	      void (*changed)(void *user), void *user)
{
	AUTO_FREE char *url = NULL;
	struct question *question;

	task->id = mem_strdup("local");
	task->zone = mem_strdup("");
	if (!uri)
		return;
	question = mem_new(struct question);
	*question = (struct question){task, changed, user};
	url = mem_fmt("%s/task", uri);
	aws_get(aws, url, on_answer, question);
}

void task_clear(struct task *task)
{
	free(task->id);
	free(task->zone);
	*task = (struct task){0};
}
