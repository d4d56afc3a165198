/*
 * protocol_uri.c - which REST operation a method and URI mean, and the labels in its path.
 *
 * "/2015-03-31/functions/{FunctionName}/code", "/{Bucket}/{Key+}?uploads". Every operation AWS has
 * takes part, so that one the lab does not keep is not taken for another: of those that fit, the one
 * with the most literal query names, required members and literal path segments wins.
 */
#include "lab/aws/protocol_wire.h"

#include "lib/aws/sigv4.h"

#include <string.h>

/* One segment of a path, without slashes. False at the end. */
static bool next_segment(struct span *path, struct span *ret_segment)
{
	const char *slash;

	if (!path->len)
		return false;
	if (*path->at == '/') {
		path->at++;
		path->len--;
	}
	slash = memchr(path->at, '/', path->len);
	*ret_segment = (struct span){path->at, slash ? (size_t)(slash - path->at) : path->len};
	path->at += ret_segment->len;
	path->len -= ret_segment->len;
	return true;
}

static bool is_label(struct span segment)
{
	return segment.len > 2 && segment.at[0] == '{';
}

static bool is_greedy(struct span segment)
{
	return is_label(segment) && segment.at[segment.len - 2] == '+';
}

/* "/bucket/" is the bucket, not an object without a name. */
static struct span trimmed(struct span path)
{
	if (path.len > 1 && path.at[path.len - 1] == '/' &&
	    memchr(path.at + 1, '/', path.len - 1) == path.at + path.len - 1)
		path.len--;
	return path;
}

static bool same(struct span a, struct span b)
{
	return a.len == b.len && memcmp(a.at, b.at, a.len) == 0;
}

static void split_uri(const char *uri, struct span *ret_path, struct span *ret_query)
{
	size_t len = strcspn(uri, "?");

	*ret_path = (struct span){uri, len};
	*ret_query = (struct span){uri + len, 0};
	if (uri[len])
		*ret_query = (struct span){uri + len + 1, strlen(uri + len + 1)};
}

/* How well the path fits: literal segments, -1 for not at all. */
static int path_score(struct span template, struct span path)
{
	struct span want, have;
	int score = 0;

	path = trimmed(path);
	if (template.len == 1) /* "/" */
		return path.len <= 1 ? 0 : -1;
	/* Older models have a slash at the end of lambda's paths, newer clients do not. */
	if (template.at[template.len - 1] == '/')
		template.len--;
	while (next_segment(&template, &want)) {
		if (!next_segment(&path, &have))
			return -1;
		if (is_greedy(want))
			return have.len || path.len ? score : -1;
		if (is_label(want) ? have.len == 0 : !same(want, have))
			return -1;
		score += !is_label(want);
	}
	return path.len == 0 || (path.len == 1 && *path.at == '/') ? score : -1;
}

/* Literal names and values of the template's query must be there. */
static int query_score(struct span template, struct span query)
{
	struct span want, want_value, field, value;
	int score = 0;

	while (form_next(&template, &want, &want_value)) {
		struct span rest = query;
		bool found = false;

		while (!found && form_next(&rest, &field, &value))
			found = same(want, field) && (!want_value.len || same(want_value, value));
		if (!found)
			return -1;
		score++;
	}
	return score;
}

static const struct operation *kept(const struct model *model, const char *name)
{
	for (size_t i = 0; i < model->nops; i++)
		if (strcmp(model->ops[i].name, name) == 0)
			return &model->ops[i];
	return NULL;
}

/* CopyObject is a PutObject with a header, UploadPart one with a query: what is required decides. */
static int required_score(const struct wire_call *call, const char *name)
{
	const struct operation *operation = kept(call->model, name);
	const struct shape *shape;
	int score = 0;

	if (!operation || operation->input == MODEL_NONE)
		return 0;
	shape = shape_at(call->model, operation->input);
	for (size_t i = 0; i < shape->nmembers; i++) {
		const struct member *member = &shape->members[i];

		if (!member->required || !member->wire)
			continue;
		if (member->location == AT_QUERY) {
			if (!query_has(call->request.query, member->wire, strlen(member->wire)))
				return -1;
			score++;
		} else if (member->location == AT_HEADER) {
			if (!wire_header(&call->request, member->wire).at)
				return -1;
			score++;
		}
	}
	return score;
}

static int score_of(const struct wire_call *call, const struct known_op *op)
{
	struct span path, query;
	int in_path, in_query, required;

	if (!span_is(call->request.method, op->method))
		return -1;
	split_uri(op->uri, &path, &query);
	in_path = path_score(path, call->request.path);
	if (in_path < 0)
		return -1;
	in_query = query_score(query, call->request.query);
	if (in_query < 0)
		return -1;
	required = required_score(call, op->name);
	if (required < 0)
		return -1;
	/* S3 has old operations under the URI of newer ones (GetBucketLifecycle): ours goes first. */
	return in_query * 20000 + required * 200 + in_path * 2 +
	       (kept(call->model, op->name) != NULL);
}

const struct known_op *uri_find(const struct wire_call *call)
{
	const struct known_op *best = NULL;
	int best_score = -1;

	for (const struct known_op *op = call->model->known_ops; op->name; op++) {
		int score = score_of(call, op);

		if (score > best_score) {
			best_score = score;
			best = op;
		}
	}
	return best;
}

static const struct member *member_of(const struct shape *shape, struct span label)
{
	for (size_t i = 0; i < shape->nmembers; i++) {
		const struct member *member = &shape->members[i];

		if (member->location == AT_URI &&
		    span_is(label, member->wire ? member->wire : member->name))
			return member;
	}
	return NULL;
}

static void read_label(struct reading *reading, const struct shape *shape, struct span label,
		       struct span text, json_t *in)
{
	const struct member *member = member_of(shape, label);
	AUTO_BUF struct buf decoded = {0};
	json_t *value;

	if (!member)
		return;
	sigv4_uri_decode(&decoded, text.at, text.len);
	value = value_from_text(shape_at(reading->model, member->shape), TIMESTAMP_ISO,
				buf_text(&decoded), decoded.len);
	if (!value)
		reading_fail(reading, "The path's %s is malformed", member->name);
	json_give(in, member->name, value);
}

void uri_read(struct reading *reading, const struct shape *shape, json_t *in)
{
	struct span template, query, want, have;
	struct span path = trimmed(reading->call->request.path);

	split_uri(reading->call->operation->uri, &template, &query);
	while (next_segment(&template, &want) && next_segment(&path, &have)) {
		struct span label = {want.at + 1, want.len - 2};

		if (!is_label(want))
			continue;
		if (is_greedy(want)) {
			label.len--;
			have.len += path.len;
		}
		read_label(reading, shape, label, have, in);
	}
}
