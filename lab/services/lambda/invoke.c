/*
 * invoke.c - a function runs: in its execution environment (planes/function), which starts with the
 * first invocation and goes when there was none for a while.
 *
 *   keeps      lambda/invocation, lambda/session (nouns.h)
 *   hears      what the plane says
 *   left out   versions and aliases as qualifiers, more than one environment, retries of events
 */
#include "lab/services/lambda/nouns.h"

#include "lab/aws/seal.h"
#include "lab/models/logs.h"
#include "lab/models/sts.h"
#include "lab/wire/function.h"
#include "lab/wire/user.h"
#include "lib/base/base64.h"

#include <string.h>
#include <unistd.h>

#define RENEW_BEFORE (30 * MINUTE) /* real: credentials expire in real time */
#define IDLE_STAYS (10 * MINUTE)   /* lab */
#define EVENT_MAX ((size_t)1 << 20)
#define WAITING_MAX 100

static const struct principal *role_of(struct request *rq, const json_t *function)
{
	return principal_role(rq, json_str_or(function, "Role", ""),
			      json_str(function, "FunctionName"));
}

static bool call_logs(struct request *rq, const struct principal *role, int op, const json_t *in)
{
	return role && (aws_call(rq, role, &logs_model, op, in, NULL) == 0 ||
			strcmp(rq->called.code, "ResourceAlreadyExistsException") == 0);
}

/* It is the function's role that writes its log; one that may not, has none. */
static void open_log(struct request *rq, const json_t *function, json_t *session)
{
	const struct principal *role = role_of(rq, function);
	const char *name = json_str(function, "FunctionName");
	const char *group = json_path_str(function, "LoggingConfig.LogGroup");
	json_t *in = rq_object(rq);
	char date[CLOCK_TEXT];
	json_t *log;

	clock_iso(rq->now.ms, date);
	if (!group)
		group = rq_fmt(rq, "/aws/lambda/%s", name);
	log = json_add_object(session, "Log");
	json_set_str(log, "group", group);
	json_set_str(log, "stream",
		     rq_fmt(rq, "%.4s/%.2s/%.2s/[$LATEST]%s", date, date + 5, date + 8,
			    id_new(rq, "", 32)));
	json_set_str(in, "logGroupName", group);
	json_set_str(in, "logStreamName", json_str(log, "stream"));
	if (call_logs(rq, role, LOGS_CreateLogStream, in))
		return;
	json_drop(in, "logStreamName");
	call_logs(rq, role, LOGS_CreateLogGroup, in);
	json_set_str(in, "logStreamName", json_str(log, "stream"));
	if (!call_logs(rq, role, LOGS_CreateLogStream, in))
		json_drop(session, "Log");
}

/* The environment's credentials and log stream, as long as they last. False: no role. */
static bool open_session(struct request *rq, const json_t *function, json_t **ret_credentials)
{
	const char *name = json_str(function, "FunctionName");
	const json_t *kept = store_get(rq->tx, SESSION, name);
	json_t *in = rq_object(rq), *out = rq_object(rq);
	struct buf sealed AUTO_BUF = {0};
	struct buf text AUTO_BUF = {0};
	AUTO_FREE char *plain = NULL;
	const char *old = json_str(kept, "sealed");
	json_t *session;

	if (old && rq->real.ms + RENEW_BEFORE < json_int_or(kept, "Expires", 0) &&
	    base64_decode(&sealed, old, strlen(old)) &&
	    seal_open(lab_master_key(rq->lab), name, sealed.data, sealed.len, &text)) {
		*ret_credentials = rq_keep(rq, json_read(text.data, text.len));
		return true;
	}
	json_set_str(in, "RoleArn", json_str(function, "Role"));
	json_set_str(in, "RoleSessionName", name);
	if (aws_call(rq, principal_service(rq, "lambda.amazonaws.com"), &sts_model, STS_AssumeRole,
		     in, out) != 0)
		return false;
	*ret_credentials = rq_copy(rq, json_get(out, "Credentials"));
	session = store_new(rq->tx);
	plain = json_text(*ret_credentials);
	buf_clear(&sealed);
	seal(lab_master_key(rq->lab), name, plain, strlen(plain), &sealed);
	base64_encode(&text, sealed.data, sealed.len);
	json_set_str(session, "sealed", buf_text(&text));
	json_set_int(session, "Expires",
		     (int64_t)(json_num_or(*ret_credentials, "Expiration", 0) * 1000));
	open_log(rq, function, session);
	store_put(rq->tx, SESSION, name, session);
	return true;
}

static json_t *invocations_of(struct request *rq, const char *name)
{
	const json_t *all = store_list_prefix(rq->tx, INVOCATION, rq_fmt(rq, "%s/", name));
	json_t *list = rq_array(rq);
	const json_t *one;
	size_t i;

	json_each (all, i, one) {
		json_t *told = json_push_object(list);

		json_set(told, "id", json_get(one, "id"));
		json_set(told, "event", json_get(one, "event"));
	}
	return list;
}

