/*
 * bindgen_test.c - names, unions, what is reached, and the headers of a small zoo.
 *
 *   bindgen_test FOLDER        tools/bindgen, which has zoo/
 */
#include "tools/bindgen/bindgen.h"

#include "tools/bindgen/emit.h"
#include "tools/bindgen/names.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static const char *folder;

void bindgen_die(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	abort();
}

static struct plan *zoo(const char *fqn)
{
	AUTO_FREE char *path = mem_fmt("%s/zoo", folder);
	struct plan *plan = plan_open();

	assembly_add(plan->assembly, path);
	plan_name(plan);
	plan_bind(plan, fqn);
	return plan;
}

/* ---- names ---- */

static void camels_become_snakes(void **state)
{
	static const char *const names[][2] = {
		{"maxAzs", "max_azs"},
		{"availabilityZoneARNs", "availability_zone_arns"},
		{"AZs", "azs"},
		{"enableECSManagedTags", "enable_ecs_managed_tags"},
		{"metricCPUUtilization", "metric_cpu_utilization"},
		{"memoryLimitMiB", "memory_limit_mib"},
		{"containerInsightsV2", "container_insights_v2"},
		{"anyIpv4", "any_ipv4"},
		{"IPv6", "ipv6"},
		{"s3Bucket", "s3_bucket"},
		{"IVpc", "ivpc"},
		{"IVPCRef", "ivpc_ref"},
		{"IIpAddresses", "iip_addresses"},
		{"IpAddresses", "ip_addresses"},
		{"CfnWebACL", "cfn_web_acl"},
		{"X", "x"},
	};
	struct arena *arena = arena_open();

	for (size_t i = 0; i < array_len(names); i++)
		assert_string_equal(name_snake(arena, names[i][0]), names[i][1]);
	arena_close(arena);
}

static void a_word_of_c_gets_an_underscore(void **state)
{
	struct arena *arena = arena_open();

	assert_string_equal(name_member(arena, "default"), "default_");
	assert_string_equal(name_member(arena, "linux"), "linux_");
	assert_string_equal(name_member(arena, "defaults"), "defaults");
	arena_close(arena);
}

static void a_tag_says_module_and_type(void **state)
{
	static const char *const tags[][2] = {
		{"aws-cdk-lib.Stack", "cdk_stack"},
		{"constructs.Construct", "constructs_construct"},
		{"aws-cdk-lib.aws_ec2.Vpc", "ec2_vpc"},
		{"aws-cdk-lib.interfaces.aws_kms.IKeyRef", "kms_ikey_ref"},
		{"aws-cdk-lib.aws_elasticloadbalancingv2.SslPolicy", "elbv2_ssl_policy"},
		{"aws-cdk-lib.aws_wafv2.CfnWebACL.RuleProperty", "wafv2_cfn_web_acl_rule"},
		{"cdk-nag.NagPack", "nag_pack"},
		{"cdk-nag.AwsSolutionsChecks", "nag_aws_solutions_checks"},
	};
	struct arena *arena = arena_open();

	for (size_t i = 0; i < array_len(tags); i++)
		assert_string_equal(name_tag(arena, tags[i][0], false), tags[i][1]);
	arena_close(arena);
}

/* ---- the metadata's text ---- */

static void a_text_that_is_cut_off_is_no_assembly(void **state)
{
	static const char text[] = "{\"a\":[\"}\\\"\",{}],\"types\":{\"x.Y\":{\"kind\":\"enum\"}}}";
	size_t whole = sizeof(text) - 1;

	for (size_t len = 0; len <= whole; len++) {
		struct assembly *assembly = assembly_open();

		assert_int_equal(assembly_add_text(assembly, mem_strndup(text, len), len),
				 len == whole);
		if (len == whole)
			assert_string_equal(json_str(assembly_type(assembly, "x.Y"), "kind"),
					    "enum");
		assembly_close(assembly);
	}
}

/* ---- what is reached ---- */

static bool reaches(struct plan *plan, const char *fqn)
{
	struct type *type = plan_type(plan, fqn);

	return type && type->reached;
}

static void a_class_reaches_what_its_members_say(void **state)
{
	struct plan *plan = zoo("zoo.Bear");

	assert_true(reaches(plan, "zoo.BearProps"));
	assert_true(reaches(plan, "zoo.Bear.DenProperty"));
	assert_true(reaches(plan, "zoo.BearKind"));
	assert_true(reaches(plan, "zoo.IAnimal"));
	assert_true(plan_type(plan, "zoo.Animal")->bound);
	assert_false(plan_type(plan, "zoo.IAnimal")->bound);
	plan_close(plan);
}

static void what_only_deprecated_members_reach_stays_out(void **state)
{
	struct plan *plan = zoo("zoo.Bear");

	assert_false(reaches(plan, "zoo.Unreached"));
	plan_close(plan);
}

static void a_star_binds_the_module(void **state)
{
	struct plan *plan = zoo("zoo.*");

	assert_true(plan_type(plan, "zoo.IAnimal")->bound);
	assert_true(reaches(plan, "zoo.Unreached"));
	plan_close(plan);
}

/* ---- unions ---- */

