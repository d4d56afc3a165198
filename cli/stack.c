/*
 * stack.c - the app's stacks, created one after the other with progress on the terminal.
 */
#include "cli/stack.h"
#include "cli/interrupt.h"
#include "lib/base/xml.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SUFFIX ".template.json"
#define POLL ((msec)30)

static int read_template(const char *folder, const char *file, struct stack *ret_stack)
{
	AUTO_FREE char *path = mem_fmt("%s/%s", folder, file);
	json_error_t error;
	json_t *template = json_load_file(path, JSON_REJECT_DUPLICATES, &error);

	if (!template)
		return cli_fail("%s is no template: line %d: %s", path, error.line, error.text);
	if (!json_is_object(json_get(template, "Resources"))) {
		json_decref(template);
		return cli_fail("%s is no template: it has no Resources", path);
	}
	ret_stack->name = mem_strndup(file, strlen(file) - strlen(SUFFIX));
	ret_stack->template = template;
	return EXIT_DONE;
}

/* Does `tree` import something that the stack `name` exports? */
static bool imports_from(const json_t *tree, const char *name)
{
	const char *import = json_str(tree, "Fn::ImportValue");
	size_t len = strlen(name), i;
	const json_t *value;
	const char *key;

	if (import && strncmp(import, name, len) == 0 && import[len] == ':')
		return true;
	if (json_is_object(tree)) {
		json_each_member (tree, key, value) {
			if (imports_from(value, name))
				return true;
		}
	}
	json_each (tree, i, value) {
		if (imports_from(value, name))
			return true;
	}
	return false;
}

static bool is_ready(const struct stacks *stacks, size_t placed, const struct stack *stack)
{
	for (size_t i = placed; i < stacks->count; i++) {
		if (&stacks->list[i] != stack &&
		    imports_from(stack->template, stacks->list[i].name))
			return false;
	}
	return true;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct stack *)a)->name, ((const struct stack *)b)->name);
}

/* Puts them so that each imports only from those before it. */
static int put_in_order(struct stacks *stacks)
{
	qsort(stacks->list, stacks->count, sizeof(struct stack), by_name);
	for (size_t placed = 0; placed < stacks->count; placed++) {
		size_t next = placed;

		while (next < stacks->count && !is_ready(stacks, placed, &stacks->list[next]))
			next++;
		if (next == stacks->count)
			return cli_fail(
				"the stack %s and others import from each other in a circle",
				stacks->list[placed].name);

		struct stack stack = stacks->list[next];

		memmove(&stacks->list[placed + 1], &stacks->list[placed],
			(next - placed) * sizeof(struct stack));
		stacks->list[placed] = stack;
	}
	return EXIT_DONE;
}

static int is_template(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	return len > strlen(SUFFIX) && strcmp(entry->d_name + len - strlen(SUFFIX), SUFFIX) == 0;
}

int stacks_read(const char *folder, struct stacks *ret_stacks)
{
	struct dirent **entries;
	int count = scandir(folder, &entries, is_template, alphasort);
	struct stacks stacks = {0};
	int status = EXIT_DONE;

	if (count < 0)
		return cli_fail("can't read %s: %s", folder, strerror(errno));
	stacks.folder = mem_strdup(folder);
	stacks.list = mem_array(struct stack, (size_t)count + 1);
	for (int i = 0; i < count; i++) {
		if (status == EXIT_DONE)
			status = read_template(folder, entries[i]->d_name,
					       &stacks.list[stacks.count]);
		if (status == EXIT_DONE)
			stacks.count++;
		free(entries[i]);
	}
	free(entries);

	if (status == EXIT_DONE && stacks.count == 0)
		status = cli_fail("%s holds no *%s", folder, SUFFIX);
	if (status == EXIT_DONE)
		status = put_in_order(&stacks);
	if (status != EXIT_DONE) {
		stacks_free(&stacks);
		return status;
	}
	*ret_stacks = stacks;
	return EXIT_DONE;
}

void stacks_free(struct stacks *stacks)
{
	for (size_t i = 0; i < stacks->count; i++) {
		free(stacks->list[i].name);
		json_decref(stacks->list[i].template);
	}
	free(stacks->list);
	free(stacks->folder);
	*stacks = (struct stacks){0};
}

static char *suffix_in(const json_t *tree, const char *marker)
{
	const char *text = json_string_value(tree);
	const char *at = text ? strstr(text, marker) : NULL;
	const json_t *value;
	const char *key;
	char *found;
	size_t i;

	if (at)
		return mem_strdup(at + strlen(marker));
	if (json_is_object(tree)) {
		json_each_member (tree, key, value) {
			found = suffix_in(value, marker);
			if (found)
				return found;
		}
	}
	json_each (tree, i, value) {
		found = suffix_in(value, marker);
		if (found)
			return found;
	}
	return NULL;
}

char *stacks_find_suffix(const struct stacks *stacks, const char *marker)
{
	char *found = NULL;

	for (size_t i = 0; i < stacks->count && !found; i++)
		found = suffix_in(stacks->list[i].template, marker);
	return found;
}

