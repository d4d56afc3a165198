/*
 * describe.c - what every Describe call of EC2 has in common: ids, filters, pages.
 *
 *   left out   filters of nouns that we do not keep; they are refused by name
 */
#include "lab/services/ec2/nouns.h"

#include <string.h>

#define PAGE_MAX ((int64_t)1000)

bool ec2_filter_match(const char *pattern, const char *value)
{
	const char *star = NULL, *retry = NULL;

	while (*value) {
		if (*pattern == '*') {
			star = pattern++;
			retry = value;
		} else if (*pattern == '?' || *pattern == *value) {
			pattern++;
			value++;
		} else if (star) {
			pattern = star + 1;
			value = ++retry;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return *pattern == '\0';
}

static bool any_pattern(const json_t *patterns, const char *value)
{
	const json_t *pattern;
	size_t i;

	json_each (patterns, i, pattern)
		if (ec2_filter_match(json_string_value(pattern), value))
			return true;
	return false;
}

static bool scalar_matches(struct request *rq, const json_t *value, const json_t *patterns)
{
	if (json_is_string(value))
		return any_pattern(patterns, json_string_value(value));
	if (json_is_boolean(value))
		return any_pattern(patterns, json_is_true(value) ? "true" : "false");
	if (json_is_integer(value))
		return any_pattern(patterns,
				   rq_fmt(rq, "%" JSON_INTEGER_FORMAT, json_integer_value(value)));
	return false;
}

/* Is something at the end of the path one of the patterns? The path is at most five steps long. */
static bool path_matches(struct request *rq, const json_t *at, const char *path,
			 const json_t *patterns)
{
	size_t len = strcspn(path, ".");
	const char *rest = path[len] ? path + len + 1 : path + len;
	const json_t *element;
	size_t i;

	if (!at || !*path)
		return at && scalar_matches(rq, at, patterns);
	if (strncmp(path, "*", len) != 0)
		return path_matches(rq, json_object_getn(at, path, len), rest, patterns);
	json_each (at, i, element)
		if (path_matches(rq, element, rest, patterns))
			return true;
	return false;
}

static bool tag_matches(const struct ec2_noun *noun, const json_t *document, const char *name,
			const json_t *patterns)
{
	const char *key = strncmp(name, "tag:", 4) == 0 ? name + 4 : NULL;
	const json_t *tag;
	size_t i;

	json_each (json_get(document, noun->tags), i, tag) {
		if (!key && any_pattern(patterns, json_str_or(tag, "Key", "")))
			return true;
		if (key && strcmp(key, json_str_or(tag, "Key", "")) == 0 &&
		    any_pattern(patterns, json_str_or(tag, "Value", "")))
			return true;
	}
	return false;
}

static bool is_tag_filter(const char *name)
{
	return strncmp(name, "tag:", 4) == 0 || strcmp(name, "tag-key") == 0;
}

static const struct ec2_filter *find_filter(const struct ec2_noun *noun, const char *name)
{
	for (const struct ec2_filter *filter = noun->filters; filter->name; filter++)
		if (strcmp(filter->name, name) == 0)
			return filter;
	return NULL;
}

/* All filters must hold, one value of each is enough. */
static bool filters_match(struct request *rq, const struct ec2_noun *noun, const json_t *filters,
			  const json_t *document)
{
	const json_t *filter;
	size_t i;

	json_each (filters, i, filter) {
		const char *name = json_str_or(filter, "Name", "");
		const json_t *patterns = json_get(filter, "Values");

		if (is_tag_filter(name)) {
			if (!tag_matches(noun, document, name, patterns))
				return false;
		} else if (!path_matches(rq, document, find_filter(noun, name)->path, patterns)) {
			return false;
		}
	}
	return true;
}

static int check_filters(struct request *rq, const struct ec2_noun *noun, const json_t *filters)
{
	const json_t *filter;
	size_t i;

	json_each (filters, i, filter) {
		const char *name = json_str_or(filter, "Name", "");

		if (!is_tag_filter(name) && !find_filter(noun, name))
			return fault_named(rq, "InvalidParameterValue",
					   "The filter '%s' is invalid", name);
	}
	return 0;
}

static int check_ids(struct request *rq, const struct ec2_noun *noun, const json_t *ids)
{
	const json_t *id;
	size_t i;

	json_each (ids, i, id)
		if (!ec2_get(rq, noun, json_string_value(id)))
			return ec2_missing(rq, noun, json_string_value(id));
	return 0;
}

int ec2_describe(struct request *rq, const struct ec2_noun *noun, const json_t *in, json_t *out)
{
	/* NAT gateways alone call it Filter. */
	const json_t *filters =
		json_has(in, "Filter") ? json_get(in, "Filter") : json_get(in, "Filters");
	const json_t *ids = json_get(in, noun->ids_in), *kept;
	int64_t left = json_int_or(in, "MaxResults", PAGE_MAX);
	const char *after = json_str(in, "NextToken"), *last = NULL;
	json_t *list = json_add_array(out, noun->list_out);
	int err;
	size_t i;

	err = check_filters(rq, noun, filters);
	if (!err)
		err = check_ids(rq, noun, ids);
	if (err)
		return err;

	json_each (store_list(rq->tx, noun->kind), i, kept) {
		const char *id = json_str_or(kept, noun->id, "");
		json_t *document;

		if ((json_array_size(ids) > 0 && !json_list_has(ids, id)) ||
		    (after && strcmp(id, after) <= 0))
			continue;
		document = rq_copy(rq, kept);
		if ((noun->show && !noun->show(rq, document)) ||
		    !filters_match(rq, noun, filters, document))
			continue;
		if (left-- == 0) {
			/* Documents come in the order of their ids: the last one shown is the token. */
			json_set_str(out, "NextToken", last);
			break;
		}
		json_push(list, document);
		last = id;
	}
	return 0;
}

const json_t *ec2_get(struct request *rq, const struct ec2_noun *noun, const char *id)
{
	return id ? store_get(rq->tx, noun->kind, id) : NULL;
}

json_t *ec2_edit(struct request *rq, const struct ec2_noun *noun, const char *id)
{
	return id ? store_edit(rq->tx, noun->kind, id) : NULL;
}

int ec2_missing(struct request *rq, const struct ec2_noun *noun, const char *id)
{
	return fault_named(rq, noun->missing_code, "%s%s%s", noun->missing_front, id ? id : "",
			   noun->missing_back);
}

static bool asks_for(const json_t *value)
{
	if (json_is_array(value))
		return json_array_size(value) > 0;
	if (json_is_integer(value))
		return json_integer_value(value) > 0;
	return value && !json_is_false(value);
}

int ec2_refuse(struct request *rq, const json_t *in, const char *const *members)
{
	for (; *members; members++)
		if (asks_for(json_get(in, *members)))
			return fault_named(rq, "UnsupportedOperation", "%s is not in the lab",
					   *members);
	return 0;
}

const json_t *ec2_where(struct request *rq, const struct ec2_noun *noun, const char *member,
			const char *value)
{
	json_t *found = rq_array(rq);
	const json_t *document;
	size_t i;

	json_each (store_list(rq->tx, noun->kind), i, document)
		if (strcmp(json_str_or(document, member, ""), value) == 0)
			json_push(found, document);
	return found;
}

bool ec2_any(struct request *rq, const struct ec2_noun *noun, const char *member, const char *value)
{
	const json_t *document;
	size_t i;

	json_each (store_list(rq->tx, noun->kind), i, document)
		if (strcmp(json_str_or(document, member, ""), value) == 0)
			return true;
	return false;
}

const char *ec2_name_it(struct request *rq, const struct ec2_noun *noun, const char *prefix,
			const json_t *in, json_t *document)
{
	const char *id = id_new(rq, prefix, 17);
	json_t *tags = json_add_array(document, noun->tags);
	const json_t *specification, *tag;
	size_t i, j;

	json_set_str(document, noun->id, id);
	json_each (json_get(in, "TagSpecifications"), i, specification) {
		if (strcmp(json_str_or(specification, "ResourceType", ""), noun->tag_type) != 0)
			continue;
		json_each (json_get(specification, "Tags"), j, tag)
			json_push(tags, tag);
	}
	return id;
}

void ec2_keep(struct request *rq, const struct ec2_noun *noun, const json_t *document)
{
	store_put(rq->tx, noun->kind, json_str(document, noun->id), document);
}
