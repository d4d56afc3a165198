/*
 * lab_timer_test.c - due at a lab instant, with the clock by hand.
 */
#include "lab/planes/lab_timer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

struct scene {
	uv_loop_t loop;
	struct lab_clock clock;
	struct lab_timer timer;
	int calls;
};

static void on_due(struct lab_timer *timer)
{
	((struct scene *)timer->timer.data)->calls++;
}

static int begin(void **state)
{
	static struct scene scene;

	scene = (struct scene){.clock = lab_clock_start((lab_ms){1000 * HOUR}, 0)};
	uv_loop_init(&scene.loop);
	lab_timer_init(&scene.timer, &scene.loop, &scene.clock, on_due);
	scene.timer.timer.data = &scene;
	*state = &scene;
	return 0;
}

static int end(void **state)
{
	struct scene *scene = *state;

	uv_close((uv_handle_t *)&scene->timer, NULL);
	uv_run(&scene->loop, UV_RUN_DEFAULT);
	return uv_loop_close(&scene->loop);
}

static void start(struct scene *scene, msec in, msec least, msec most)
{
	lab_ms due = {lab_clock_now(&scene->clock).ms + in};

	uv_update_time(&scene->loop);
	lab_timer_start(&scene->timer, due, least, most);
}

/* How long until it went off, in real time; it must. */
static msec wait_for(struct scene *scene)
{
	msec since = clock_monotonic();

	while (scene->calls == 0 && clock_monotonic() - since < 5 * SECOND)
		uv_run(&scene->loop, UV_RUN_ONCE);
	assert_int_equal(scene->calls, 1);
	scene->calls = 0;
	return clock_monotonic() - since;
}

static void run_for(struct scene *scene, msec ms)
{
	msec since = clock_monotonic();

	while (clock_monotonic() - since < ms) {
		uv_run(&scene->loop, UV_RUN_NOWAIT);
		uv_sleep(1);
	}
}

static void a_fast_clock_shortens_the_wait(void **state)
{
	struct scene *scene = *state;

	lab_clock_set_speed(&scene->clock, 60000);
	start(scene, 15 * SECOND, 0, LAB_TIMER_EVER);
	assert_true(wait_for(scene) >= 245);
}

static void a_pause_holds_it_and_a_step_ends_it(void **state)
{
	struct scene *scene = *state;

	start(scene, MINUTE, 0, LAB_TIMER_EVER);
	run_for(scene, 50);
	lab_clock_step(&scene->clock, MINUTE - 1);
	lab_timer_look(&scene->timer);
	run_for(scene, 50);
	assert_int_equal(scene->calls, 0);
	lab_clock_step(&scene->clock, 1);
	lab_timer_look(&scene->timer);
	assert_int_equal(scene->calls, 0);
	assert_true(wait_for(scene) < SECOND / 2);
	lab_timer_look(&scene->timer);
	run_for(scene, 20);
	assert_int_equal(scene->calls, 0);
}

static void who_is_not_told_notices_within_a_second(void **state)
{
	struct scene *scene = *state;

	start(scene, MINUTE, 0, LAB_TIMER_EVER);
	lab_clock_step(&scene->clock, MINUTE);
	assert_true(wait_for(scene) >= SECOND / 2);
}

static void a_new_speed_counts_for_what_is_left(void **state)
{
	struct scene *scene = *state;

	lab_clock_set_speed(&scene->clock, 1000);
	start(scene, HOUR, 0, LAB_TIMER_EVER);
	lab_clock_set_speed(&scene->clock, LAB_SPEED_MAX);
	lab_timer_look(&scene->timer);
	assert_true(wait_for(scene) >= SECOND - 10);
}

static void real_time_sets_its_bounds(void **state)
{
	struct scene *scene = *state;

	start(scene, HOUR, 0, 30);
	assert_true(wait_for(scene) >= 29);
	start(scene, 0, 50, LAB_TIMER_EVER);
	assert_true(wait_for(scene) >= 49);
	uv_update_time(&scene->loop);
	lab_timer_start_real(&scene->timer, 40);
	lab_timer_look(&scene->timer);
	assert_true(wait_for(scene) >= 39);
}

static void one_that_was_stopped_stays_silent(void **state)
{
	struct scene *scene = *state;

	start(scene, 1, 0, LAB_TIMER_EVER);
	lab_timer_stop(&scene->timer);
	lab_clock_step(&scene->clock, HOUR);
	lab_timer_look(&scene->timer);
	run_for(scene, 30);
	assert_int_equal(scene->calls, 0);
}

#define scene(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		scene(a_fast_clock_shortens_the_wait),
		scene(a_pause_holds_it_and_a_step_ends_it),
		scene(who_is_not_told_notices_within_a_second),
		scene(a_new_speed_counts_for_what_is_left),
		scene(real_time_sets_its_bounds),
		scene(one_that_was_stopped_stays_silent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
