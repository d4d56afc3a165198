/*
 * protocol_wire.h - what the protocols' readers and writers share. Only protocol_*.c include it.
 */
#ifndef LAB_AWS_PROTOCOL_WIRE_H
#define LAB_AWS_PROTOCOL_WIRE_H

#include "lab/aws/protocol.h"

/* Trees and forms nested deeper than this are refused. */
#define WIRE_DEPTH_MAX 64

/* A reading under way: what is wrong sticks, and is said once at the end. */
struct reading {
	const struct wire_call *call;
	const struct model *model;
	const char *wrong; /* NULL while all is well */
};

static inline const struct shape *shape_at(const struct model *model, uint16_t number)
{
	return &model->shapes[number];
}

/* How a member's timestamp is written: as the member, its shape, or the protocol says. */
uint8_t timestamp_form(const struct model *model, const struct member *member, uint8_t otherwise);

/* Scalars and text. NULL: the text is none. A new reference. */
json_t *value_from_text(const struct shape *shape, uint8_t form, const char *text, size_t len);
/* False, and nothing added: the value is of a kind that has no text. */
bool value_to_text(struct buf *out, const struct shape *shape, uint8_t form, const json_t *value);
json_t *time_from_text(const char *text); /* ISO 8601, HTTP date or epoch seconds */

/* A list that flattens is written without an element of its own around it. */
bool list_flattens(const struct model *model, const struct member *member);

const char *reading_fail(struct reading *reading, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* One a protocol: bodies into trees. New references, NULL where there is nothing. */
json_t *json_body_read(struct reading *reading, const struct shape *shape, struct span body);
json_t *query_read(struct reading *reading, const struct shape *shape);
json_t *xml_body_read(struct reading *reading, const struct shape *shape, struct span body);
void rest_read(struct reading *reading, const struct shape *shape, json_t *in);

/* … and back. */
void json_body_write(struct buf *out, const struct model *model, const struct shape *shape,
		     const json_t *tree);
/* The members of a structure as elements, and one element with its members. */
void xml_members_write(struct buf *out, const struct wire_call *call, const struct shape *shape,
		       const json_t *tree);
void xml_element_write(struct buf *out, const struct wire_call *call, const char *name,
		       const char *xmlns, const struct shape *shape, const json_t *tree);
void rest_write(const struct wire_call *call, const struct shape *shape, const json_t *tree,
		struct wire_reply *reply);

/* The operation whose method and URI fit; NULL: none. */
const struct known_op *uri_find(const struct wire_call *call);
/* The text of each {Label} of the operation's URI, decoded, put into `in`. */
void uri_read(struct reading *reading, const struct shape *shape, json_t *in);

/* Fields of a query string. The value is decoded; NULL: missing. */
char *query_field(struct arena *arena, struct span query, const char *name);
bool query_has(struct span query, const char *name, size_t len);

/* The next field of a form, name and value still encoded. False at the end. */
bool form_next(struct span *form, struct span *ret_name, struct span *ret_value);
char *form_decode(struct arena *arena, struct span text, size_t *ret_len);

void reply_start(const struct wire_call *call, struct wire_reply *reply, int status,
		 const char *content_type);
const char *reply_json_type(const struct wire_call *call);
const char *reply_host_id(const struct wire_call *call); /* S3's second id */
void reply_header(struct wire_reply *reply, const char *name, const char *value);
struct buf *arena_buf(struct arena *arena);

#endif
