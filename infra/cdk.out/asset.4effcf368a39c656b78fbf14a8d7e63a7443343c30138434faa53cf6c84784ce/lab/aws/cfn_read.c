/*
 * cfn_read.c - what a Describe call shows, in the template's words.
 */
#include "lab/aws/cfn_read.h"

#include <ctype.h>
#include <string.h>

#define NAME_MAX_LEN 128

/* "ServiceName" may be serviceName in the document. */
static const json_t *find(const json_t *document, const char *name)
{
	const json_t *value = json_get(document, name);
	char other[NAME_MAX_LEN];

	if (value || strlen(name) >= sizeof(other))
		return value;
	memcpy(other, name, strlen(name) + 1);
	other[0] = (char)tolower((unsigned char)other[0]);
	return json_get(document, other);
}

static json_t *like_object(const json_t *document, const json_t *like)
{
	json_t *object = json_object();
	const json_t *value, *found;
	const char *name;

	json_each_member (like, name, value) {
		found = find(document, name);
		if (found)
			json_give(object, name, cfn_like(found, value));
	}
	return object;
}

static json_t *like_list(const json_t *document, const json_t *like)
{
	json_t *list = json_array();
	const json_t *element;
	size_t i;

	json_each (document, i, element)
		json_push_give(list, cfn_like(element, json_at(like, i)));
	return list;
}

/* Templates write numbers and booleans as text too: that is no difference. */
static bool says_the_same(const json_t *document, const json_t *like)
{
	AUTO_FREE char *text = NULL;

	if (!document || json_is_string(document) == json_is_string(like))
		return false;
	text = json_text(json_is_string(document) ? like : document);
	return strcmp(text, json_string_value(json_is_string(document) ? document : like)) == 0;
}

json_t *cfn_like(const json_t *document, const json_t *like)
{
	if (json_is_object(document) && json_is_object(like))
		return like_object(document, like);
	if (json_is_array(document) && json_is_array(like))
		return like_list(document, like);
	return json_deep_copy(like && says_the_same(document, like) ? like : document);
}

void cfn_show(const struct cfn_resource *r, const json_t *document, const struct cfn_alias *aliases,
	      json_t *ret_props)
{
	const json_t *value, *found;
	const char *name;

	json_each_member (r->props, name, value) {
		found = find(document, name);
		for (const struct cfn_alias *alias = aliases; alias && alias->prop; alias++)
			if (strcmp(alias->prop, name) == 0)
				found = json_path(document, alias->path);
		if (found && strcmp(name, "Tags") != 0)
			json_give(ret_props, name, cfn_like(found, value));
	}
}

int cfn_read(struct request *rq, const struct cfn_resource *r, const struct cfn_reading *how,
	     const json_t *in, json_t *ret_props, int *ret_there)
{
	json_t *ask = in ? rq_copy(rq, in) : rq_object(rq), *out = rq_object(rq);
	const json_t *document;
	int err;

	if (how->id_is_list)
		json_push_str(json_add_array(ask, how->id), r->physical_id);
	else if (how->id)
		json_set_str(ask, how->id, r->physical_id);
	err = aws_call(rq, rq->caller, how->model, how->op, ask, out);
	if (err > 0 && how->gone && strstr(rq->called.code, how->gone)) {
		*ret_there = 0;
		return 0;
	}
	if (err)
		return err > 0 ? fault_pass(rq) : err;
	document = how->path ? json_path(out, how->path) : out;
	*ret_there = document != NULL;
	cfn_show(r, document, how->aliases, ret_props);
	return 0;
}