static struct alternatives of(struct plan *plan, const char *text)
{
	json_t *ref = json_read(text, strlen(text));
	struct alternatives all = shape_alternatives(plan, ref);

	json_decref(ref);
	return all;
}

static void a_token_is_the_second_way_to_say_a_struct(void **state)
{
	struct plan *plan = zoo("zoo.Bear");
	struct alternatives all =
		of(plan, "{\"union\":{\"types\":[{\"fqn\":\"aws-cdk-lib.IResolvable\"},"
			 "{\"fqn\":\"zoo.Bear.DenProperty\"}]}}");

	assert_int_equal(all.count, 2);
	assert_string_equal(all.rows[0].suffix, "token");
	assert_string_equal(all.rows[1].suffix, "");
	assert_string_equal(all.rows[1].shape->tag, "zoo_bear_den");
	plan_close(plan);
}

static void a_list_of_a_union_is_a_list_an_alternative(void **state)
{
	struct plan *plan = zoo("zoo.Bear");
	struct alternatives all = of(
		plan, "{\"collection\":{\"kind\":\"array\",\"elementtype\":{\"union\":{\"types\":["
		      "{\"primitive\":\"string\"},{\"fqn\":\"zoo.IAnimal\"}]}}}}");

	assert_int_equal(all.count, 2);
	assert_string_equal(all.rows[0].shape->tag, "string_list");
	assert_string_equal(all.rows[0].suffix, "");
	assert_string_equal(all.rows[1].shape->tag, "zoo_ianimal_list");
	assert_string_equal(all.rows[1].suffix, "ianimals");
	plan_close(plan);
}

static void one_or_many_differ_by_the_word_list(void **state)
{
	struct plan *plan = zoo("zoo.Bear");
	struct alternatives all = of(
		plan, "{\"union\":{\"types\":[{\"fqn\":\"zoo.BearKind\"},{\"collection\":{\"kind\":"
		      "\"array\",\"elementtype\":{\"fqn\":\"zoo.BearKind\"}}}]}}");

	assert_int_equal(all.count, 2);
	assert_string_equal(all.rows[0].suffix, "");
	assert_string_equal(all.rows[1].suffix, "list");
	plan_close(plan);
}

static void a_union_with_any_is_any(void **state)
{
	struct plan *plan = zoo("zoo.Bear");
	struct alternatives all = of(plan, "{\"union\":{\"types\":[{\"primitive\":\"string\"},"
					   "{\"primitive\":\"any\"}]}}");

	assert_int_equal(all.count, 1);
	assert_int_equal(all.rows[0].shape->kind, SHAPE_ANY);
	plan_close(plan);
}

/* ---- the files ---- */

static bool is_of_the_zoo(const void *context, const struct type *type)
{
	return strcmp(type->module, "zoo") == 0;
}

static char *read_file(const char *path)
{
	FILE *file = fopen(path, "re");
	struct buf text = {0};
	size_t n;

	assert_non_null(file);
	while ((n = fread(buf_room(&text, 4096), 1, 4096, file)) > 0)
		buf_wrote(&text, n);
	fclose(file);
	return buf_take(&text);
}

/* GOLDENS=write writes them anew: then look at the difference in git. */
static void compare(const char *name, const struct buf *text)
{
	AUTO_FREE char *path = mem_fmt("%s/zoo/%s.golden", folder, name);
	AUTO_FREE char *golden = NULL;

	if (getenv("GOLDENS")) {
		FILE *file = fopen(path, "we");

		assert_non_null(file);
		assert_int_equal(fwrite(text->data, 1, text->len, file), text->len);
		fclose(file);
	}
	golden = read_file(path);
	assert_string_equal(buf_text(text), golden);
}

static void the_zoo_looks_as_it_did(void **state)
{
	struct plan *plan = zoo("zoo.*");
	AUTO_BUF struct buf types = {0};
	AUTO_BUF struct buf header = {0};
	AUTO_BUF struct buf source = {0};

	emit_types_header(plan, &types);
	emit_module_header(plan, "zoo", is_of_the_zoo, NULL, &header);
	emit_module_source(plan, "zoo", is_of_the_zoo, NULL, &source);
	compare("types.h", &types);
	compare("zoo.h", &header);
	compare("zoo.c", &source);
	plan_close(plan);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(camels_become_snakes),
		cmocka_unit_test(a_word_of_c_gets_an_underscore),
		cmocka_unit_test(a_tag_says_module_and_type),
		cmocka_unit_test(a_text_that_is_cut_off_is_no_assembly),
		cmocka_unit_test(a_class_reaches_what_its_members_say),
		cmocka_unit_test(what_only_deprecated_members_reach_stays_out),
		cmocka_unit_test(a_star_binds_the_module),
		cmocka_unit_test(a_token_is_the_second_way_to_say_a_struct),
		cmocka_unit_test(a_list_of_a_union_is_a_list_an_alternative),
		cmocka_unit_test(one_or_many_differ_by_the_word_list),
		cmocka_unit_test(a_union_with_any_is_any),
		cmocka_unit_test(the_zoo_looks_as_it_did),
	};

	if (argc != 2)
		return 2;
	folder = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
