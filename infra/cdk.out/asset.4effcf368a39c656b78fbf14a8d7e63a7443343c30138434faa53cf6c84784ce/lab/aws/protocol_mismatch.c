/*
 * protocol_mismatch.c - does an output fit its model? Writers leave out what does not, in silence:
 * a misspelt member would never be missed. Sanitized builds look.
 *
 * Names are looked at in the output itself only: what is in it may be a stored document as it is,
 * which knows more than one answer shows.
 */
#include "lab/aws/protocol_wire.h"

#include <string.h>

static const char *look(struct arena *arena, const struct model *model, uint16_t number,
			const char *path, const json_t *value);

static const struct member *member_named(const struct shape *shape, const char *name)
{
	for (size_t i = 0; i < shape->nmembers; i++)
		if (strcmp(shape->members[i].name, name) == 0)
			return &shape->members[i];
	return NULL;
}

static const char *look_in_structure(struct arena *arena, const struct model *model,
				     const struct shape *shape, const char *path,
				     const json_t *value)
{
	const json_t *below;
	const char *name;

	json_each_member (value, name, below) {
		const struct member *member = member_named(shape, name);
		const char *here = arena_fmt(arena, "%s.%s", path, name);
		const char *wrong;

		if (name[0] == '_') /* the service's own */
			continue;
		if (!member && !strchr(path, '.'))
			return arena_fmt(arena, "%s is no member of %s", here, shape->name);
		if (!member)
			continue;
		wrong = look(arena, model, member->shape, here, below);
		if (wrong)
			return wrong;
	}
	return NULL;
}

static const char *look_in_elements(struct arena *arena, const struct model *model,
				    uint16_t element, const char *path, const json_t *value)
{
	const json_t *below;
	const char *name, *wrong = NULL;
	size_t i;

	json_each (value, i, below) {
		wrong = look(arena, model, element, arena_fmt(arena, "%s.%zu", path, i), below);
		if (wrong)
			return wrong;
	}
	json_each_member (value, name, below) {
		wrong = look(arena, model, element, arena_fmt(arena, "%s.%s", path, name), below);
		if (wrong)
			return wrong;
	}
	return wrong;
}

static bool scalar_fits(const struct shape *shape, const json_t *value)
{
	switch (shape->kind) {
	case SHAPE_INTEGER:
		return json_is_integer(value);
	case SHAPE_DOUBLE:
	case SHAPE_TIMESTAMP:
		return json_is_number(value);
	case SHAPE_BOOLEAN:
		return json_is_boolean(value);
	default:
		return json_is_string(value);
	}
}

static const char *look(struct arena *arena, const struct model *model, uint16_t number,
			const char *path, const json_t *value)
{
	const struct shape *shape = shape_at(model, number);

	if (shape->kind == SHAPE_STRUCTURE && json_is_object(value))
		return look_in_structure(arena, model, shape, path, value);
	if (shape->kind == SHAPE_LIST && json_is_array(value))
		return look_in_elements(arena, model, shape->members[0].shape, path, value);
	if (shape->kind == SHAPE_MAP && json_is_object(value))
		return look_in_elements(arena, model, shape->members[1].shape, path, value);
	if (shape->kind > SHAPE_MAP && scalar_fits(shape, value))
		return NULL;
	return arena_fmt(arena, "%s is not of the kind of %s", path, shape->name);
}

const char *protocol_mismatch(struct arena *arena, const struct model *model,
			      const struct operation *operation, const json_t *out)
{
	const json_t *below;
	const char *name;

	if (operation->output != MODEL_NONE)
		return look(arena, model, operation->output, operation->name, out);
	json_each_member (out, name, below)
		if (name[0] != '_')
			return arena_fmt(arena, "%s.%s: it has no output", operation->name, name);
	return NULL;
}
