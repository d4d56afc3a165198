/*
 * rules.c - a listener's rules: conditions on the request, and the action of the first that holds.
 *
 *   left out   regular expressions, rule transforms, authentication (services/elbv2 refuses them)
 */
#include "lab/planes/alb/rules.h"
#include "lab/planes/alb/headers.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

struct network {
	in_addr_t address, mask; /* network order */
};

struct value {
	char *key; /* query-string: or NULL */
	char *text;
	struct network network;
};

struct condition;
typedef bool holds_fn(const struct condition *condition, const struct http1_head *head,
		      struct in_addr source);

struct condition {
	holds_fn *holds;
	char *header; /* http-header: its name */
	struct value *values;
	size_t nvalues;
};

struct rule {
	struct condition *conditions;
	size_t nconditions;
	struct action action;
};

struct rules {
	struct rule *list;
	size_t count;
};

static struct span span_of(const char *text)
{
	return (struct span){text, strlen(text)};
}

static bool same(char a, char b, bool nocase)
{
	if (!nocase)
		return a == b;
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/* Linear in patterns without *, else at most pattern × text: both are limited (128, 16 K). */
bool wildcard_match(struct span pattern, struct span text, bool nocase)
{
	size_t p = 0, t = 0, star = SIZE_MAX, retry = 0;

	while (t < text.len) {
		if (p < pattern.len && pattern.at[p] == '*') {
			star = ++p;
			retry = t;
			continue;
		}
		if (p < pattern.len) {
			bool escaped = pattern.at[p] == '\\' && p + 1 < pattern.len &&
				       strchr("*?\\", pattern.at[p + 1]);
			char c = pattern.at[p + escaped];

			if ((c == '?' && !escaped) || same(c, text.at[t], nocase)) {
				p += 1 + escaped;
				t++;
				continue;
			}
		}
		if (star == SIZE_MAX)
			return false;
		p = star;
		t = ++retry;
	}
	while (p < pattern.len && pattern.at[p] == '*')
		p++;
	return p == pattern.len;
}

/* Values of one condition are alternatives. */
static bool any_matches(const struct condition *condition, struct span text, bool nocase)
{
	for (size_t i = 0; i < condition->nvalues; i++) {
		if (wildcard_match(span_of(condition->values[i].text), text, nocase))
			return true;
	}
	return false;
}

static bool path_holds(const struct condition *condition, const struct http1_head *head,
		       struct in_addr source)
{
	return any_matches(condition, head->path, false);
}

static bool host_holds(const struct condition *condition, const struct http1_head *head,
		       struct in_addr source)
{
	return any_matches(condition, headers_host(head), true);
}

static bool method_holds(const struct condition *condition, const struct http1_head *head,
			 struct in_addr source)
{
	for (size_t i = 0; i < condition->nvalues; i++) {
		if (span_is(head->method, condition->values[i].text))
			return true;
	}
	return false;
}

static bool header_holds(const struct condition *condition, const struct http1_head *head,
			 struct in_addr source)
{
	for (size_t i = 0; i < head->nheaders; i++) {
		if (span_is_nocase(head->headers[i].name, condition->header) &&
		    any_matches(condition, head->headers[i].value, true))
			return true;
	}
	return false;
}

static bool source_holds(const struct condition *condition, const struct http1_head *head,
			 struct in_addr source)
{
	for (size_t i = 0; i < condition->nvalues; i++) {
		const struct network *network = &condition->values[i].network;

		if ((source.s_addr & network->mask) == network->address)
			return true;
	}
	return false;
}

static bool parameter_matches(const struct condition *condition, struct span key, struct span value)
{
	for (size_t i = 0; i < condition->nvalues; i++) {
		const struct value *wanted = &condition->values[i];

		if (wanted->key && !wildcard_match(span_of(wanted->key), key, true))
			continue;
		if (wildcard_match(span_of(wanted->text), value, true))
			return true;
	}
	return false;
}

static bool query_holds(const struct condition *condition, const struct http1_head *head,
			struct in_addr source)
{
	const char *at = head->query.at;
	size_t left = head->query.len;

	while (at && left > 0) {
		const char *end = memchr(at, '&', left);
		size_t len = end ? (size_t)(end - at) : left;
		const char *equals = memchr(at, '=', len);
		struct span key = {at, equals ? (size_t)(equals - at) : len};
		struct span value = {equals ? equals + 1 : at + len,
				     equals ? len - key.len - 1 : 0};

		if (parameter_matches(condition, key, value))
			return true;
		at += len + (end != NULL);
		left -= len + (end != NULL);
	}
	return false;
}

static const struct field {
	const char *name;
	const char *config; /* where its values are, unless in Values */
	holds_fn *holds;
} fields[] = {
	{"path-pattern", "PathPatternConfig", path_holds},
	{"host-header", "HostHeaderConfig", host_holds},
	{"http-request-method", "HttpRequestMethodConfig", method_holds},
	{"http-header", "HttpHeaderConfig", header_holds},
	{"query-string", "QueryStringConfig", query_holds},
	{"source-ip", "SourceIpConfig", source_holds},
};

static bool read_network(const char *text, struct network *ret_network)
{
	const char *slash = strchr(text, '/');
	AUTO_FREE char *address = mem_strndup(text, slash ? (size_t)(slash - text) : strlen(text));
	unsigned long bits = slash ? strtoul(slash + 1, NULL, 10) : 32;
	struct in_addr parsed;

	if (bits > 32)
		return false;
	if (inet_pton(AF_INET, address, &parsed) != 1) {
		/* An IPv6 range is a fine condition that no IPv4 client meets. */
		ret_network->mask = 0;
		ret_network->address = 1;
		return strchr(address, ':') != NULL;
	}
	ret_network->mask = bits ? htonl((in_addr_t)(UINT32_MAX << (32 - bits))) : 0;
	ret_network->address = parsed.s_addr & ret_network->mask;
	return true;
}

static const char *read_value(const struct field *field, const json_t *from, struct value *value)
{
	const char *text = json_string_value(from);

	if (field->holds == query_holds && json_is_object(from)) {
		value->key = mem_strdup(json_str(from, "Key"));
		text = json_str(from, "Value");
	}
	if (!text)
		return "a condition's value is no text";
	value->text = mem_strdup(text);
	if (field->holds == source_holds && !read_network(text, &value->network))
		return "a source-ip is no CIDR block";
	return NULL;
}

static const char *read_condition(const json_t *from, struct condition *condition)
{
	const char *name = json_str_or(from, "Field", "");
	const struct field *field = NULL;
	const json_t *values;
	const json_t *element;
	const char *error;
	size_t i;

	for (i = 0; i < array_len(fields) && !field; i++) {
		if (strcmp(name, fields[i].name) == 0)
			field = &fields[i];
	}
	if (!field)
		return "a condition's field is not known";

	values = json_get(json_get(from, field->config), "Values");
	if (!values)
		values = json_get(from, "Values");
	condition->holds = field->holds;
	condition->header = mem_strdup(json_str(json_get(from, field->config), "HttpHeaderName"));
	if (field->holds == header_holds && !condition->header)
		return "an http-header condition has no name";

	condition->values = mem_array(struct value, json_array_size(values) + 1);
	json_each (values, i, element) {
		error = read_value(field, element, &condition->values[condition->nvalues++]);
		if (error)
			return error;
	}
	return NULL;
}

static const char *read_forward(const json_t *from, const struct group_finder *finder,
				struct action *action)
{
	const json_t *list = json_get(json_get(from, "ForwardConfig"), "TargetGroups");
	const char *single = json_str(from, "TargetGroupArn");
	const json_t *element;
	size_t i;

	action->kind = ACTION_FORWARD;
	action->groups = mem_array(struct weighted, json_array_size(list) + 1);
	json_each (list, i, element) {
		struct weighted *to = &action->groups[action->ngroups++];

		to->group = finder->find(json_str_or(element, "TargetGroupArn", ""), finder->user);
		to->weight = (unsigned)json_int_or(element, "Weight", 1);
		action->total += to->weight;
		if (!to->group || to->weight > 999)
			return "a forward action names a target group that was not sent";
	}
	if (action->ngroups == 0 && single) {
		action->groups[0].group = finder->find(single, finder->user);
		action->groups[0].weight = 1;
		action->ngroups = 1;
		action->total = 1;
		if (!action->groups[0].group)
			return "a forward action names a target group that was not sent";
	}
	/* The weight of a lone group does not matter: it gets everything, even with 0. */
	if (action->ngroups == 1)
		action->total = action->groups[0].weight = 1;
	return action->ngroups ? NULL : "a forward action names no target group";
}

static const char *read_fixed(const json_t *from, struct action *action)
{
	const json_t *config = json_get(from, "FixedResponseConfig");

	action->kind = ACTION_FIXED;
	action->fixed.status = (int)strtol(json_str_or(config, "StatusCode", "0"), NULL, 10);
	action->fixed.content_type = mem_strdup(json_str(config, "ContentType"));
	action->fixed.body = mem_strdup(json_str(config, "MessageBody"));
	return action->fixed.status < 200 || action->fixed.status > 599
		       ? "a fixed-response has no status"
		       : NULL;
}

static const char *read_redirect(const json_t *from, struct action *action)
{
	const json_t *config = json_get(from, "RedirectConfig");
	struct redirect *to = &action->redirect;

	action->kind = ACTION_REDIRECT;
	to->status = strcmp(json_str_or(config, "StatusCode", ""), "HTTP_301") == 0 ? 301 : 302;
	to->protocol = mem_strdup(json_str_or(config, "Protocol", "#{protocol}"));
	to->host = mem_strdup(json_str_or(config, "Host", "#{host}"));
	to->port = mem_strdup(json_str_or(config, "Port", "#{port}"));
	to->path = mem_strdup(json_str_or(config, "Path", "/#{path}"));
	to->query = mem_strdup(json_str_or(config, "Query", "#{query}"));
	return NULL;
}

static const char *read_action(const json_t *list, const struct group_finder *finder,
			       struct action *action)
{
	const json_t *last = json_at(list, json_array_size(list) ? json_array_size(list) - 1 : 0);
	const char *type = json_str_or(last, "Type", "");

	if (strcmp(type, "forward") == 0)
		return read_forward(last, finder, action);
	if (strcmp(type, "fixed-response") == 0)
		return read_fixed(last, action);
	if (strcmp(type, "redirect") == 0)
		return read_redirect(last, action);
	return "an action's type is not known";
}

static const char *read_rule(const json_t *from, const struct group_finder *finder,
			     struct rule *rule)
{
	const json_t *conditions = json_get(from, "conditions");
	const json_t *element;
	const char *error;
	size_t i;

	rule->conditions = mem_array(struct condition, json_array_size(conditions) + 1);
	json_each (conditions, i, element) {
		error = read_condition(element, &rule->conditions[rule->nconditions++]);
		if (error)
			return error;
	}
	return read_action(json_get(from, "actions"), finder, &rule->action);
}

struct rules *rules_open(const json_t *list, const struct group_finder *finder,
			 const char **ret_error)
{
	struct rules *rules = mem_new(struct rules);
	const json_t *element;
	const char *error;
	size_t i;

	rules->list = mem_array(struct rule, json_array_size(list) + 1);
	json_each (list, i, element) {
		error = read_rule(element, finder, &rules->list[rules->count++]);
		if (error) {
			rules_close(rules);
			*ret_error = error;
			return NULL;
		}
	}
	return rules;
}

static void condition_free(struct condition *condition)
{
	for (size_t i = 0; i < condition->nvalues; i++) {
		free(condition->values[i].key);
		free(condition->values[i].text);
	}
	free(condition->values);
	free(condition->header);
}

static void action_free(struct action *action)
{
	free(action->fixed.content_type);
	free(action->fixed.body);
	free(action->redirect.protocol);
	free(action->redirect.host);
	free(action->redirect.port);
	free(action->redirect.path);
	free(action->redirect.query);
	free(action->groups);
}

void rules_close(struct rules *rules)
{
	if (!rules)
		return;
	for (size_t i = 0; i < rules->count; i++) {
		for (size_t j = 0; j < rules->list[i].nconditions; j++)
			condition_free(&rules->list[i].conditions[j]);
		free(rules->list[i].conditions);
		action_free(&rules->list[i].action);
	}
	free(rules->list);
	free(rules);
}

static bool rule_holds(const struct rule *rule, const struct http1_head *head,
		       struct in_addr source)
{
	for (size_t i = 0; i < rule->nconditions; i++) {
		const struct condition *condition = &rule->conditions[i];

		if (!condition->holds(condition, head, source))
			return false;
	}
	return true;
}

const struct action *rules_match(const struct rules *rules, const struct http1_head *head,
				 struct in_addr source)
{
	for (size_t i = 0; i < rules->count; i++) {
		if (rule_holds(&rules->list[i], head, source))
			return &rules->list[i].action;
	}
	return NULL;
}

struct group *action_group(const struct action *action, unsigned chance)
{
	for (size_t i = 0; i < action->ngroups; i++) {
		if (chance < action->groups[i].weight)
			return action->groups[i].group;
		chance -= action->groups[i].weight;
	}
	return NULL;
}

static void expand(struct buf *out, const char *text, const struct redirect_from *from)
{
	/* #{path} is without its leading slash: the default is "/#{path}". */
	struct span path =
		from->path.len ? (struct span){from->path.at + 1, from->path.len - 1} : from->path;
	char port[12];
	const struct {
		const char *name;
		struct span value;
	} words[] = {
		{"#{protocol}", {"http", 4}}, {"#{host}", from->host},
		{"#{port}", {port, 0}},	      {"#{path}", path},
		{"#{query}", from->query},
	};

	snprintf(port, sizeof(port), "%d", from->port);
	while (*text) {
		size_t i;

		for (i = 0; i < array_len(words); i++) {
			if (strncmp(text, words[i].name, strlen(words[i].name)) == 0)
				break;
		}
		if (i == array_len(words)) {
			buf_byte(out, *text++);
			continue;
		}
		if (words[i].value.at == port)
			buf_str(out, port);
		else if (words[i].value.len)
			buf_add(out, words[i].value.at, words[i].value.len);
		text += strlen(words[i].name);
	}
}

void redirect_location(struct buf *out, const struct redirect *redirect,
		       const struct redirect_from *from)
{
	AUTO_BUF struct buf protocol = {0};
	AUTO_BUF struct buf query = {0};

	expand(&protocol, redirect->protocol, from);
	for (size_t i = 0; i < protocol.len; i++)
		buf_byte(out, (char)tolower((unsigned char)protocol.data[i]));
	buf_str(out, "://");
	expand(out, redirect->host, from);
	/* AWS writes the port even where it is the protocol's own: https://host:443/. */
	buf_byte(out, ':');
	expand(out, redirect->port, from);
	expand(out, redirect->path, from);

	expand(&query, redirect->query, from);
	if (query.len) {
		buf_byte(out, '?');
		buf_add(out, query.data, query.len);
	}
}