/* The plane's order, whole. False: its role can't be assumed. */
static bool order(struct request *rq, const json_t *function)
{
	const char *name = json_str(function, "FunctionName");
	json_t *desired = rq_object(rq), *credentials;
	const json_t *session;

	if (!open_session(rq, function, &credentials))
		return false;
	session = store_get(rq->tx, SESSION, name);
	json_set_str(desired, "name", name);
	json_set(desired, "arn", json_get(function, "FunctionArn"));
	json_set(desired, "tree", json_get(function, "_Tree"));
	json_set(desired, "handler", json_get(function, "Handler"));
	json_set_int(desired, "timeout_ms", json_int_or(function, "Timeout", 3) * SECOND);
	json_set(desired, "memory", json_get(function, "MemorySize"));
	if (geteuid() == 0) {
		int slot = USER_TASKS + (int)json_int_or(function, "_Slot", 0);
		json_t *user = json_add_object(desired, "user");

		json_set_int(user, "uid", user_of_slot(lab_number(rq->lab), slot));
		json_set_int(user, "gid", user_of_slot(lab_number(rq->lab), slot));
	}
	json_set_str(desired, "endpoint", lab_endpoint(rq->lab));
	json_set_str(desired, "region", rq->region);
	json_set(desired, "environment", json_path(function, "Environment.Variables"));
	json_set(desired, "credentials", credentials);
	json_set(desired, "log", json_get(session, "Log"));
	json_set(desired, "invocations", invocations_of(rq, name));
	plane_want(rq, FUNCTION_ROLE, name, desired);
	return true;
}

/* In the order in which they came. */
static void keep_invocation(struct request *rq, const char *name, const char *event,
			    const json_t *in, bool async)
{
	const json_t *all = store_list_prefix(rq->tx, INVOCATION, rq_fmt(rq, "%s/", name));
	const json_t *last = json_at(all, json_array_size(all) - 1);
	int64_t number = json_int_or(last, "number", 0) + 1;
	json_t *one = store_new(rq->tx);

	json_set_str(one, "id", rq->id);
	json_set_str(one, "event", event);
	json_set_int(one, "number", number);
	json_set_bool(one, "async", async);
	json_set_bool(one, "tail", strcmp(json_str_or(in, "LogType", ""), "Tail") == 0);
	store_put(rq->tx, INVOCATION, rq_fmt(rq, "%s/%012lld", name, (long long)number), one);
}

static int read_event(struct request *rq, const json_t *in, const char **ret_event)
{
	const json_t *payload = json_get(in, "Payload");
	size_t len = payload ? json_string_length(payload) : 0;
	AUTO_JSON json_t *event = NULL;

	*ret_event = "{}";
	if (len == 0)
		return 0;
	if (len > EVENT_MAX)
		return fault(rq, LAMBDA_RequestTooLargeException,
			     "Payloads of more than 1 MiB are not in the lab.");
	event = json_loadb(json_string_value(payload), len, JSON_DECODE_ANY, NULL);
	if (!event)
		return fault(rq, LAMBDA_InvalidRequestContentException,
			     "Could not parse request body into json: the payload is not JSON.");
	*ret_event = rq_fmt(rq, "%.*s", (int)len, json_string_value(payload));
	return 0;
}

int lambda_invoke(struct request *rq, const json_t *in, json_t *out)
{
	const char *name = lambda_name(rq, in);
	const json_t *function = store_get(rq->tx, FUNCTION, name);
	const char *type = json_str_or(in, "InvocationType", "RequestResponse");
	bool async = strcmp(type, "Event") == 0;
	const json_t *all;
	const char *event;
	int err;

	if (!function)
		return lambda_missing(rq, name);
	if (!json_has(function, "_Tree"))
		return fault(rq, LAMBDA_InvalidParameterValueException,
			     "Functions from container images are not in the lab.");
	err = read_event(rq, in, &event);
	if (err)
		return err;
	if (strcmp(type, "DryRun") == 0) {
		json_set_int(out, "StatusCode", 204);
		return 0;
	}
	if (rq->depth > 0 && !async)
		return fault(rq, LAMBDA_InvalidParameterValueException,
			     "Services of the lab invoke functions with Event only.");
	all = store_list_prefix(rq->tx, INVOCATION, rq_fmt(rq, "%s/", name));
	if (json_array_size(all) >= WAITING_MAX)
		return fault(rq, LAMBDA_TooManyRequestsException, "Rate Exceeded.");
	keep_invocation(rq, name, event, in, async);
	if (!order(rq, function))
		return fault(rq, LAMBDA_InvalidParameterValueException,
			     "The role defined for the function cannot be assumed by Lambda.");
	lab_wake(rq->lab, &lambda_model);
	if (!async)
		return answer_later(rq);
	json_set_int(out, "StatusCode", 202);
	return 0;
}

