/*
 * environment_test.c - what a container finds in its environment.
 */
#include "lab/planes/task/environment.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static json_t *read_json(const char *text)
{
	json_t *tree = json_read(text, strlen(text));

	assert_non_null(tree);
	return tree;
}

static void a_tasks_loopback_is_its_own_address(void **state)
{
	static const struct {
		const char *before, *after;
	} cases[] = {
		{"127.0.0.1:2000", "127.7.4.17:2000"},
		{"http://localhost:8000/x", "http://127.7.4.17:8000/x"},
		{"a=127.0.0.1:1,b=127.0.0.1:2", "a=127.7.4.17:1,b=127.7.4.17:2"},
		{"127.0.0.1", "127.0.0.1"},
		{"127.0.0.1:", "127.0.0.1:"},
		{"1127.0.0.1:80", "1127.0.0.1:80"},
		{"10.127.0.0.1:80", "10.127.0.0.1:80"},
		{"mylocalhost:80 localhost:80", "mylocalhost:80 127.7.4.17:80"},
		{"", ""},
	};
	struct arena *arena = arena_open();

	for (size_t i = 0; i < array_len(cases); i++)
		assert_string_equal(loopback_rewrite(arena, cases[i].before, "127.7.4.17"),
				    cases[i].after);
	arena_close(arena);
}

static void the_template_stands_over_image_and_lab(void **state)
{
	AUTO_JSON json_t *desired =
		read_json("{\"region\":\"us-east-1\",\"endpoint\":\"http://127.0.0.1:4566\","
			  "\"address\":\"127.7.4.17\"}");
	AUTO_JSON json_t *container =
		read_json("{\"environment\":{\"A\":\"template\",\"AWS_REGION\":\"eu-west-1\","
			  "\"X\":\"127.0.0.1:2000\",\"ECS_CONTAINER_METADATA_URI_V4\":\"forged\"},"
			  "\"secrets\":{\"DB_PASSWORD\":\"127.0.0.1:1\"}}");
	AUTO_JSON json_t *image = read_json("{\"Env\":[\"A=image\",\"B=image\",\"PATH=/app\"]}");
	struct surroundings around = {
		.desired = desired,
		.metadata_uri = "http://127.0.0.1:1/v4/x",
	};
	struct arena *arena = arena_open();
	char **env = environment_make(arena, &around, container, image);

	assert_string_equal(environment_get(env, "A"), "template");
	assert_string_equal(environment_get(env, "B"), "image");
	assert_string_equal(environment_get(env, "PATH"), "/app");
	assert_string_equal(environment_get(env, "X"), "127.7.4.17:2000");
	assert_string_equal(environment_get(env, "DB_PASSWORD"), "127.0.0.1:1");
	assert_string_equal(environment_get(env, "AWS_REGION"), "eu-west-1");
	assert_string_equal(environment_get(env, "AWS_DEFAULT_REGION"), "us-east-1");
	assert_string_equal(environment_get(env, "AWS_ENDPOINT_URL"), "http://127.0.0.1:4566");
	assert_string_equal(environment_get(env, "BIND_ADDRESS"), "127.7.4.17");
	assert_string_equal(environment_get(env, "ECS_CONTAINER_METADATA_URI_V4"),
			    "http://127.0.0.1:1/v4/x");
	assert_null(environment_get(env, "AWS_CONTAINER_CREDENTIALS_FULL_URI"));
	assert_null(environment_get(env, "USER"));
	arena_close(arena);
}

static void assert_command(const char *container, const char *image, const char *expect)
{
	AUTO_JSON json_t *spec = read_json(container);
	AUTO_JSON json_t *config = read_json(image);
	struct arena *arena = arena_open();
	char **args = command_make(arena, spec, config);
	const char *all = "";

	for (; *args; args++)
		all = arena_fmt(arena, "%s[%s]", all, *args);
	assert_string_equal(all, expect);
	arena_close(arena);
}

static void commands_are_put_together_as_docker_does(void **state)
{
	static const char image[] = "{\"Entrypoint\":[\"/e\"],\"Cmd\":[\"c1\",\"c2\"]}";

	assert_command("{}", image, "[/e][c1][c2]");
	assert_command("{\"command\":[\"x\"]}", image, "[/e][x]");
	assert_command("{\"entry_point\":[\"/n\"]}", image, "[/n]");
	assert_command("{\"entry_point\":[\"/n\"],\"command\":[\"x\"]}", image, "[/n][x]");
	assert_command("{\"entry_point\":[],\"command\":null}", image, "[/e][c1][c2]");
	assert_command("{}", "{}", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_tasks_loopback_is_its_own_address),
		cmocka_unit_test(the_template_stands_over_image_and_lab),
		cmocka_unit_test(commands_are_put_together_as_docker_does),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
