/*
 * health_test.c - health checks: their intervals by the lab clock, their timeouts by the real one.
 */
#include "lab/planes/alb/testbed.h"

#define INTERVAL (15 * SECOND)

static void set_interval(struct world *world, msec interval)
{
	json_t *check = json_object_get(only_group(world), "health_check");

	json_set_int(check, "interval_ms", interval);
	apply(world);
}

static void set_speed(struct world *world, int64_t speed)
{
	lab_clock_set_speed(&world->clock, speed);
	alb_clock_changed(world->alb);
}

static void step(struct world *world, msec by)
{
	lab_clock_step(&world->clock, by);
	alb_clock_changed(world->alb);
}

static void await_checks(struct world *world, int count)
{
	msec since = clock_monotonic();

	while (world->fakes[0].checks < count)
		turn(world, since);
	assert_int_equal(world->fakes[0].checks, count);
}

static void a_paused_clock_checks_by_steps_only(void **state)
{
	struct world *world = *state;

	set_speed(world, 0);
	set_interval(world, INTERVAL);
	with_targets(world, 1); /* the first one is immediate */
	let_pass(world, 100);
	assert_int_equal(world->fakes[0].checks, 1);

	world->fakes[0].health = 500;
	step(world, INTERVAL);
	await_checks(world, 2);
	assert_string_equal(state_of(world, 0), "healthy");
	/* However far: one step, one check. */
	step(world, 20 * INTERVAL);
	await_state(world, 0, "unhealthy");
	let_pass(world, 100);
	assert_int_equal(world->fakes[0].checks, 3);
}

static void a_fast_clock_finds_out_sooner(void **state)
{
	struct world *world = *state;
	msec since;

	set_interval(world, INTERVAL);
	with_targets(world, 1);
	world->fakes[0].health = 500;
	set_speed(world, 60000);
	since = clock_monotonic();
	await_state(world, 0, "unhealthy");
	assert_true(clock_monotonic() - since >= 450);
	assert_int_equal(world->fakes[0].checks, 3);
}

static void a_target_is_not_stormed_however_fast(void **state)
{
	struct world *world = *state;
	msec since;

	set_interval(world, INTERVAL);
	with_targets(world, 1);
	set_speed(world, LAB_SPEED_MAX);
	since = clock_monotonic();
	let_pass(world, 500);
	assert_in_range(world->fakes[0].checks, 2, 2 + (clock_monotonic() - since) / 50);
}

/* At this speed an interval is over before a check can be: only its real timeout fails it. */
static void a_slow_answer_fails_by_its_timeout_only(void **state)
{
	struct world *world = *state;

	set_interval(world, INTERVAL);
	with_targets(world, 1);
	world->fakes[0].health = 0;
	set_speed(world, LAB_SPEED_MAX);
	await_checks(world, 2);
	let_pass(world, 500);
	assert_int_equal(world->fakes[0].checks, 2);
	assert_string_equal(state_of(world, 0), "healthy");
	await_state(world, 0, "unhealthy");
	assert_string_equal(json_str(health_of(world, 0), "reason"), "Target.Timeout");
	assert_in_range(world->fakes[0].checks, 3, 4);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, build, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_paused_clock_checks_by_steps_only),
		TEST(a_fast_clock_finds_out_sooner),
		TEST(a_target_is_not_stormed_however_fast),
		TEST(a_slow_answer_fails_by_its_timeout_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
