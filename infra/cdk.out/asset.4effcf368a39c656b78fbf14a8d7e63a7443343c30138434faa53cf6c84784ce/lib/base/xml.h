/*
 * xml.h - XML in, as a JSON tree; XML out, escaped.
 *
 * An element with children is an object, one without is its text. Attributes and namespaces are
 * dropped. Elements that repeat inside one parent become an array under their name:
 *   <R><A>1</A><L><member>x</member><member>y</member></L></R>
 *   {"R": {"A": "1", "L": {"member": ["x", "y"]}}}
 * A name that appears once is never an array: use xml_list().
 */
#ifndef BASE_XML_H
#define BASE_XML_H

#include "lib/base/buf.h"
#include "lib/base/json.h"

/* NULL when it is not well formed, is deeper than 64 or names an entity of its own. */
json_t *xml_read(const char *text, size_t len);

/* The elements `name` of `parent`, none, one or many, as a new array owned by the caller. */
json_t *xml_list(const json_t *parent, const char *name);

void xml_escape(struct buf *out, const char *text, size_t len);

#endif
