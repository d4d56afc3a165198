/*
 * lab_test.c - turns, savepoints, events, ticks, orders, with two small services of our own.
 */
#include "lab/aws/lab.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

/* "shop" keeps things and tells; "post" hears of them and ticks. As tools/modelc would write it. */
enum { SHOP_Sell, SHOP_Break, SHOP_Order, SHOP_Missing, SHOP_NOPS };
enum { SHOP_SoldOut = 1, SHOP_NFAULTS };
enum { POST_Send, POST_NOPS };

static const struct operation shop_operations[SHOP_NOPS] = {
	[SHOP_Sell] = {.name = "Sell", .input = MODEL_NONE, .output = MODEL_NONE},
	[SHOP_Break] = {.name = "Break", .input = MODEL_NONE, .output = MODEL_NONE},
	[SHOP_Order] = {.name = "Order", .input = MODEL_NONE, .output = MODEL_NONE},
	[SHOP_Missing] = {.name = "Missing", .input = MODEL_NONE, .output = MODEL_NONE},
};
static const struct fault_shape shop_faults[SHOP_NFAULTS] = {
	[SHOP_SoldOut] = {.name = "SoldOutException",
			  .code = "SoldOut",
			  .status = 409,
			  .sender = true},
};
static const struct model shop_model = {
	.name = "shop",
	.iam_prefix = "shop",
	.ops = shop_operations,
	.nops = SHOP_NOPS,
	.faults = shop_faults,
	.nfaults = SHOP_NFAULTS,
};
static const struct operation post_operations[POST_NOPS] = {
	[POST_Send] = {.name = "Send", .input = MODEL_NONE, .output = MODEL_NONE},
};
static const struct model post_model = {
	.name = "post",
	.iam_prefix = "post",
	.ops = post_operations,
	.nops = POST_NOPS,
	.nfaults = 1,
};

static int sell(struct request *rq, const json_t *in, json_t *out)
{
	const char *name = json_str(in, "Name");

	store_put(rq->tx, "shop/thing", name, in);
	publish(rq->tx, "shop.sold", in);
	plane_want(rq, "van", name, in);
	if (strcmp(name, "unicorn") == 0)
		return fault(rq, SHOP_SoldOut, "No %s left.", name);
	json_set_str(out, "Id", id_new(rq, "sale-", 8));
	json_set_time(out, "When", rq->now);
	return 0;
}

static int break_it(struct request *rq, const json_t *in, json_t *out)
{
	store_put(rq->tx, "shop/thing", "broken", in);
	return -EIO;
}

/* Sends something that may not arrive, and goes on. */
static int order(struct request *rq, const json_t *in, json_t *out)
{
	int result = aws_call(rq, rq->caller, &post_model, POST_Send, in, out);

	if (result != 0 && json_bool_or(in, "Strict", false))
		return fault_pass(rq);
	if (result != 0)
		json_set_str(out, "Why", rq->called.message);
	store_put(rq->tx, "shop/order", "1", in);
	return 0;
}

static op_fn *const shop_ops[SHOP_NOPS] = {
	[SHOP_Sell] = sell,
	[SHOP_Break] = break_it,
	[SHOP_Order] = order,
};

static int send_parcel(struct request *rq, const json_t *in, json_t *out)
{
	assert_string_equal(rq->via, "shop");
	store_put(rq->tx, "post/parcel", json_str(in, "Name"), in);
	if (json_bool_or(in, "Lost", false))
		return fault_named(rq, "Lost", "It was lost.");
	return 0;
}

static void hear_sold(struct request *rq, const json_t *detail)
{
	store_put(rq->tx, "post/heard", json_str(detail, "Name"), detail);
	lab_wake(rq->lab, rq->model);
}

static int ticks;

static msec post_tick(struct request *rq)
{
	ticks++;
	assert_string_equal(rq->caller->service, "post.amazonaws.com");
	return MINUTE;
}

static void van_fact(struct request *rq, const char *id, const json_t *fact)
{
	store_put(rq->tx, "post/van", id, fact);
}

static op_fn *const post_ops[POST_NOPS] = {[POST_Send] = send_parcel};
static const struct hearing post_hears[] = {{"shop.sold", hear_sold}, {NULL, NULL}};
static const struct resource shop_resources[] = {{.type = "Test::Shop::Thing"}, {.type = NULL}};
static const struct service shop_service = {
	.model = &shop_model,
	.ops = shop_ops,
	.resources = shop_resources,
};
static const struct service post_service = {
	.model = &post_model,
	.ops = post_ops,
	.hears = post_hears,
	.tick = post_tick,
	.plane = "van",
	.fact = van_fact,
};
static const struct service *const services[] = {&shop_service, &post_service, NULL};

