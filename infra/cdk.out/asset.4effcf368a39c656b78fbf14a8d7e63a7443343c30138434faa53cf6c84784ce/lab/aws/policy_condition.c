/*
 * policy_condition.c - Condition blocks.
 *
 * Source: IAM User Guide, "IAM JSON policy elements: Condition operators", "Multivalued context
 * keys", "AWS global condition context keys". Keys AND, a key's values OR; a negated operator wants
 * that none of the values match. A key the request does not have: no match, but a match for a negated
 * operator, …IfExists and ForAllValues.
 */
#include "lab/aws/policy_match.h"
#include "lib/base/clock.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* `pattern` is the policy's value, read; `value` is the request's. MAYBE: they don't compare. */
typedef enum match compare_fn(const char *pattern, const char *value);

static enum match yes_if(bool is)
{
	return is ? MATCH_YES : MATCH_NO;
}

static enum match equals(const char *pattern, const char *value)
{
	return yes_if(strcmp(pattern, value) == 0);
}

static enum match equals_nocase(const char *pattern, const char *value)
{
	return yes_if(strcasecmp(pattern, value) == 0);
}

static enum match like(const char *pattern, const char *value)
{
	return yes_if(pattern_matches(pattern, value, false));
}

static enum match arn_like(const char *pattern, const char *value)
{
	return yes_if(pattern_matches_arn(pattern, value));
}

static bool read_number(const char *text, double *ret_number)
{
	char *end;
	double number = strtod(text, &end);

	if (end == text || *end)
		return false;
	*ret_number = number;
	return true;
}

/* Below 0, 0, above 0: the value against the policy's. */
static bool order_numbers(const char *pattern, const char *value, int *ret_order)
{
	double wanted, is;

	if (!read_number(pattern, &wanted) || !read_number(value, &is))
		return false;
	*ret_order = (is > wanted) - (is < wanted);
	return true;
}

/* ISO 8601, with or without a time, or seconds since 1970. */
static bool read_date(const char *text, int64_t *ret_ms)
{
	double seconds;

	if (clock_parse_iso(text, ret_ms))
		return true;
	if (strlen(text) == 10 && text[4] == '-') {
		AUTO_FREE char *midnight = mem_fmt("%sT00:00:00Z", text);

		return clock_parse_iso(midnight, ret_ms);
	}
	if (!read_number(text, &seconds) || seconds < -1e11 || seconds > 1e11)
		return false;
	*ret_ms = (int64_t)(seconds * 1000.0);
	return true;
}

static bool order_dates(const char *pattern, const char *value, int *ret_order)
{
	int64_t wanted, is;

	if (!read_date(pattern, &wanted) || !read_date(value, &is))
		return false;
	*ret_order = (is > wanted) - (is < wanted);
	return true;
}

#define ORDERED(name, order, test)                                     \
	static enum match name(const char *pattern, const char *value) \
	{                                                              \
		int is;                                                \
                                                                       \
		if (!order(pattern, value, &is))                       \
			return MATCH_MAYBE;                            \
		return yes_if(is test 0);                              \
	}

ORDERED(number_equals, order_numbers, ==)
ORDERED(number_less, order_numbers, <)
ORDERED(number_less_equals, order_numbers, <=)
ORDERED(number_greater, order_numbers, >)
ORDERED(number_greater_equals, order_numbers, >=)
ORDERED(date_equals, order_dates, ==)
ORDERED(date_less, order_dates, <)
ORDERED(date_less_equals, order_dates, <=)
ORDERED(date_greater, order_dates, >)
ORDERED(date_greater_equals, order_dates, >=)

static enum match is_bool(const char *pattern, const char *value)
{
	if (strcasecmp(pattern, "true") != 0 && strcasecmp(pattern, "false") != 0)
		return MATCH_MAYBE;
	return equals_nocase(pattern, value);
}

/* "10.0.0.0/8", "::1/128" or one address. */
static enum match in_network(const char *pattern, const char *value)
{
	size_t len = strcspn(pattern, "/");
	AUTO_FREE char *network = mem_strndup(pattern, len);
	int family = strchr(network, ':') ? AF_INET6 : AF_INET;
	unsigned long bits = family == AF_INET ? 32 : 128;
	unsigned char wanted[16] = {0}, is[16] = {0};
	char *end;
	size_t i;

	if (inet_pton(family, network, wanted) != 1)
		return MATCH_MAYBE;
	if (pattern[len]) {
		unsigned long prefix = strtoul(pattern + len + 1, &end, 10);

		if (end == pattern + len + 1 || *end || prefix > bits)
			return MATCH_MAYBE;
		bits = prefix;
	}
	/* An address of the other family is in no network of this one. */
	if (inet_pton(family, value, is) != 1)
		return MATCH_NO;

