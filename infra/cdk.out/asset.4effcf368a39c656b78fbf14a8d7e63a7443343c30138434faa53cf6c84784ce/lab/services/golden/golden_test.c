/*
 * golden_test.c - the clock by its API, and the lab about itself.
 */
#include "lab/services/golden/golden.h"
#include "lab/aws/trial.h"
#include "lab/models/golden.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const struct service *const services[] = {&golden_service, NULL};

static void a_paused_clock_moves_by_steps_only(void **state)
{
	struct trial t;
	double before;

	trial_open(&t, services);
	before = json_num_or(trial_ask(&t, &golden_model, GOLDEN_SetClock, "{'Speed': 0}"), "Lab",
			     0);
	assert_true(before > 0);
	assert_non_null(trial_ask(&t, &golden_model, GOLDEN_SetClock, "{'StepSeconds': 300}"));
	assert_non_null(trial_ask(&t, &golden_model, GOLDEN_GetClock, "{}"));
	assert_int_equal(llround((json_num_or(t.out, "Lab", 0) - before) * 1000), 300 * SECOND);
	assert_int_equal(llround(json_num_or(t.out, "Speed", 7) * 1000), 0);
	trial_close(&t);
}

static void nonsense_is_refused(void **state)
{
	struct trial t;

	trial_open(&t, services);
	assert_null(trial_ask(&t, &golden_model, GOLDEN_SetClock, "{'StepSeconds': 1e12}"));
	assert_string_equal(t.code, "ValidationException");
	trial_close(&t);
}

static void the_lab_says_what_is_in_it(void **state)
{
	struct trial t;

	trial_open(&t, services);
	assert_non_null(trial_ask(&t, &golden_model, GOLDEN_DescribeLab, "{}"));
	assert_string_equal(json_path_str(t.out, "Services.0.Name"), "golden");
	assert_int_equal(json_int_or(json_path(t.out, "Services.0"), "Operations", 0), 3);
	trial_close(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_paused_clock_moves_by_steps_only),
		cmocka_unit_test(nonsense_is_refused),
		cmocka_unit_test(the_lab_says_what_is_in_it),
	};

	return cmocka_run_group_tests_name("golden", tests, NULL, NULL);
}
