/*
 * cfn_read.h - drift: what a Describe call shows, in the template's words.
 */
#ifndef LAB_AWS_CFN_READ_H
#define LAB_AWS_CFN_READ_H

#include "lab/aws/service.h"

/* A property that the API calls otherwise, or keeps elsewhere: the way to it in the answer. */
struct cfn_alias {
	const char *prop;
	const char *path; /* "HealthCheck.Path"; NULL prop ends the list */
};

/* The call that shows a resource. */
struct cfn_reading {
	const struct model *model;
	int op;
	const char *id; /* member for the physical id */
	bool id_is_list;
	const char *path; /* of the document in the answer: "Vpcs.0"; NULL: the answer */
	const char *gone; /* in the code of the fault that says it is not there: "NotFound" */
	const struct cfn_alias *aliases;
};

/*
 * For `read` of struct resource: asks, and puts those of r->props that the document has into
 * ret_props. in: more members for the call, or NULL.
 */
int cfn_read(struct request *rq, const struct cfn_resource *r, const struct cfn_reading *how,
	     const json_t *in, json_t *ret_props, int *ret_there);

/*
 * A document in the words of the properties `like`: members by their names, whatever the case of
 * the first letter; of objects those that `like` has; "80" where `like` has text. A new reference.
 */
json_t *cfn_like(const json_t *document, const json_t *like);

/* The properties of r that the document has, and those that aliases (or NULL) lead to. */
void cfn_show(const struct cfn_resource *r, const json_t *document, const struct cfn_alias *aliases,
	      json_t *ret_props);

#endif