/* ret_status, owned by the caller: NULL if there is no such stack. */
static int stack_status(struct account *account, const char *name, char **ret_status)
{
	AUTO_JSON json_t *input = json_pack("{s:s}", "StackName", name);
	const struct aws_answer *answer =
		aws_ask(account->client, &cloudformation, "DescribeStacks", input);
	AUTO_JSON json_t *stacks = xml_list(json_get(answer->body, "Stacks"), "member");

	if (answer->err < 0)
		return cli_fail("the lab does not answer any more: %s", strerror(-answer->err));
	if (answer->error && strcmp(answer->error, "ValidationError") != 0)
		return cli_fail("DescribeStacks: %s: %s", answer->error,
				answer->message ? answer->message : "");
	*ret_status = mem_strdup(json_path_str(stacks, "0.StackStatus"));
	return EXIT_DONE;
}

static int create(struct account *account, const struct stack *stack)
{
	AUTO_FREE char *body = json_text(stack->template);
	AUTO_JSON json_t *input =
		json_pack("{s:s,s:s,s:[s,s]}", "StackName", stack->name, "TemplateBody", body,
			  "Capabilities", "CAPABILITY_IAM", "CAPABILITY_NAMED_IAM");

	return account_ask(account, &cloudformation, "CreateStack", input) ? EXIT_DONE
									   : EXIT_FAILED;
}

static int64_t event_ms(const json_t *event)
{
	int64_t ms = 0;

	clock_parse_iso(json_str_or(event, "Timestamp", ""), &ms);
	return ms;
}

/* What was seen of a stack's events: how many, and when each resource began. */
struct watch {
	const char *name;
	double speed;
	size_t seen;
	json_t *began; /* logical id → lab ms */
	char *failure; /* the first reason; owned */
};

static bool ends_with(const char *text, const char *end)
{
	size_t len = strlen(text), tail = strlen(end);

	return len >= tail && strcmp(text + len - tail, end) == 0;
}

static void show_event(struct watch *watch, const json_t *event)
{
	const char *id = json_str_or(event, "LogicalResourceId", "");
	const char *type = json_str_or(event, "ResourceType", "");
	const char *status = json_str_or(event, "ResourceStatus", "");
	const char *reason = json_str(event, "ResourceStatusReason");
	double took;

	if (strcmp(type, "AWS::CloudFormation::Stack") == 0 && strcmp(id, watch->name) == 0)
		return;
	if (!json_has(watch->began, id))
		json_set_int(watch->began, id, event_ms(event));
	took = (double)(event_ms(event) - json_int_or(watch->began, id, 0)) / 1000;
	if (watch->speed > 0)
		took /= watch->speed;

	if (ends_with(status, "_FAILED")) {
		printf("    %-46s %s: %s\n", type, id, reason ? reason : status);
		if (!watch->failure)
			watch->failure = mem_fmt("%s: %s", id, reason ? reason : status);
	} else if (strcmp(status, "CREATE_COMPLETE") == 0) {
		printf("    %-46s %-50s %6.2f s\n", type, id, took);
	}
}

static int show_events(struct account *account, struct watch *watch)
{
	AUTO_JSON json_t *input = json_pack("{s:s}", "StackName", watch->name);
	const json_t *body = account_ask(account, &cloudformation, "DescribeStackEvents", input);
	AUTO_JSON json_t *events = xml_list(json_get(body, "StackEvents"), "member");
	size_t count = json_array_size(events);

	if (!body)
		return EXIT_FAILED;
	/* Newest first: what is new stands before what was seen. */
	for (; watch->seen < count; watch->seen++)
		show_event(watch, json_at(events, count - 1 - watch->seen));
	fflush(stdout);
	return EXIT_DONE;
}

static int wait_for_stack(struct account *account, struct watch *watch)
{
	for (;;) {
		AUTO_FREE char *status = NULL;

		if (stack_status(account, watch->name, &status) != EXIT_DONE ||
		    show_events(account, watch) != EXIT_DONE)
			return EXIT_FAILED;
		if (!status)
			return cli_fail("the stack %s is gone", watch->name);
		if (strcmp(status, "CREATE_COMPLETE") == 0)
			return EXIT_DONE;
		if (!ends_with(status, "_IN_PROGRESS"))
			return cli_fail("the stack %s ended as %s: %s", watch->name, status,
					watch->failure ? watch->failure : "see its events");
		if (account_disk_is_full(account))
			return cli_fail("the disk of %s is full; make room and say golden up again",
					account->dir);
		if (interrupt_nap(POLL))
			return cli_fail("told to end before the stack %s stood", watch->name);
	}
}

int stack_deploy(struct account *account, const struct stack *stack, double speed)
{
	AUTO_FREE char *status = NULL;
	struct watch watch = {.name = stack->name, .speed = speed};
	int64_t began = clock_monotonic_us();
	int result = stack_status(account, stack->name, &status);

	if (result != EXIT_DONE)
		return result;
	if (status && strcmp(status, "CREATE_COMPLETE") == 0) {
		printf("  %-22s stands already\n", stack->name);
		return EXIT_DONE;
	}
	if (status && !ends_with(status, "_IN_PROGRESS"))
		return cli_fail("the stack %s is %s; delete it first: "
				"golden aws cloudformation delete-stack --stack-name %s",
				stack->name, status, stack->name);

	printf("  %s\n", stack->name);
	if (!status && create(account, stack) != EXIT_DONE)
		return EXIT_FAILED;
	watch.began = json_object();
	result = wait_for_stack(account, &watch);
	if (result == EXIT_DONE)
		printf("  %-22s %zu resources, %.1f s\n", stack->name,
		       json_object_size(json_get(stack->template, "Resources")),
		       (double)(clock_monotonic_us() - began) / 1e6);
	json_decref(watch.began);
	free(watch.failure);
	return result;
}
