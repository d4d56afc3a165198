/*
 * rules_test.c - which rule a request meets.
 */
#include "lab/planes/alb/rules.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct group *find_group(const char *arn, void *user)
{
	/* Never looked into by the rules: any address tells one from another. */
	return strcmp(arn, "gone") == 0 ? NULL : (struct group *)((char *)user + strlen(arn));
}

static char somewhere[16];

static struct rules *rules_of(const char *text)
{
	const struct group_finder finder = {find_group, somewhere};
	AUTO_JSON json_t *list = json_read(text, strlen(text));
	const char *error = NULL;
	struct rules *rules;

	assert_non_null(list);
	rules = rules_open(list, &finder, &error);
	if (!rules)
		print_message("%s\n", error);
	assert_non_null(rules);
	return rules;
}

/* The status of the fixed response that this request gets from a rule with the condition, or 404. */
static int status_for(const char *condition, const char *request, const char *source)
{
	static struct http1_head head;
	const struct http1_limits limits = {0};
	AUTO_FREE char *text =
		mem_fmt("[{\"conditions\": [%s], \"actions\": [{\"Type\": \"fixed-response\", "
			"\"FixedResponseConfig\": {\"StatusCode\": \"200\"}}]},"
			"{\"conditions\": [], \"actions\": [{\"Type\": \"fixed-response\", "
			"\"FixedResponseConfig\": {\"StatusCode\": \"404\"}}]}]",
			condition);
	struct rules *rules = rules_of(text);
	struct in_addr from;
	int status;

	assert_true(http1_read_request(request, strlen(request), &limits, &head) > 0);
	assert_int_equal(inet_pton(AF_INET, source, &from), 1);
	status = rules_match(rules, &head, from)->fixed.status;
	rules_close(rules);
	return status;
}

static void wildcards_match_like_aws(void **state)
{
	static const struct {
		const char *pattern, *text;
		bool nocase, matches;
	} cases[] = {
		{"/a", "/a", false, true},
		{"/a", "/A", false, false},
		{"/a", "/A", true, true},
		{"/api/*", "/api/", false, true},
		{"/api/*", "/api/x/y", false, true},
		{"/api/*", "/api", false, false},
		{"/?", "/x", false, true},
		{"/?", "/", false, false},
		{"*", "", false, true},
		{"*.example.com", "a.b.example.com", true, true},
		{"*.example.com", "example.com", true, false},
		{"a*b*c", "aXbYbZc", false, true},
		{"a*b*c", "aXbYbZ", false, false},
		{"/\\*", "/*", false, true},
		{"/\\*", "/x", false, false},
		{"/\\?", "/?", false, true},
		{"a*", "a?\\", false, true},
	};

	for (size_t i = 0; i < array_len(cases); i++) {
		struct span pattern = {cases[i].pattern, strlen(cases[i].pattern)};
		struct span text = {cases[i].text, strlen(cases[i].text)};

		if (wildcard_match(pattern, text, cases[i].nocase) != cases[i].matches)
			fail_msg("%s %s", cases[i].pattern, cases[i].text);
	}
}

#define GET(target, headers) \
	"GET " target " HTTP/1.1\r\nHost: www.Example.com:8080\r\n" headers "\r\n"

