/*
 * route.c - from a request to a service.
 */
#include "lab/front/route.h"

#include <arpa/inet.h>
#include <string.h>

static bool same(const char *a, struct span b)
{
	return a && b.at && strlen(a) == b.len && memcmp(a, b.at, b.len) == 0;
}

static bool has_action(const struct model *model, const char *action)
{
	for (const struct known_op *op = model->known_ops; op->name; op++)
		if (strcmp(op->name, action) == 0)
			return true;
	return false;
}

/* "AmazonSSM.GetParameter" */
static const struct model *by_target(const struct service *const *services, struct span target)
{
	const char *dot = target.at ? memrchr(target.at, '.', target.len) : NULL;
	struct span prefix = {target.at, dot ? (size_t)(dot - target.at) : 0};

	for (; dot && *services; services++)
		if (same((*services)->model->target_prefix, prefix))
			return (*services)->model;
	return NULL;
}

static const struct model *by_scope(const struct service *const *services, const char *scope)
{
	for (; scope && *services; services++)
		if (strcmp((*services)->model->signing_name, scope) == 0)
			return (*services)->model;
	return NULL;
}

static const struct model *by_action(const struct service *const *services, const char *action,
				     const char *version)
{
	for (; action && version && *services; services++) {
		const struct model *model = (*services)->model;

		if (strcmp(model->api_version, version) == 0 && has_action(model, action))
			return model;
	}
	return NULL;
}

static const struct model *by_name(const struct service *const *services, const char *name)
{
	for (; *services; services++)
		if (strcmp((*services)->model->name, name) == 0)
			return (*services)->model;
	return NULL;
}

struct route route_find(const struct service *const *services, struct arena *arena,
			const struct wire_request *request, const char *scope)
{
	struct span target = wire_header(request, "x-amz-target");
	const char *action = NULL;
	const char *version = NULL;
	struct route route = {.protocol = PROTOCOL_REST_XML, .service = scope};
	struct span form = request->body.len ? request->body : request->query;

	route.model = by_target(services, target);
	if (!route.model)
		route.model = by_scope(services, scope);
	if (!route.model && span_is(request->path, "/")) {
		action = protocol_form_field(arena, form, "Action");
		version = protocol_form_field(arena, form, "Version");
		route.model = by_action(services, action, version);
	}
	if (!route.model && !target.at && !action && !scope)
		route.model = by_name(services, "s3");

	if (route.model)
		route.protocol = route.model->protocol;
	else if (target.at)
		route.protocol = PROTOCOL_JSON;
	else if (action)
		route.protocol = PROTOCOL_QUERY;
	return route;
}

/* "127.0.0.1:4566", "localhost:4566", "[::1]:4566" without the port. */
static struct span host_name(const struct wire_request *request)
{
	struct span host = wire_header(request, "host");
	const char *colon = host.at ? memrchr(host.at, ':', host.len) : NULL;

	if (colon && !memchr(colon, ']', host.len - (size_t)(colon - host.at)))
		host.len = (size_t)(colon - host.at);
	return host;
}

static bool ends_with(struct span text, const char *end)
{
	size_t len = strlen(end);

	return text.len > len && strncasecmp(text.at + text.len - len, end, len) == 0;
}

static bool is_loopback(struct span host)
{
	char text[INET_ADDRSTRLEN] = {0};
	struct in_addr address;

	if (span_is(host, "[::1]"))
		return true;
	if (!host.at || host.len >= sizeof(text))
		return false;
	memcpy(text, host.at, host.len);
	return inet_pton(AF_INET, text, &address) == 1 && (ntohl(address.s_addr) >> 24) == 127;
}

const char *route_refuses(const struct wire_request *request)
{
	struct span host = host_name(request);

	/* A page in a browser could reach us under a name of its own (DNS rebinding). */
	if (!is_loopback(host) && !span_is_nocase(host, "localhost") &&
	    !ends_with(host, ".localhost"))
		return "The lab answers to loopback addresses and localhost only.";
	if (wire_header(request, "origin").at || wire_header(request, "sec-fetch-mode").at)
		return "The lab does not answer to pages in a browser.";
	return NULL;
}

void route_virtual_host(struct arena *arena, struct wire_request *request)
{
	struct span host = host_name(request);
	const char *path;

	if (!ends_with(host, ".localhost"))
		return;
	host.len -= strlen(".localhost");
	if (ends_with(host, ".s3"))
		host.len -= strlen(".s3");
	else if (span_is_nocase(host, "s3"))
		return;
	path = arena_fmt(arena, "/%.*s%.*s", (int)host.len, host.at, (int)request->path.len,
			 request->path.at);
	request->path = (struct span){path, strlen(path)};
}
