/*
 * shape.c - a type reference of the metadata, as C writes it.
 *
 * Unions: `string | IKeyRef` becomes two alternatives, `Array<string | ISecurityGroupRef>` two lists.
 * The plainest is the principal one and has no suffix. IResolvable ("a token") stands in every union of the
 * generated classes; inside of a collection it is left out, outside it has the suffix "token".
 */
#include "tools/bindgen/bindgen.h"
#include "tools/bindgen/names.h"

#include <string.h>

static const char resolvable[] = "aws-cdk-lib.IResolvable";

static const struct primitive {
	const char *name;
	struct shape shape;
} primitives[] = {
	{"string", {.kind = SHAPE_STRING, .tag = "string"}},
	{"number", {.kind = SHAPE_NUMBER, .tag = "number"}},
	{"boolean", {.kind = SHAPE_BOOL, .tag = "bool"}},
	{"date", {.kind = SHAPE_DATE, .tag = "date"}},
	{"any", {.kind = SHAPE_ANY, .tag = "any"}},
	{"json", {.kind = SHAPE_ANY, .tag = "any"}},
};
static const struct shape any = {.kind = SHAPE_ANY, .tag = "any"};
static const struct shape any_map = {.kind = SHAPE_ANY_MAP, .tag = "any_map"};

static const struct shape *primitive(const char *name)
{
	for (size_t i = 0; i < array_len(primitives); i++)
		if (strcmp(primitives[i].name, name) == 0)
			return &primitives[i].shape;
	bindgen_die("do not know the primitive type \"%s\"", name);
}

static const struct shape *named(struct plan *plan, const char *fqn)
{
	static const enum shape_kind kinds[] = {
		[TYPE_CLASS] = SHAPE_OBJECT,
		[TYPE_INTERFACE] = SHAPE_OBJECT,
		[TYPE_STRUCT] = SHAPE_STRUCT,
		[TYPE_ENUM] = SHAPE_ENUM,
	};
	struct type *type = plan_type(plan, fqn);
	struct shape *shape;

	if (!type)
		bindgen_die("no package has %s", fqn);
	shape = arena_alloc(plan->arena, sizeof(*shape));
	*shape = (struct shape){.kind = kinds[type->kind], .type = type, .tag = type->tag};
	return shape;
}

static bool is_any(const struct shape *shape)
{
	return shape->kind == SHAPE_ANY || shape->kind == SHAPE_ANY_MAP;
}

/* Whatever ends in any is JSON as a whole. */
static const struct shape *collection(struct plan *plan, bool map, const struct shape *item)
{
	struct shape *shape;
	const char *tag = arena_fmt(plan->arena, "%s%s", item->tag, map ? "_map" : "_list");
	int64_t number = json_int_or(plan->shape_tags, tag, -1);

	if (is_any(item))
		return map && item->kind == SHAPE_ANY ? &any_map : &any;
	if (number >= 0)
		return plan->shapes[number];
	shape = arena_alloc(plan->arena, sizeof(*shape));
	*shape = (struct shape){.kind = map ? SHAPE_MAP : SHAPE_LIST, .item = item, .tag = tag};
	plan->shapes = mem_resize(plan->shapes, (plan->nshapes + 1) * sizeof(*plan->shapes));
	json_set_int(plan->shape_tags, tag, (int64_t)plan->nshapes);
	plan->shapes[plan->nshapes++] = shape;
	return shape;
}

static bool is_token(const struct shape *shape)
{
	return shape->kind == SHAPE_OBJECT && strcmp(shape->type->fqn, resolvable) == 0;
}

static const struct shape *leaf(const struct shape *shape)
{
	while (shape->item)
		shape = shape->item;
	return shape;
}

static void add(struct plan *plan, struct alternatives *all, const struct shape *shape)
{
	struct alternative *rows;

	for (size_t i = 0; i < all->count; i++)
		if (strcmp(all->rows[i].shape->tag, shape->tag) == 0)
			return;
	rows = arena_alloc(plan->arena, (all->count + 1) * sizeof(*rows));
	if (all->count > 0)
		memcpy(rows, all->rows, all->count * sizeof(*rows));
	rows[all->count++] = (struct alternative){.shape = shape, .suffix = ""};
	all->rows = rows;
}

static void spread(struct plan *plan, const json_t *ref, struct alternatives *all);

static void spread_collection(struct plan *plan, const json_t *of, struct alternatives *all)
{
	bool map = strcmp(json_str_or(of, "kind", ""), "map") == 0;
	struct alternatives items = {0};

	spread(plan, json_get(of, "elementtype"), &items);
	for (size_t i = 0; i < items.count; i++)
		if (items.count == 1 || !is_token(items.rows[i].shape))
			add(plan, all, collection(plan, map, items.rows[i].shape));
}

static void spread(struct plan *plan, const json_t *ref, struct alternatives *all)
{
	const char *simple = json_str(ref, "primitive");
	const char *fqn = json_str(ref, "fqn");
	const json_t *one;
	size_t i;

	if (simple)
		add(plan, all, primitive(simple));
	else if (fqn)
		add(plan, all, named(plan, fqn));
	else if (json_has(ref, "collection"))
		spread_collection(plan, json_get(ref, "collection"), all);
	else if (json_has(ref, "union"))
		json_each (json_path(ref, "union.types"), i, one)
			spread(plan, one, all);
	else if (json_has(ref, "intersection")) /* C says the first, JavaScript wants them all */
		spread(plan, json_path(ref, "intersection.types.0"), all);
	else
		bindgen_die("do not know the type %s", json_text(ref));
}