	for (i = 0; i < bits / 8; i++)
		if (wanted[i] != is[i])
			return MATCH_NO;
	if (bits % 8 == 0)
		return MATCH_YES;
	return yes_if((wanted[i] ^ is[i]) >> (8 - bits % 8) == 0);
}

static const struct operator_of {
	const char *name;
	compare_fn *compare;
	bool negated;
	bool wildcards;
} operators[] = {
	{"StringEquals", equals, false, false},
	{"StringNotEquals", equals, true, false},
	{"StringEqualsIgnoreCase", equals_nocase, false, false},
	{"StringNotEqualsIgnoreCase", equals_nocase, true, false},
	{"StringLike", like, false, true},
	{"StringNotLike", like, true, true},
	{"NumericEquals", number_equals, false, false},
	{"NumericNotEquals", number_equals, true, false},
	{"NumericLessThan", number_less, false, false},
	{"NumericLessThanEquals", number_less_equals, false, false},
	{"NumericGreaterThan", number_greater, false, false},
	{"NumericGreaterThanEquals", number_greater_equals, false, false},
	{"DateEquals", date_equals, false, false},
	{"DateNotEquals", date_equals, true, false},
	{"DateLessThan", date_less, false, false},
	{"DateLessThanEquals", date_less_equals, false, false},
	{"DateGreaterThan", date_greater, false, false},
	{"DateGreaterThanEquals", date_greater_equals, false, false},
	{"Bool", is_bool, false, false},
	{"BinaryEquals", equals, false, false},
	{"IpAddress", in_network, false, false},
	{"NotIpAddress", in_network, true, false},
	{"ArnEquals", arn_like, false, true},
	{"ArnNotEquals", arn_like, true, true},
	{"ArnLike", arn_like, false, true},
	{"ArnNotLike", arn_like, true, true},
	{"Null", NULL, false, false},
};

enum quantity { SINGLE, FOR_ANY, FOR_ALL };

struct asked {
	const struct operator_of *operator_of;
	enum quantity quantity;
	bool if_exists;
};

static bool read_operator(const char *name, struct asked *ret_asked)
{
	static const char any[] = "ForAnyValue:", all[] = "ForAllValues:", exists[] = "IfExists";
	size_t i, len;

	*ret_asked = (struct asked){0};
	if (strncasecmp(name, any, strlen(any)) == 0) {
		ret_asked->quantity = FOR_ANY;
		name += strlen(any);
	} else if (strncasecmp(name, all, strlen(all)) == 0) {
		ret_asked->quantity = FOR_ALL;
		name += strlen(all);
	}
	len = strlen(name);
	if (len > strlen(exists) && strcasecmp(name + len - strlen(exists), exists) == 0) {
		ret_asked->if_exists = true;
		len -= strlen(exists);
	}
	for (i = 0; i < array_len(operators); i++)
		if (strlen(operators[i].name) == len &&
		    strncasecmp(operators[i].name, name, len) == 0)
			ret_asked->operator_of = &operators[i];
	return ret_asked->operator_of != NULL;
}

/* Keys the lab puts into a question when they apply: where one is absent, it does not apply. */
static const char *const known_keys[] = {
	"aws:CalledVia",
	"aws:CurrentTime",
	"aws:EpochTime",
	"aws:MultiFactorAuthAge",
	"aws:MultiFactorAuthPresent",
	"aws:PrincipalAccount",
	"aws:PrincipalArn",
	"aws:PrincipalIsAWSService",
	"aws:PrincipalServiceName",
	"aws:PrincipalType",
	"aws:RequestedRegion",
	"aws:SecureTransport",
	"aws:SourceAccount",
	"aws:SourceArn",
	"aws:SourceIp",
	"aws:userid",
	"aws:username",
	"aws:ViaAWSService",
	"kms:CallerAccount",
	"kms:ViaService",
};

const json_t *condition_key(const struct question *question, const char *name, bool *ret_known)
{
	const json_t *value;
	const char *other;
	size_t i;

	*ret_known = true;
	json_each_member (question->keys, other, value)
		if (strcasecmp(other, name) == 0)
			return json_is_null(value) ? NULL : value;
	for (i = 0; i < array_len(known_keys); i++)
		if (strcasecmp(known_keys[i], name) == 0)
			return NULL;
	*ret_known = false;
	return NULL;
}

