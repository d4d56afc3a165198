/*
 * dynamic_reference.c - {{resolve:service:…}} inside the texts of a template.
 *
 * Source: CloudFormation User Guide, "Get values stored in other services".
 *   {{resolve:ssm:name}} {{resolve:ssm:name:version}} {{resolve:ssm-secure:name:version}}
 *   {{resolve:secretsmanager:id:SecretString:key:stage:version}}     id may be an ARN
 */
#include "lab/services/cloudformation/template.h"

#include <string.h>

#define OPEN "{{resolve:"
#define CLOSE "}}"

static const char bad_form[] = "Template format error: a dynamic reference is not well-formed: "
			       "expected {{resolve:service:reference}}";

/* The next field of a secret's reference: NULL when it is empty or missing. */
static const char *next_field(char **rest)
{
	char *field = *rest, *end = field ? strchr(field, ':') : NULL;

	if (end)
		*end = '\0';
	*rest = end ? end + 1 : NULL;
	return field && *field ? field : NULL;
}

static const char *read_secret(char *reference, struct dynamic_reference *ret_reference)
{
	char *fields = NULL, *at;

	/* An ARN has colons of its own: the fields begin behind its last ":SecretString". */
	for (at = strstr(reference, ":SecretString"); at; at = strstr(at + 1, ":SecretString"))
		if (at[13] == ':' || at[13] == '\0')
			fields = at;
	if (!fields && strstr(reference, ":SecretBinary"))
		return "Template format error: SecretBinary cannot be referenced.";
	ret_reference->name = reference;
	if (!fields)
		return NULL;
	*fields = '\0';
	fields = fields[13] == ':' ? fields + 14 : NULL;
	ret_reference->key = next_field(&fields);
	ret_reference->stage = next_field(&fields);
	ret_reference->version = next_field(&fields);
	return fields ? bad_form : NULL;
}

const char *dynamic_reference_find(struct arena *arena, const char *text, size_t from,
				   bool *ret_found, struct dynamic_reference *ret_reference)
{
	static const char *const services[] = {"secretsmanager", "ssm-secure", "ssm"};
	const char *open = strstr(text + from, OPEN), *close = open ? strstr(open, CLOSE) : NULL;
	char *inside, *colon;

	*ret_found = close != NULL;
	if (!open)
		return NULL;
	if (!close)
		return bad_form;
	inside = arena_strndup(arena, open + strlen(OPEN), (size_t)(close - open) - strlen(OPEN));
	colon = strchr(inside, ':');
	if (!colon || !colon[1])
		return bad_form;
	*colon = '\0';
	*ret_reference = (struct dynamic_reference){
		.start = (size_t)(open - text),
		.end = (size_t)(close - text) + strlen(CLOSE),
		.name = colon + 1,
	};
	for (size_t i = 0; i < array_len(services); i++)
		if (strcmp(services[i], inside) == 0)
			ret_reference->service = services[i];
	if (!ret_reference->service)
		return arena_fmt(arena,
				 "Template format error: dynamic references to %s are not in the "
				 "lab.",
				 inside);
	if (strcmp(ret_reference->service, "secretsmanager") == 0)
		return read_secret(colon + 1, ret_reference);
	return NULL;
}