static void each_condition_looks_at_its_own_part(void **state)
{
	static const struct {
		const char *condition, *request;
		int status;
	} cases[] = {
		{"{\"Field\": \"path-pattern\", \"Values\": [\"/a*\"]}", GET("/abc?x", ""), 200},
		{"{\"Field\": \"path-pattern\", \"PathPatternConfig\": {\"Values\": [\"/b\", "
		 "\"/c\"]}}",
		 GET("/c", ""), 200},
		{"{\"Field\": \"path-pattern\", \"Values\": [\"*x\"]}", GET("/abc?x", ""), 404},
		{"{\"Field\": \"host-header\", \"Values\": [\"*.example.com\"]}", GET("/", ""),
		 200},
		{"{\"Field\": \"host-header\", \"Values\": [\"example.com\"]}", GET("/", ""), 404},
		{"{\"Field\": \"http-request-method\", \"HttpRequestMethodConfig\": "
		 "{\"Values\": [\"PUT\", \"GET\"]}}",
		 GET("/", ""), 200},
		{"{\"Field\": \"http-request-method\", \"HttpRequestMethodConfig\": "
		 "{\"Values\": [\"get\"]}}",
		 GET("/", ""), 404},
		{"{\"Field\": \"http-header\", \"HttpHeaderConfig\": {\"HttpHeaderName\": \"X-A\", "
		 "\"Values\": [\"*two*\"]}}",
		 GET("/", "x-a: one\r\nx-a: is TWO.\r\n"), 200},
		{"{\"Field\": \"query-string\", \"QueryStringConfig\": {\"Values\": [{\"Key\": "
		 "\"v\", "
		 "\"Value\": \"1*\"}]}}",
		 GET("/?a=1&V=12", ""), 200},
		{"{\"Field\": \"query-string\", \"QueryStringConfig\": {\"Values\": [{\"Value\": "
		 "\"12\"}]}}",
		 GET("/?a=12", ""), 200},
		{"{\"Field\": \"query-string\", \"QueryStringConfig\": {\"Values\": [{\"Key\": "
		 "\"v\", "
		 "\"Value\": \"1\"}]}}",
		 GET("/?v=12", ""), 404},
		{"{\"Field\": \"query-string\", \"QueryStringConfig\": {\"Values\": [{\"Key\": "
		 "\"v\", "
		 "\"Value\": \"1\"}]}}",
		 GET("/", ""), 404},
		{"{\"Field\": \"source-ip\", \"SourceIpConfig\": {\"Values\": [\"10.0.0.0/8\", "
		 "\"127.0.0.0/30\"]}}",
		 GET("/", ""), 200},
		{"{\"Field\": \"source-ip\", \"SourceIpConfig\": {\"Values\": [\"127.0.0.2/32\", "
		 "\"2001:db8::/32\"]}}",
		 GET("/", ""), 404},
		{"{\"Field\": \"source-ip\", \"SourceIpConfig\": {\"Values\": [\"0.0.0.0/0\"]}}",
		 GET("/", ""), 200},
	};

	for (size_t i = 0; i < array_len(cases); i++) {
		int status = status_for(cases[i].condition, cases[i].request, "127.0.0.1");

		if (status != cases[i].status)
			fail_msg("%s: %d", cases[i].condition, status);
	}
}

static void all_conditions_of_a_rule_must_hold(void **state)
{
	const char *both = "{\"Field\": \"path-pattern\", \"Values\": [\"/a\"]},"
			   "{\"Field\": \"host-header\", \"Values\": [\"other\"]}";

	assert_int_equal(status_for(both, GET("/a", ""), "127.0.0.1"), 404);
}

static void weights_share_by_their_sum(void **state)
{
	static struct http1_head head;
	struct rules *rules = rules_of(
		"[{\"actions\": [{\"Type\": \"forward\", \"ForwardConfig\": {\"TargetGroups\": ["
		"{\"TargetGroupArn\": \"a\", \"Weight\": 3}, {\"TargetGroupArn\": \"bb\", "
		"\"Weight\": 0}, {\"TargetGroupArn\": \"ccc\", \"Weight\": 1}]}}]}]");
	const struct action *action = rules_match(rules, &head, (struct in_addr){0});

	assert_int_equal(action->total, 4);
	assert_ptr_equal(action_group(action, 0), somewhere + 1);
	assert_ptr_equal(action_group(action, 2), somewhere + 1);
	assert_ptr_equal(action_group(action, 3), somewhere + 3);
	assert_null(action_group(action, 4));
	rules_close(rules);
}

static void a_redirect_fills_in_the_request(void **state)
{
	char protocol[] = "HTTPS", host[] = "#{host}", port[] = "443";
	char path[] = "/new/#{path}", query[] = "#{query}&x=1";
	const struct redirect redirect = {301, protocol, host, port, path, query};
	const struct redirect_from from = {{"h.example", 9}, {"/a/b", 4}, {"q=2", 3}, 8080};
	AUTO_BUF struct buf out = {0};

	redirect_location(&out, &redirect, &from);
	assert_string_equal(buf_text(&out), "https://h.example:443/new/a/b?q=2&x=1");
}

static void what_is_not_known_is_refused(void **state)
{
	static const char *const bad[] = {
		"[{\"conditions\": [{\"Field\": \"moon-phase\"}], \"actions\": []}]",
		"[{\"actions\": [{\"Type\": \"authenticate-oidc\"}]}]",
		"[{\"actions\": [{\"Type\": \"forward\", \"TargetGroupArn\": \"gone\"}]}]",
		"[{\"actions\": []}]",
	};
	const struct group_finder finder = {find_group, somewhere};

	for (size_t i = 0; i < array_len(bad); i++) {
		AUTO_JSON json_t *list = json_read(bad[i], strlen(bad[i]));
		const char *error = NULL;

		assert_null(rules_open(list, &finder, &error));
		assert_non_null(error);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wildcards_match_like_aws),
		cmocka_unit_test(each_condition_looks_at_its_own_part),
		cmocka_unit_test(all_conditions_of_a_rule_must_hold),
		cmocka_unit_test(weights_share_by_their_sum),
		cmocka_unit_test(a_redirect_fills_in_the_request),
		cmocka_unit_test(what_is_not_known_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