static int opened(void **state)
{
	struct lab_options options = {.number = 7, .speed = 0, .seed = 42, .services = services};
	struct lab *lab = NULL;

	ticks = 0;
	assert_int_equal(lab_open(NULL, &options, &lab), 0);
	*state = lab;
	return 0;
}

static int closed(void **state)
{
	lab_close(*state);
	return 0;
}

struct result {
	int count;
	int result;
	json_t *out;
	char code[32];
	int status;
};

static void take(const struct lab_reply *reply, void *user)
{
	struct result *result = user;

	json_decref(result->out);
	*result = (struct result){
		.count = result->count + 1,
		.result = reply->result,
		.out = json_deep_copy(reply->out),
		.status = reply->fault ? reply->fault->status : 200,
	};
	if (reply->fault)
		strncpy(result->code, reply->fault->code, sizeof(result->code) - 1);
}

static void call(struct lab *lab, int op, struct result *result, const char *fmt, ...)
{
	va_list args;
	AUTO_JSON json_t *in = NULL;

	va_start(args, fmt);
	in = json_vpack_ex(NULL, 0, fmt, args);
	va_end(args);
	lab_run(lab, &(struct lab_call){
			     .model = &shop_model,
			     .op = op,
			     .in = in,
			     .caller = lab_operator(lab),
			     .done = take,
			     .user = result,
		     });
}

static bool stored(struct lab *lab, const char *kind, const char *key)
{
	struct tx *tx = tx_begin(lab_store(lab));
	bool is = store_has(tx, kind, key);

	tx_rollback(tx);
	return is;
}

static void a_turn_answers_after_its_commit(void **state)
{
	struct result first = {0}, second = {0};

	call(*state, SHOP_Sell, &first, "{s:s}", "Name", "hat");
	call(*state, SHOP_Sell, &second, "{s:s}", "Name", "unicorn");
	assert_int_equal(first.count + second.count, 0);
	lab_turn(*state);
	assert_int_equal(first.count, 1);
	assert_int_equal(second.count, 1);

	assert_int_equal(first.result, 0);
	assert_memory_equal(json_str(first.out, "Id"), "sale-", 5);
	assert_true(stored(*state, "shop/thing", "hat"));
	json_decref(first.out);
	json_decref(second.out);
}

static void a_fault_takes_back_what_it_wrote_said_and_ordered(void **state)
{
	struct result hat = {0}, unicorn = {0};

	lab_turn(*state);
	ticks = 0;
	call(*state, SHOP_Sell, &unicorn, "{s:s}", "Name", "unicorn");
	lab_turn(*state);
	assert_string_equal(unicorn.code, "SoldOut");
	assert_int_equal(unicorn.status, 409);
	assert_false(stored(*state, "shop/thing", "unicorn"));
	assert_false(stored(*state, "post/heard", "unicorn"));
	assert_null(lab_ordered(*state, "van", "unicorn"));
	assert_int_equal(ticks, 0);

	call(*state, SHOP_Sell, &hat, "{s:s}", "Name", "hat");
	lab_turn(*state);
	assert_true(stored(*state, "post/heard", "hat"));
	assert_string_equal(json_str(lab_ordered(*state, "van", "hat"), "Name"), "hat");
	assert_int_equal(ticks, 1);
	json_decref(hat.out);
	json_decref(unicorn.out);
}

static void our_own_failure_is_an_internal_one(void **state)
{
	struct result result = {0};

	call(*state, SHOP_Break, &result, "{}");
	lab_turn(*state);
	assert_int_equal(result.result, -EIO);
	assert_string_equal(result.code, "InternalFailure");
	assert_int_equal(result.status, 500);
	assert_false(stored(*state, "shop/thing", "broken"));
	json_decref(result.out);
}

static void a_missing_operation_is_named(void **state)
{
	struct result result = {0};

	call(*state, SHOP_Missing, &result, "{}");
	lab_turn(*state);
	assert_string_equal(result.code, "NotImplemented");
	json_decref(result.out);
}