/* Lower is plainer. */
static int rank(const struct shape *shape)
{
	static const int ranks[] = {
		[SHAPE_STRING] = 0,  [SHAPE_DATE] = 0,	 [SHAPE_NUMBER] = 1, [SHAPE_BOOL] = 2,
		[SHAPE_ENUM] = 3,    [SHAPE_STRUCT] = 4, [SHAPE_OBJECT] = 5, [SHAPE_ANY] = 6,
		[SHAPE_ANY_MAP] = 6, [SHAPE_LIST] = 10,	 [SHAPE_MAP] = 10,
	};
	int sum = 0;

	if (is_token(shape))
		return 1000;
	for (; shape; shape = shape->item)
		sum += ranks[shape->kind];
	return sum;
}

/* "ref" for IKeyRef, where no other alternative would be called so. */
static const char *leaf_suffix(const struct shape *shape, const struct alternatives *all)
{
	size_t refs = 0;

	if (!shape->type)
		return shape->tag;
	for (size_t i = 0; i < all->count; i++) {
		const struct shape *other = leaf(all->rows[i].shape);

		refs += other->kind == SHAPE_OBJECT && !is_token(other);
	}
	if (shape->kind == SHAPE_OBJECT && refs == 1 &&
	    strncmp(shape->type->fqn, "aws-cdk-lib.interfaces.", 23) == 0)
		return "ref";
	return shape->type->member;
}

static const char *suffix(struct plan *plan, const struct shape *shape,
			  const struct alternatives *all, const struct shape *principal)
{
	const char *text = leaf_suffix(leaf(shape), all);

	if (is_token(shape))
		return "token";
	if (!shape->item || (principal && principal->item))
		return shape->item ? arena_fmt(plan->arena, "%ss", text) : text;
	if (principal && strcmp(leaf(principal)->tag, leaf(shape)->tag) == 0)
		return shape->kind == SHAPE_LIST ? "list" : "map";
	return arena_fmt(plan->arena, "%s_%s", text, shape->kind == SHAPE_LIST ? "list" : "map");
}

static void name_alternatives(struct plan *plan, struct alternatives *all)
{
	const struct shape *principal = NULL;
	bool tie = false;

	for (size_t i = 0; i < all->count; i++) {
		const struct shape *shape = all->rows[i].shape;

		if (!principal || rank(shape) < rank(principal)) {
			principal = shape;
			tie = false;
		} else if (rank(shape) == rank(principal)) {
			tie = true;
		}
	}
	if (tie)
		principal = NULL;
	for (size_t i = 0; i < all->count; i++)
		if (all->rows[i].shape != principal)
			all->rows[i].suffix = suffix(plan, all->rows[i].shape, all, principal);
}

struct alternatives shape_alternatives(struct plan *plan, const json_t *ref)
{
	struct alternatives all = {0};

	spread(plan, ref, &all);
	for (size_t i = 0; i < all.count; i++)
		if (is_any(all.rows[i].shape)) {
			all.rows[0].shape = all.rows[i].shape;
			all.count = 1;
		}
	if (all.count > 1)
		name_alternatives(plan, &all);
	return all;
}

struct alternatives parameter_alternatives(struct plan *plan, const json_t *parameter)
{
	json_t *ref = json_incref(json_object_get(parameter, "type"));
	struct alternatives all;

	if (json_bool_or(parameter, "variadic", false))
		ref = json_pack("{s:{s:s, s:o}}", "collection", "kind", "array", "elementtype",
				ref);
	all = shape_alternatives(plan, ref);
	json_decref(ref);
	return all;
}

const struct shape *shape_of(struct plan *plan, const json_t *ref)
{
	struct alternatives all = shape_alternatives(plan, ref);

	return all.count == 1 ? all.rows[0].shape : &any;
}

const char *shape_c(struct plan *plan, const struct shape *shape, bool optional)
{
	switch (shape->kind) {
	case SHAPE_STRING:
	case SHAPE_DATE:
		return "const char *";
	case SHAPE_NUMBER:
		return optional ? "cdk_number " : "double ";
	case SHAPE_BOOL:
		return optional ? "cdk_bool " : "bool ";
	case SHAPE_ANY:
	case SHAPE_ANY_MAP:
		return "const json_t *";
	case SHAPE_ENUM:
		return arena_fmt(plan->arena, "enum %s ", shape->tag);
	case SHAPE_STRUCT:
		return arena_fmt(plan->arena, "const struct %s *", shape->tag);
	case SHAPE_OBJECT:
		return arena_fmt(plan->arena, "struct %s *", shape->tag);
	case SHAPE_LIST:
	case SHAPE_MAP:
		return arena_fmt(plan->arena, "struct %s ", shape->tag);
	}
	return NULL;
}

const char *shape_wire(struct plan *plan, const struct shape *shape, bool optional)
{
	switch (shape->kind) {
	case SHAPE_NUMBER:
		return optional ? "wire_optional_number" : "wire_number";
	case SHAPE_BOOL:
		return optional ? "wire_optional_bool" : "wire_bool";
	case SHAPE_OBJECT:
		return "wire_object";
	default:
		return arena_fmt(plan->arena, "wire_%s", shape->tag);
	}
}