/* What a policy may write for a value: "true", true, 7. In text of at most 32 bytes otherwise. */
static const char *text_of(const json_t *value, char text[32])
{
	if (json_is_boolean(value))
		return json_is_true(value) ? "true" : "false";
	if (json_is_integer(value))
		snprintf(text, 32, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	else if (json_is_real(value))
		snprintf(text, 32, "%.15g", json_real_value(value));
	else
		return json_string_value(value);
	return text;
}

/* One of the policy's values against one of the request's. */
static enum match one_matches(const struct asked *asked, const json_t *wanted, const char *value,
			      const struct reading *reading)
{
	AUTO_BUF struct buf pattern = {0};
	char number[32];
	const char *text = text_of(wanted, number);

	if (!text)
		return MATCH_MAYBE;
	if (!pattern_read(&pattern, text, asked->operator_of->wildcards, reading))
		return asked->operator_of->negated ? MATCH_MAYBE : MATCH_NO;
	return asked->operator_of->compare(buf_text(&pattern), value);
}

static enum match negate(enum match match)
{
	if (match == MATCH_MAYBE)
		return match;
	return match == MATCH_YES ? MATCH_NO : MATCH_YES;
}

/* One of the request's values against all of the policy's: OR, and not at all when negated. */
static enum match value_matches(const struct asked *asked, const json_t *wanted, const char *value,
				const struct reading *reading)
{
	enum match result = MATCH_NO;
	const json_t *each;
	size_t i;

	if (!json_is_array(wanted))
		result = one_matches(asked, wanted, value, reading);
	json_each (wanted, i, each) {
		enum match match = one_matches(asked, each, value, reading);

		if (match == MATCH_YES) {
			result = match;
			break;
		}
		if (match == MATCH_MAYBE)
			result = match;
	}
	return asked->operator_of->negated ? negate(result) : result;
}

/* Several values of the request: any, or all of them. */
static enum match values_match(const struct asked *asked, const json_t *wanted,
			       const json_t *values, const struct reading *reading)
{
	enum match settles = asked->quantity == FOR_ANY ? MATCH_YES : MATCH_NO;
	enum match result = negate(settles);
	const json_t *each;
	size_t i;

	json_each (values, i, each) {
		enum match match = value_matches(asked, wanted, json_string_value(each), reading);

		if (match == settles)
			return match;
		if (match == MATCH_MAYBE)
			result = match;
	}
	return result;
}

/* "Null": {"aws:SourceArn": "true"}: it must not be there. */
static enum match null_matches(const json_t *wanted, const json_t *value)
{
	char number[32];
	const char *text = text_of(json_is_array(wanted) ? json_at(wanted, 0) : wanted, number);

	if (!text || (strcasecmp(text, "true") != 0 && strcasecmp(text, "false") != 0))
		return MATCH_MAYBE;
	return yes_if((strcasecmp(text, "true") == 0) == (value == NULL));
}

static enum match key_matches(const struct asked *asked, const char *name, const json_t *wanted,
			      const struct reading *reading)
{
	bool known;
	const json_t *value = condition_key(reading->question, name, &known);

	if (!known)
		return MATCH_MAYBE;
	if (!asked->operator_of->compare)
		return null_matches(wanted, value);
	if (!value)
		return yes_if(asked->if_exists || asked->quantity == FOR_ALL ||
			      (asked->operator_of->negated && asked->quantity == SINGLE));
	if (json_is_string(value))
		return value_matches(asked, wanted, json_string_value(value), reading);
	if (asked->quantity != SINGLE)
		return values_match(asked, wanted, value, reading);
	/* AWS leaves open what a single-valued operator makes of several values. */
	return json_array_size(value) == 1
		       ? value_matches(asked, wanted, json_string_value(json_at(value, 0)), reading)
		       : MATCH_MAYBE;
}

/* All keys of one operator. */
static enum match keys_match(const struct asked *asked, const json_t *keys,
			     const struct reading *reading)
{
	enum match result = MATCH_YES;
	const json_t *wanted;
	const char *key;

	json_each_member (keys, key, wanted) {
		enum match match = key_matches(asked, key, wanted, reading);

		if (match == MATCH_NO)
			return match;
		if (match == MATCH_MAYBE)
			result = match;
	}
	return result;
}

enum match condition_matches(const json_t *block, const struct reading *reading)
{
	enum match result = MATCH_YES;
	const json_t *keys;
	const char *name;

	if (block && !json_is_object(block))
		return MATCH_MAYBE;
	json_each_member (block, name, keys) {
		enum match match = MATCH_MAYBE;
		struct asked asked;

		if (read_operator(name, &asked) && json_is_object(keys))
			match = keys_match(&asked, keys, reading);
		if (match == MATCH_NO)
			return match;
		if (match == MATCH_MAYBE)
			result = match;
	}
	return result;
}
