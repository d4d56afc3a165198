/*
 * cfn_tags.h - tags of what a stack made: the resource's own, and those of the stack.
 *
 * Where both have a key, the resource's own wins. A property Tags is a list of {Key, Value}, or (SSM)
 * a map.
 */
#ifndef LAB_AWS_CFN_TAGS_H
#define LAB_AWS_CFN_TAGS_H

#include "lab/aws/service.h"

/* [{Key, Value}]; NULL: there are none. */
json_t *cfn_tags(struct request *rq, const struct cfn_resource *r);
/* The same as a map, {} where there are none. */
json_t *cfn_tag_map(struct request *rq, const struct cfn_resource *r);

/* How a service is told: one call that sets tags, one that takes keys away. */
struct cfn_tagging {
	const struct model *model;
	int tag_op, untag_op;
	const char *id; /* the member for the resource's id or ARN */
	bool id_is_list;
	const char *tags, *keys; /* members; keys NULL: tags too, as [{Key}] */
	const char *key, *value; /* of one tag; NULL: tags are a map */
	const char *kind[2];	 /* one more member and its text; or NULL */
};

/* Tells of what an update changes of the tags: nothing, most times. 0 or a fault. */
int cfn_retag(struct request *rq, const struct cfn_resource *r, const json_t *old,
	      const struct cfn_tagging *how, const char *id);

#endif
