/*
 * template_test.c - the template language: what it means, and what AWS says when it is wrong.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "lab/services/cloudformation/intrinsics.h"
#include "lab/services/cloudformation/template_yaml.h"

#include <stdlib.h>
#include <string.h>

#define RESOURCE "\"Resources\": {\"A\": {\"Type\": \"AWS::SSM::Parameter\"}}"

static int opened(void **state)
{
	*state = arena_open();
	return 0;
}

static int closed(void **state)
{
	arena_close(*state);
	return 0;
}

static void refused(struct arena *arena, const char *text, const char *message)
{
	const json_t *template;
	const char *error = template_read(arena, text, strlen(text), &template);

	assert_non_null(error);
	assert_string_equal(error, message);
}

static const json_t *read_text(struct arena *arena, const char *text)
{
	const json_t *template = NULL;
	const char *error = template_read(arena, text, strlen(text), &template);

	if (error)
		fail_msg("%s", error);
	return template;
}

static void a_template_has_a_form(void **state)
{
	refused(*state, "", "Template format error: unsupported structure.");
	refused(*state, "[]", "Template format error: unsupported structure.");
	refused(*state, "Resources:\n  A:\n",
		"Template format error: Null values are not allowed in templates.");
	refused(*state, "{\"Resources\": ",
		"Template format error: JSON not well-formed. (line 1, column 14)");
	refused(*state, "{}",
		"Template format error: At least one Resources member must be defined.");
	refused(*state, "{" RESOURCE ", \"Foo\": {}}",
		"Invalid template property or properties [Foo]");
	refused(*state, "{\"Resources\": {\"my-bucket\": {\"Type\": \"AWS::S3::Bucket\"}}}",
		"Template format error: Resource name my-bucket is non alphanumeric.");
	refused(*state, "{\"Resources\": {\"A\": {}}}",
		"Template format error: [/Resources/A] Every Resources object must contain a Type "
		"member.");
	refused(*state,
		"{\"Resources\": {\"A\": {\"Type\": \"T\", \"Properties\": {\"x\": null}}}}",
		"Template format error: Null values are not allowed in templates.");
	refused(*state,
		"{\"Resources\": {\"A\": {\"Type\": \"T\", \"Properties\": {\"x\": "
		"{\"Fn::Nope\": 1}}}}}",
		"Template error: Encountered unsupported function: Fn::Nope");
}

/* The YAML text is this tree (compact JSON, members sorted). */
static void is_written(struct arena *arena, const char *yaml, const char *expected)
{
	AUTO_JSON json_t *tree = NULL;
	AUTO_FREE char *text = NULL;
	const char *error = template_read_yaml(arena, yaml, strlen(yaml), &tree);

	if (error)
		fail_msg("%s: %s", yaml, error);
	text = json_dumps(tree, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
	assert_string_equal(text, expected);
}

static void yaml_says_the_same_in_fewer_signs(void **state)
{
	is_written(*state, "a: 1\nb: [x, '1', true, no, 1.5]\n",
		   "{\"a\":1,\"b\":[\"x\",\"1\",true,false,1.5]}");
	is_written(*state, "V: 2012-10-17\nAccount: 012345678901\n",
		   "{\"Account\":\"012345678901\",\"V\":\"2012-10-17\"}");
	is_written(*state, "a: !Ref B\n", "{\"a\":{\"Ref\":\"B\"}}");
	is_written(*state, "a: !GetAtt B.C.D\n", "{\"a\":{\"Fn::GetAtt\":[\"B\",\"C.D\"]}}");
	is_written(*state, "a: !If [No, !Ref B, !Sub '${C}-x']\n",
		   "{\"a\":{\"Fn::If\":[false,{\"Ref\":\"B\"},{\"Fn::Sub\":\"${C}-x\"}]}}");
	is_written(*state, "a: !Condition C\nb: |\n  two\n  lines\n",
		   "{\"a\":{\"Condition\":\"C\"},\"b\":\"two\\nlines\\n\"}");
	is_written(*state, "a: !Join\n  - ','\n  - - x\n    - !Ref Y\n",
		   "{\"a\":{\"Fn::Join\":[\",\",[\"x\",{\"Ref\":\"Y\"}]]}}");
}

static void what_yaml_must_not_say(void **state)
{
	refused(*state, "a: &x 1\nb: *x\n",
		"Template error: YAML aliases are not allowed in CloudFormation templates");
	refused(*state, "a: 1\na: 2\n",
		"Template format error: YAML not well-formed. (line 2, column 1): the key a is "
		"there twice");
	refused(*state, "a: [1\n",
		"Template format error: YAML not well-formed. (line 2, column 1)");
	refused(*state, "a: 1\n---\nb: 2\n",
		"Template format error: YAML not well-formed. (line 2, column 1): a template is "
		"one document");
	refused(*state, "<<: {a: 1}\n",
		"Template format error: YAML not well-formed. (line 1, column 1): hash merges are "
		"not allowed");
}

static void too_deep_is_refused(void **state)
{
	AUTO_BUF struct buf text = {0};

	buf_str(&text, "{\"Resources\": {\"A\": {\"Type\": \"T\", \"Properties\": {\"x\": ");
	for (int i = 0; i < 100; i++)
		buf_byte(&text, '[');
	for (int i = 0; i < 100; i++)
		buf_byte(&text, ']');
	buf_str(&text, "}}}}");
	refused(*state, text.data, "Template format error: the template is nested too deeply.");
}

/* A small world: every resource is called phys-<id>, its attributes <id>.<name>. */
static json_t *ref(struct scope *scope, const char *logical_id)
{
	return json_sprintf("phys-%s", logical_id);
}

static json_t *get_att(struct scope *scope, const char *logical_id, const char *name)
{
	return json_sprintf("%s.%s", logical_id, name);
}

static json_t *import_value(struct scope *scope, const char *name)
{
	return json_sprintf("imported %s", name);
}

static struct scope small_world(struct arena *arena)
{
	return (struct scope){
		.arena = arena,
		.template = template_keep(
			arena, json_pack("{s:{s:{s:{s:s}}}, s:{s:{s:[s,s]}, s:{s:[{s:[s,s]}]}}}",
					 "Mappings", "Sizes", "small", "cpu", "256", "Conditions",
					 "Same", "Fn::Equals", "a", "a", "Other", "Fn::Not",
					 "Fn::Equals", "a", "a")),
		.parameters = template_keep(
			arena, json_pack("{s:s, s:[s,s]}", "Stage", "prod", "Zones", "x", "y")),
		.pseudo = template_keep(arena, json_pack("{s:s, s:s}", "AWS::Region", "us-east-1",
							 "AWS::AccountId", "123456789012")),
		.conditions = template_keep(arena, json_pack("{s:b, s:b}", "Yes", 1, "No", 0)),
		.zones = template_keep(arena, json_pack("[s,s]", "us-east-1a", "us-east-1b")),
		.ref = ref,
		.get_att = get_att,
		.import_value = import_value,
	};
}

/* The tree resolves to this text (compact JSON). */
static void means(struct arena *arena, const char *tree_text, const char *expected)
{
	struct scope scope = small_world(arena);
	AUTO_JSON json_t *tree = json_loads(tree_text, JSON_DECODE_ANY, NULL);
	AUTO_JSON json_t *value = scope_resolve(&scope, tree);

	if (!value)
		fail_msg("%s: %s", tree_text, scope.error);
	char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
	assert_string_equal(text, expected);
	free(text);
}

static void means_nothing(struct arena *arena, const char *tree_text, const char *message)
{
	struct scope scope = small_world(arena);
	AUTO_JSON json_t *tree = json_loads(tree_text, JSON_DECODE_ANY, NULL);
	AUTO_JSON json_t *value = scope_resolve(&scope, tree);

	assert_null(value);
	assert_string_equal(scope.error, message);
}

static void functions_make_values(void **state)
{
	means(*state, "{\"Ref\": \"Stage\"}", "\"prod\"");
	means(*state, "{\"Ref\": \"Vpc\"}", "\"phys-Vpc\"");
	means(*state, "{\"Ref\": \"Zones\"}", "[\"x\",\"y\"]");
	means(*state, "{\"Fn::GetAtt\": [\"Vpc\", \"CidrBlock\"]}", "\"Vpc.CidrBlock\"");
	means(*state, "{\"Fn::GetAtt\": \"Db.Endpoint.Address\"}", "\"Db.Endpoint.Address\"");
	means(*state, "{\"Fn::Join\": [\":\", [\"a\", 1, {\"Ref\": \"AWS::Region\"}]]}",
	      "\"a:1:us-east-1\"");
	means(*state, "{\"Fn::Select\": [1, {\"Fn::GetAZs\": \"\"}]}", "\"us-east-1b\"");
	means(*state, "{\"Fn::Select\": [\"2\", {\"Fn::Split\": [\"/\", \"a/b/c\"]}]}", "\"c\"");
	means(*state, "{\"Fn::FindInMap\": [\"Sizes\", \"small\", \"cpu\"]}", "\"256\"");
	means(*state, "{\"Fn::Base64\": \"golden\"}", "\"Z29sZGVu\"");
	means(*state, "{\"Fn::Cidr\": [\"10.0.0.0/16\", 2, 8]}",
	      "[\"10.0.0.0/24\",\"10.0.1.0/24\"]");
	means(*state, "{\"Fn::ImportValue\": {\"Fn::Sub\": \"${Stage}-Vpc\"}}",
	      "\"imported prod-Vpc\"");
	means(*state, "{\"Fn::If\": [\"Yes\", \"a\", \"b\"]}", "\"a\"");
	means(*state, "{\"x\": {\"Fn::If\": [\"No\", \"a\", {\"Ref\": \"AWS::NoValue\"}]}}", "{}");
	means(*state, "[1, {\"Ref\": \"AWS::NoValue\"}, 2]", "[1,2]");
	/* IAM's Condition is none of ours, nor is a Ref among other members. */
	means(*state, "{\"Condition\": {\"StringEquals\": {\"a\": \"b\"}}}",
	      "{\"Condition\":{\"StringEquals\":{\"a\":\"b\"}}}");
}

static void sub_puts_values_into_text(void **state)
{
	means(*state, "{\"Fn::Sub\": \"${AWS::AccountId}.dkr.${Stage}:${Vpc.Id}\"}",
	      "\"123456789012.dkr.prod:Vpc.Id\"");
	means(*state, "{\"Fn::Sub\": [\"${a}${!Keep}$ {}\", {\"a\": {\"Ref\": \"Stage\"}}]}",
	      "\"prod${Keep}$ {}\"");
	means_nothing(*state, "{\"Fn::Sub\": \"${a b}\"}",
		      "Template error: variable names in Fn::Sub syntax must contain only "
		      "alphanumeric characters, underscores, periods, and colons");
	means_nothing(*state, "{\"Fn::Sub\": \"${Zones}\"}",
		      "Template error: ${Zones} in Fn::Sub does not stand for a string.");
}

static void functions_say_what_they_want(void **state)
{
	means_nothing(*state, "{\"Fn::Select\": [5, [\"a\"]]}",
		      "Template error: Fn::Select  cannot select nonexistent value at index 5");
	means_nothing(*state, "{\"Fn::FindInMap\": [\"Sizes\", \"huge\", \"cpu\"]}",
		      "Template error: Unable to get mapping for Sizes::huge::cpu");
	means_nothing(*state, "{\"Fn::FindInMap\": [\"Colours\", \"a\", \"b\"]}",
		      "Template error: Mapping named 'Colours' is not present in the 'Mappings' "
		      "section of template.");
	means_nothing(*state, "{\"Fn::Cidr\": [\"10.0.0.0/24\", 200, 8]}",
		      "Template error: Fn::Cidr cannot make 200 blocks with 8 host bits of "
		      "10.0.0.0/24");
	means_nothing(*state, "{\"Fn::If\": [\"Maybe\", 1, 2]}",
		      "Template format error: Unresolved condition dependency Maybe in the "
		      "Resources block of the template");
}

/* Ten times ten to the tenth: stopped long before. */
static void text_cannot_grow_without_end(void **state)
{
	AUTO_BUF struct buf text = {0};
	struct scope scope = small_world(*state);

	for (int i = 0; i < 10; i++)
		buf_str(&text, "{\"Fn::Sub\": [\"${a}${a}${a}${a}${a}${a}${a}${a}${a}${a}\","
			       "{\"a\": ");
	buf_str(&text, "\"0123456789\"");
	for (int i = 0; i < 10; i++)
		buf_str(&text, "}]}");
	AUTO_JSON json_t *tree = json_loads(text.data, 0, NULL);
	AUTO_JSON json_t *value = scope_resolve(&scope, tree);

	assert_null(value);
	assert_string_equal(scope.error,
			    "Template error: the template's functions make more than 16 MiB of "
			    "text.");
}

static const char *conditions_of(struct arena *arena, const char *text, const json_t **ret)
{
	struct scope scope = {
		.arena = arena,
		.template = template_keep(arena, json_loads(text, 0, NULL)),
		.parameters = template_keep(arena, json_pack("{s:s}", "Stage", "prod")),
	};

	assert_non_null(scope.template);
	return scope_conditions(&scope, ret);
}

static void conditions_are_decided(void **state)
{
	const json_t *conditions = NULL;

	assert_null(conditions_of(
		*state,
		"{\"Conditions\": {"
		"\"Prod\": {\"Fn::Equals\": [{\"Ref\": \"Stage\"}, \"prod\"]},"
		"\"Dev\": {\"Fn::Not\": [{\"Condition\": \"Prod\"}]},"
		"\"All\": {\"Fn::And\": [{\"Condition\": \"Prod\"}, {\"Condition\": \"Dev\"}]},"
		"\"Any\": {\"Fn::Or\": [{\"Condition\": \"Prod\"}, {\"Condition\": \"Dev\"}]}}}",
		&conditions));
	assert_true(json_bool_or(conditions, "Prod", false));
	assert_false(json_bool_or(conditions, "Dev", true));
	assert_false(json_bool_or(conditions, "All", true));
	assert_true(json_bool_or(conditions, "Any", false));
}

static void conditions_that_cannot_be_decided_say_why(void **state)
{
	const json_t *conditions = NULL;

	assert_string_equal(conditions_of(*state,
					  "{\"Conditions\": {\"A\": {\"Condition\": \"B\"}, "
					  "\"B\": {\"Condition\": \"A\"}}}",
					  &conditions),
			    "Template format error: Circular dependency in conditions: [A]");
	assert_string_equal(
		conditions_of(*state, "{\"Conditions\": {\"A\": {\"Condition\": \"C\"}}}",
			      &conditions),
		"Template format error: Unresolved condition dependency C in the Conditions block "
		"of the template");
	assert_string_equal(
		conditions_of(*state,
			      "{\"Conditions\": {\"A\": {\"Fn::Equals\": [{\"Ref\": \"Vpc\"}, "
			      "\"\"]}}}",
			      &conditions),
		"Template format error: Unresolved dependencies [Vpc]. Cannot reference resources "
		"in the Conditions block of the template");
}

static const char *rules_of(struct arena *arena, const char *version)
{
	struct scope scope = {
		.arena = arena,
		.template = template_keep(
			arena,
			json_loads("{\"Rules\": {\"CheckBootstrapVersion\": {\"Assertions\": ["
				   "{\"Assert\": {\"Fn::Not\": [{\"Fn::Contains\": [[\"1\", "
				   "\"2\"], {\"Ref\": \"BootstrapVersion\"}]}]}, "
				   "\"AssertDescription\": \"too old.\"}]}}}",
				   0, NULL)),
		.parameters = template_keep(arena, json_pack("{s:s}", "BootstrapVersion", version)),
	};

	return scope_rules(&scope);
}

static void rules_are_asserted(void **state)
{
	assert_null(rules_of(*state, "21"));
	assert_string_equal(rules_of(*state, "2"),
			    "Template error: rule CheckBootstrapVersion failed: too old.");
}

static const char *dependencies_of(struct arena *arena, const char *text, const json_t **ret)
{
	const json_t *template = template_keep(arena, json_loads(text, 0, NULL));

	assert_non_null(template);
	return template_dependencies(arena, template, json_get(template, "Decided"), ret);
}

static void resources_wait_for_what_they_name(void **state)
{
	const json_t *dependencies = NULL;

	assert_null(dependencies_of(
		*state,
		"{\"Parameters\": {\"P\": {}}, \"Decided\": {\"No\": false}, \"Resources\": {"
		"\"A\": {\"Type\": \"T\"}, \"B\": {\"Type\": \"T\"}, \"C\": {\"Type\": \"T\"},"
		"\"Z\": {\"Type\": \"T\", \"Condition\": \"No\"},"
		"\"D\": {\"Type\": \"T\", \"DependsOn\": [\"A\", \"Z\"], \"Properties\": {"
		"\"x\": {\"Fn::Sub\": \"${B.Arn}-${AWS::Region}-${P}\"},"
		"\"y\": {\"Fn::If\": [\"No\", {\"Ref\": \"Z\"}, {\"Fn::GetAtt\": \"C.Arn\"}]}}}}, "
		"\"Conditions\": {\"No\": {}}}",
		&dependencies));
	char *text = json_dumps(dependencies, JSON_COMPACT);
	assert_string_equal(text, "{\"A\":[],\"B\":[],\"C\":[],\"D\":[\"A\",\"B\",\"C\"]}");
	free(text);
}

static void what_is_named_must_be_there(void **state)
{
	const json_t *dependencies = NULL;

	assert_string_equal(
		dependencies_of(*state,
				"{\"Resources\": {\"A\": {\"Type\": \"T\", \"Properties\": {\"x\": "
				"{\"Ref\": \"X\"}}, \"DependsOn\": \"Y\"}}}",
				&dependencies),
		"Template format error: Unresolved resource dependencies [Y, X] in the Resources "
		"block of the template");
	assert_string_equal(
		dependencies_of(*state,
				"{\"Resources\": {\"A\": {\"Type\": \"T\"}}, \"Outputs\": {\"O\": "
				"{\"Value\": {\"Ref\": \"X\"}}}}",
				&dependencies),
		"Template format error: Unresolved resource dependencies [X] in the Outputs block "
		"of the template");
	assert_string_equal(
		dependencies_of(*state,
				"{\"Resources\": {\"A\": {\"Type\": \"T\", \"Properties\": {\"x\": "
				"{\"Fn::GetAtt\": [\"X\", \"Arn\"]}}}}}",
				&dependencies),
		"Template error: instance of Fn::GetAtt references undefined resource X");
}

static void circles_are_named(void **state)
{
	const json_t *dependencies = NULL;

	assert_string_equal(
		dependencies_of(
			*state,
			"{\"Resources\": {\"First\": {\"Type\": \"T\"}, "
			"\"A\": {\"Type\": \"T\", \"DependsOn\": [\"B\", \"First\"]}, "
			"\"B\": {\"Type\": \"T\", \"Properties\": {\"x\": {\"Ref\": \"A\"}}}, "
			"\"Last\": {\"Type\": \"T\", \"DependsOn\": \"A\"}}}",
			&dependencies),
		"Circular dependency between resources: [A, B]");
}

static const char *parameters_of(struct arena *arena, const char *declaration, const char *value,
				 const json_t **ret_texts)
{
	AUTO_FREE char *text = mem_fmt("{\"Parameters\": {\"P\": %s}}", declaration);
	const json_t *template = template_keep(arena, json_loads(text, 0, NULL));
	const json_t *given = template_keep(arena, value ? json_pack("[{s:s, s:s}]", "ParameterKey",
								     "P", "ParameterValue", value)
							 : json_array());

	assert_non_null(template);
	return parameters_read(arena, template, given, ret_texts);
}

static void parameters_keep_to_their_constraints(void **state)
{
	static const struct {
		const char *declaration, *value, *error;
	} cases[] = {
		{"{\"Type\": \"String\"}", "x", NULL},
		{"{\"Type\": \"String\", \"Default\": \"d\"}", NULL, NULL},
		{"{\"Type\": \"String\"}", NULL, "Parameters: [P] must have values"},
		{"{\"Type\": \"Strange\"}", "x",
		 "Template format error: Unrecognized parameter type: Strange"},
		{"{\"Type\": \"String\", \"AllowedValues\": [\"a\", \"b\"]}", "c",
		 "Parameter 'P' must be one of AllowedValues"},
		{"{\"Type\": \"Number\", \"AllowedValues\": [1, 2]}", "2", NULL},
		{"{\"Type\": \"Number\"}", "two", "Parameter 'P' must be a number"},
		{"{\"Type\": \"Number\", \"MinValue\": 3}", "2",
		 "Parameter 'P' must be a number not less than 3"},
		{"{\"Type\": \"String\", \"MinLength\": \"3\"}", "ab",
		 "Parameter 'P' must contain at least 3 characters"},
		{"{\"Type\": \"String\", \"AllowedPattern\": \"[a-z]*\"}", "abC",
		 "Parameter 'P' must match pattern [a-z]*"},
		{"{\"Type\": \"String\", \"AllowedPattern\": \"(a+)+$\"}",
		 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaX",
		 "Parameter 'P' must match pattern (a+)+$"},
		{"{\"Type\": \"String\", \"MaxLength\": 1, \"ConstraintDescription\": \"short\"}",
		 "ab", "Parameter 'P' failed to satisfy constraint: short"},
	};

	for (size_t i = 0; i < array_len(cases); i++) {
		const json_t *texts = NULL;
		const char *error =
			parameters_of(*state, cases[i].declaration, cases[i].value, &texts);

		if (cases[i].error)
			assert_string_equal(error ? error : "", cases[i].error);
		else
			assert_null(error);
	}
}

static void what_nobody_asked_for_is_refused(void **state)
{
	const json_t *template = template_keep(*state, json_object()), *texts;
	const json_t *given = template_keep(
		*state, json_pack("[{s:s, s:s}]", "ParameterKey", "Q", "ParameterValue", "1"));

	assert_string_equal(parameters_read(*state, template, given, &texts),
			    "Parameters: [Q] do not exist in the template");
}

static void lists_are_split_at_their_commas(void **state)
{
	const json_t *template = template_keep(
		*state, json_pack("{s:{s:{s:s}}}", "Parameters", "L", "Type", "List<Number>"));
	const json_t *texts = template_keep(*state, json_pack("{s:s}", "L", "1, 2 ,3"));
	char *text = json_dumps(parameters_values(*state, template, texts), JSON_COMPACT);

	assert_string_equal(text, "{\"L\":[\"1\",\"2\",\"3\"]}");
	free(text);
}

static void dynamic_references_are_found(void **state)
{
	static const char arn[] = "arn:aws:secretsmanager:us-east-1:123456789012:secret:Db-AbCdEf";
	struct dynamic_reference found;
	bool there;
	char *text =
		arena_fmt(*state, "a{{resolve:secretsmanager:%s:SecretString:password::}}b", arn);

	assert_null(dynamic_reference_find(*state, text, 0, &there, &found));
	assert_true(there);
	assert_string_equal(found.service, "secretsmanager");
	assert_string_equal(found.name, arn);
	assert_string_equal(found.key, "password");
	assert_null(found.stage);
	assert_null(found.version);
	assert_int_equal(found.start, 1);
	assert_string_equal(text + found.end, "b");

	assert_null(dynamic_reference_find(*state, "{{resolve:ssm:/golden/mode:3}}", 0, &there,
					   &found));
	assert_string_equal(found.service, "ssm");
	assert_string_equal(found.name, "/golden/mode:3");
	assert_null(dynamic_reference_find(*state, "nothing {{here}}", 0, &there, &found));
	assert_false(there);
	assert_non_null(dynamic_reference_find(*state, "{{resolve:ssm}}", 0, &there, &found));
	assert_non_null(dynamic_reference_find(*state, "{{resolve:s3:x}}", 0, &there, &found));
	assert_non_null(dynamic_reference_find(*state, "{{resolve:ssm:x", 0, &there, &found));
}

static void roles_need_capabilities(void **state)
{
	const json_t *template = read_text(
		*state, "{\"Resources\": {\"R\": {\"Type\": \"AWS::IAM::Role\"}, "
			"\"N\": {\"Type\": \"AWS::IAM::Role\", \"Properties\": {\"RoleName\": "
			"\"x\"}}}}");
	json_t *capabilities = template_keep(*state, json_array());
	json_t *types = template_keep(*state, json_array());

	template_capabilities(template, capabilities, types);
	assert_int_equal(json_array_size(types), 1);
	assert_true(json_list_has(capabilities, "CAPABILITY_NAMED_IAM"));
}

#define IN_AN_ARENA(sentence) cmocka_unit_test_setup_teardown(sentence, opened, closed)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_AN_ARENA(a_template_has_a_form),
		IN_AN_ARENA(yaml_says_the_same_in_fewer_signs),
		IN_AN_ARENA(what_yaml_must_not_say),
		IN_AN_ARENA(too_deep_is_refused),
		IN_AN_ARENA(functions_make_values),
		IN_AN_ARENA(sub_puts_values_into_text),
		IN_AN_ARENA(functions_say_what_they_want),
		IN_AN_ARENA(text_cannot_grow_without_end),
		IN_AN_ARENA(conditions_are_decided),
		IN_AN_ARENA(conditions_that_cannot_be_decided_say_why),
		IN_AN_ARENA(rules_are_asserted),
		IN_AN_ARENA(resources_wait_for_what_they_name),
		IN_AN_ARENA(what_is_named_must_be_there),
		IN_AN_ARENA(circles_are_named),
		IN_AN_ARENA(parameters_keep_to_their_constraints),
		IN_AN_ARENA(what_nobody_asked_for_is_refused),
		IN_AN_ARENA(lists_are_split_at_their_commas),
		IN_AN_ARENA(dynamic_references_are_found),
		IN_AN_ARENA(roles_need_capabilities),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
