/*
 * json.h - a few verbs on jansson's trees, so that handlers stay short.
 *
 * Readers take a tree that may be NULL and answer a default when the member is missing or of
 * another type. Writers copy; json_give takes what it is given.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* Readers. What they return belongs to the tree. */
const char *json_str(const json_t *object, const char *name); /* NULL if it is no string */
const char *json_str_or(const json_t *object, const char *name, const char *otherwise);
int64_t json_int_or(const json_t *object, const char *name, int64_t otherwise);
double json_num_or(const json_t *object, const char *name, double otherwise);
bool json_bool_or(const json_t *object, const char *name, bool otherwise);
const json_t *json_get(const json_t *object, const char *name); /* any type, or NULL */
const json_t *json_at(const json_t *array, size_t index);	/* or NULL */
bool json_has(const json_t *object, const char *name);		/* there, and not null */
bool json_list_has(const json_t *array, const char *text);	/* a list of strings */

/* "a.b.0.c": members by name, elements by number. NULL if the way ends. */
const json_t *json_path(const json_t *tree, const char *path);
const char *json_path_str(const json_t *tree, const char *path);

/* Writers. A NULL text or value adds nothing. */
void json_set(json_t *object, const char *name, const json_t *value); /* deep copy */
void json_set_str(json_t *object, const char *name, const char *text);
void json_set_int(json_t *object, const char *name, int64_t number);
void json_set_num(json_t *object, const char *name, double number);
void json_set_bool(json_t *object, const char *name, bool value);
void json_give(json_t *object, const char *name, json_t *value); /* takes the reference */
json_t *json_add_object(json_t *object, const char *name);	 /* a new {}; belongs to `object` */
json_t *json_add_array(json_t *object, const char *name);
void json_drop(json_t *object, const char *name);

json_t *json_push_object(json_t *array);	    /* a new {} at the end; belongs to `array` */
void json_push(json_t *array, const json_t *value); /* deep copy */
void json_push_str(json_t *array, const char *text);
void json_push_give(json_t *array, json_t *value);

/* Compact text, owned by the caller. */
char *json_text(const json_t *tree);

/* Reads one value; NULL if it is none, is deeper than 64 or holds a repeated name. */
json_t *json_read(const char *text, size_t len);

/* Walks; what is walked is evaluated once, and walks may be nested. `i` is a size_t, `element` and
 * `member` are const json_t *, `name` is const char *. */
#define json_each(array, i, element)                           \
	for (const json_t *json_list_##i = ((i) = 0, (array)); \
	     (i) < json_array_size(json_list_##i) &&           \
	     ((element) = json_array_get(json_list_##i, i));   \
	     (i)++)
#define json_each_member(object, name, member)                                       \
	for (void *json_it_##name = json_object_iter((json_t *)(uintptr_t)(object)); \
	     json_it_##name && ((name) = json_object_iter_key(json_it_##name)) &&    \
	     ((member) = json_object_iter_value(json_it_##name));                    \
	     json_it_##name =                                                        \
		     json_object_iter_next((json_t *)(uintptr_t)(object), json_it_##name))

/* For what lives in one block. */
void json_auto_free(json_t **tree);
#define AUTO_JSON __attribute__((cleanup(json_auto_free)))

#endif