static void a_failed_call_is_undone_but_not_its_caller(void **state)
{
	struct result result = {0};

	call(*state, SHOP_Order, &result, "{s:s, s:b}", "Name", "hat", "Lost", 1);
	lab_turn(*state);
	assert_int_equal(result.result, 0);
	assert_string_equal(json_str(result.out, "Why"), "It was lost.");
	assert_true(stored(*state, "shop/order", "1"));
	assert_false(stored(*state, "post/parcel", "hat"));

	call(*state, SHOP_Order, &result, "{s:s, s:b, s:b}", "Name", "hat", "Lost", 1, "Strict", 1);
	lab_turn(*state);
	assert_string_equal(result.code, "Lost");

	call(*state, SHOP_Order, &result, "{s:s}", "Name", "cap");
	lab_turn(*state);
	assert_int_equal(result.result, 0);
	assert_true(stored(*state, "post/parcel", "cap"));
	json_decref(result.out);
}

static void ticks_come_by_the_lab_clock(void **state)
{
	struct lab_clock clock;

	lab_turn(*state);
	assert_int_equal(ticks, 1);
	lab_turn(*state);
	assert_int_equal(ticks, 1);

	/* It is paused: only a step brings the next one. */
	clock = *lab_clock(*state);
	lab_clock_step(&clock, 59 * SECOND);
	lab_clock_change(*state, &clock);
	lab_turn(*state);
	assert_int_equal(ticks, 1);
	lab_clock_step(&clock, SECOND);
	lab_clock_change(*state, &clock);
	lab_turn(*state);
	assert_int_equal(ticks, 2);
}

static void a_plane_reports_to_its_service(void **state)
{
	AUTO_JSON json_t *fact = json_pack("{s:s}", "status", "driving");

	lab_fleet_events.fact("van", "1", fact, *state);
	lab_fleet_events.fact("boat", "2", fact, *state);
	lab_fleet_events.gone("van", "1", *state);
	lab_turn(*state);
	assert_true(stored(*state, "post/van", "1"));
	assert_false(stored(*state, "post/van", "2"));
}

static void a_seed_makes_the_same_ids(void **state)
{
	struct lab_options options = {.number = 7, .speed = 0, .seed = 42, .services = services};
	struct result result = {0}, again = {0};
	struct lab *lab = NULL;

	assert_int_equal(lab_open(NULL, &options, &lab), 0);
	call(*state, SHOP_Sell, &result, "{s:s}", "Name", "hat");
	call(lab, SHOP_Sell, &again, "{s:s}", "Name", "hat");
	lab_turn(*state);
	lab_turn(lab);
	assert_string_equal(json_str(result.out, "Id"), json_str(again.out, "Id"));
	json_decref(result.out);
	json_decref(again.out);
	lab_close(lab);
}

static int names(struct request *rq, const json_t *in, json_t *out)
{
	struct cfn_resource alb = {.stack_name = "GoldenCompute", .logical_id = "Alb16C2F182"};
	struct cfn_resource bucket = {.stack_name = "Golden", .logical_id = "AlbLogs956A5C7D"};

	assert_int_equal(strlen(cfn_name(rq, &alb, 32, false)), 32);
	assert_memory_equal(cfn_name(rq, &alb, 32, false), "GoldenCom-Alb16C2F1-", 20);
	assert_memory_equal(cfn_name(rq, &bucket, 63, true), "golden-alblogs956a5c7d-", 23);
	assert_string_equal(lab_address(rq, "10.0.12.4"), "127.7.12.4");
	assert_string_equal(lab_address(rq, "10.1.12.4.5"), "10.1.12.4.5");
	assert_string_equal(lab_address(rq, "::1"), "::1");
	assert_int_equal(strlen(id_uuid(rq)), 36);
	assert_string_equal(principal_of(rq, "arn:aws:iam::123456789012:root")->arn,
			    rq->caller->arn);
	assert_string_equal(
		principal_of(rq, "arn:aws:sts::123456789012:assumed-role/Task/abc")->role, "Task");
	assert_null(principal_of(rq, "ecs.amazonaws.com"));
	assert_int_equal(json_time_or(out, "None", rq->now).ms, rq->now.ms);
	json_set_time(out, "Now", rq->now);
	assert_int_equal(json_time_or(out, "Now", (lab_ms){0}).ms, rq->now.ms);
	return 0;
}

static void names_and_addresses_are_as_aws_makes_them(void **state)
{
	static op_fn *const ops[SHOP_NOPS] = {[SHOP_Sell] = names};
	static const struct service service = {.model = &shop_model, .ops = ops};
	static const struct service *const only[] = {&service, NULL};
	struct lab_options options = {.number = 7, .speed = -1, .services = only};
	struct result result = {0};
	struct lab *lab = NULL;

	assert_int_equal(lab_open(NULL, &options, &lab), 0);
	call(lab, SHOP_Sell, &result, "{}");
	lab_turn(lab);
	assert_int_equal(result.result, 0);
	json_decref(result.out);
	lab_close(lab);
}