static void give(struct request *rq, const json_t *one, const char *payload, const char *error,
		 const char *tail)
{
	AUTO_BUF struct buf text = {0};
	json_t *out = rq_object(rq);

	if (json_bool_or(one, "async", false))
		return;
	json_set_int(out, "StatusCode", 200);
	json_set_str(out, "ExecutedVersion", "$LATEST");
	json_set_str(out, "FunctionError", error);
	json_set_str(out, "Payload", payload);
	if (json_bool_or(one, "tail", false) && tail) {
		base64_encode(&text, tail, strlen(tail));
		json_set_str(out, "LogResult", buf_text(&text));
	}
	answer_give(rq, json_str(one, "id"), out);
}

static const char *key_of(struct request *rq, const char *name, const json_t *one)
{
	return rq_fmt(rq, "%s/%012lld", name, (long long)json_int_or(one, "number", 0));
}

static bool take_result(struct request *rq, const char *name, const json_t *result)
{
	const json_t *all = store_list_prefix(rq->tx, INVOCATION, rq_fmt(rq, "%s/", name));
	const char *id = json_str_or(result, "id", "");
	const json_t *one;
	size_t i;

	json_each (all, i, one) {
		if (strcmp(json_str_or(one, "id", ""), id) != 0)
			continue;
		give(rq, one, json_str_or(result, "payload", ""), json_str(result, "error"),
		     json_str(result, "tail"));
		store_delete(rq->tx, INVOCATION, key_of(rq, name, one));
		return true;
	}
	return false;
}

static void note_use(struct request *rq, const char *name, bool used)
{
	json_t *session = store_edit(rq->tx, SESSION, name);

	if (!session || (!used && json_bool_or(session, "Seen", false)))
		return;
	json_set_bool(session, "Seen", true);
	json_set_time(session, "Used", rq->now);
	store_put(rq->tx, SESSION, name, session);
	lab_wake(rq->lab, &lambda_model);
}

void lambda_fact(struct request *rq, const char *name, const json_t *fact)
{
	const json_t *function = store_get(rq->tx, FUNCTION, name);
	const json_t *result;
	bool any = false;
	size_t i;

	if (json_has(fact, "logged"))
		publish(rq->tx, "logs.appended", fact);
	json_each (json_get(fact, "done"), i, result)
		any |= take_result(rq, name, result);
	note_use(rq, name, any);
	if (any && function)
		order(rq, function);
	if (!function)
		plane_dismiss(rq, FUNCTION_ROLE, name, SECOND);
}

/* Whoever waits is told; the next invocation starts cold. */
static void give_up(struct request *rq, const char *name)
{
	const json_t *all = store_list_prefix(rq->tx, INVOCATION, rq_fmt(rq, "%s/", name));
	const json_t *one;
	size_t i;

	json_each (all, i, one) {
		give(rq, one,
		     rq_fmt(rq,
			    "{\"errorType\":\"Runtime.ExitError\",\"errorMessage\":\"RequestId: %s "
			    "Error: Runtime exited without providing a reason\"}",
			    json_str_or(one, "id", "")),
		     "Unhandled", NULL);
		store_delete(rq->tx, INVOCATION, key_of(rq, name, one));
	}
	store_delete(rq->tx, SESSION, name);
}

/* One that was dismissed may end after its successor was asked for, of which nothing was heard. */
void lambda_plane_gone(struct request *rq, const char *name)
{
	const json_t *function = store_get(rq->tx, FUNCTION, name);
	const json_t *session = store_get(rq->tx, SESSION, name);

	if (!function || !session || json_bool_or(session, "Seen", false))
		give_up(rq, name);
	else
		order(rq, function);
}

void lambda_forget(struct request *rq, const char *name)
{
	give_up(rq, name);
	plane_dismiss(rq, FUNCTION_ROLE, name, SECOND);
}

/* Environments that nobody used for a while go. */
msec lambda_tick(struct request *rq)
{
	const json_t *functions = store_list(rq->tx, FUNCTION);
	msec next = TICK_NEVER;
	const json_t *function;
	size_t i;

	json_each (functions, i, function) {
		const char *name = json_str(function, "FunctionName");
		const json_t *session = store_get(rq->tx, SESSION, name);
		lab_ms used = json_time_or(session, "Used", rq->now);
		msec left = used.ms + IDLE_STAYS - rq->now.ms;
		const json_t *all = store_list_prefix(rq->tx, INVOCATION, rq_fmt(rq, "%s/", name));

		if (!session || json_array_size(all) > 0)
			continue;
		if (left <= 0)
			lambda_forget(rq, name);
		else if (next == TICK_NEVER || left < next)
			next = left;
	}
	return next;
}