/* As good as a full disk: files of this process don't grow. */
static void let_files_grow(bool may)
{
	struct rlimit limit;

	getrlimit(RLIMIT_FSIZE, &limit);
	limit.rlim_cur = may ? limit.rlim_max : 0;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void remove_lab(const char *dir)
{
	static const char *const files[] = {"master.key", "state.db", "state.db-wal",
					    "state.db-shm"};

	for (size_t i = 0; i < array_len(files); i++) {
		AUTO_FREE char *path = mem_fmt("%s/%s", dir, files[i]);

		remove(path);
	}
	assert_int_equal(rmdir(dir), 0);
}

static void what_could_not_be_kept_did_not_happen_and_the_lab_goes_on(void **state)
{
	char dir[] = "/tmp/golden-lab-test-XXXXXX";
	struct lab_options options = {.dir = mkdtemp(dir), .number = 7, .services = services};
	struct result hat = {0}, cap = {0};
	struct lab_clock clock;
	struct lab *lab = NULL;

	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(lab_open(NULL, &options, &lab), 0);
	lab_turn(lab);
	ticks = 0;

	let_files_grow(false);
	call(lab, SHOP_Sell, &hat, "{s:s}", "Name", "hat");
	lab_turn(lab);
	let_files_grow(true);
	assert_string_equal(hat.code, "InternalFailure");
	assert_false(stored(lab, "shop/thing", "hat"));
	assert_int_equal(ticks, 0);

	call(lab, SHOP_Sell, &cap, "{s:s}", "Name", "cap");
	lab_turn(lab);
	assert_int_equal(cap.result, 0);
	assert_true(stored(lab, "shop/thing", "cap"));
	assert_int_equal(ticks, 1); /* it heard of the cap */

	/* The same where nobody but the failed turn's ticks would have come again. */
	let_files_grow(false);
	call(lab, SHOP_Sell, &hat, "{s:s}", "Name", "hat");
	lab_turn(lab);
	let_files_grow(true);
	clock = *lab_clock(lab);
	lab_clock_step(&clock, SECOND);
	lab_clock_change(lab, &clock);
	lab_turn(lab);
	assert_int_equal(ticks, 2);

	json_decref(hat.out);
	json_decref(cap.out);
	lab_close(lab);
	remove_lab(dir);
}

static void stop_loop(const struct lab_reply *reply, void *user)
{
	uv_stop(user);
}

static void the_loop_ends_a_turn_by_itself(void **state)
{
	struct lab_options options = {.number = 7, .speed = 1000, .services = services};
	AUTO_JSON json_t *in = json_pack("{s:s}", "Name", "hat");
	struct lab *lab = NULL;
	int before = ticks;
	uv_timer_t patience;
	uv_loop_t loop;

	uv_loop_init(&loop);
	uv_timer_init(&loop, &patience);
	uv_timer_start(&patience, (uv_timer_cb)uv_stop, 5000, 0);
	assert_int_equal(lab_open(&loop, &options, &lab), 0);
	lab_run(lab, &(struct lab_call){.model = &shop_model,
					.op = SHOP_Sell,
					.in = in,
					.caller = lab_operator(lab),
					.done = stop_loop,
					.user = &loop});
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_true(ticks > before);
	lab_close(lab);
	uv_close((uv_handle_t *)&patience, NULL);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&loop), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, opened, closed)
	const struct CMUnitTest tests[] = {
		TEST(a_turn_answers_after_its_commit),
		TEST(a_fault_takes_back_what_it_wrote_said_and_ordered),
		TEST(our_own_failure_is_an_internal_one),
		TEST(a_missing_operation_is_named),
		TEST(a_failed_call_is_undone_but_not_its_caller),
		TEST(ticks_come_by_the_lab_clock),
		TEST(a_plane_reports_to_its_service),
		TEST(a_seed_makes_the_same_ids),
		cmocka_unit_test(names_and_addresses_are_as_aws_makes_them),
		cmocka_unit_test(what_could_not_be_kept_did_not_happen_and_the_lab_goes_on),
		cmocka_unit_test(the_loop_ends_a_turn_by_itself),
	};

	return cmocka_run_group_tests_name("lab", tests, NULL, NULL);
}
