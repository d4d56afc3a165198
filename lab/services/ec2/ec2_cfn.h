/*
 * ec2_cfn.h - what the CloudFormation types of this folder share.
 */
#ifndef SERVICES_EC2_CFN_H
#define SERVICES_EC2_CFN_H

#include "lab/services/ec2/nouns.h"

/*
 * Copies the properties of the first list into `in`. Those of the second (or NULL) are the caller's to
 * see to; any other is refused by name. Both lists end with NULL.
 */
int ec2_cfn_take(struct request *rq, const struct cfn_resource *r, const char *const *copied,
		 const char *const *handled, json_t *in);

/* Sets TagSpecifications: the resource's own tags, then those of the stack. */
void ec2_cfn_tags(struct request *rq, const struct cfn_resource *r, const struct ec2_noun *noun,
		  json_t *in);

/* Calls as the stack's principal. out may be NULL. 0, or the fault passed on. */
int ec2_cfn_call(struct request *rq, int op, const json_t *in, json_t *out);
/* … with the one member `id_name`; what is gone already is no fault. */
int ec2_cfn_delete(struct request *rq, int op, const char *id_name, const char *id);
int ec2_cfn_delete_with(struct request *rq, int op, const json_t *in);

/* A member of the document with that id as an attribute; NULL: there is none. */
json_t *ec2_cfn_member(struct request *rq, const struct ec2_noun *noun, const char *id,
		       const char *member);

/* ec2_cfn_security_group.c */
int ec2_cfn_group_create(struct request *rq, const struct cfn_resource *r, const char **ret_id);
int ec2_cfn_group_delete(struct request *rq, const struct cfn_resource *r);
json_t *ec2_cfn_group_get_att(struct request *rq, const struct cfn_resource *r, const char *name);
int ec2_cfn_ingress_create(struct request *rq, const struct cfn_resource *r, const char **ret_id);
int ec2_cfn_ingress_delete(struct request *rq, const struct cfn_resource *r);
int ec2_cfn_egress_create(struct request *rq, const struct cfn_resource *r, const char **ret_id);
int ec2_cfn_egress_delete(struct request *rq, const struct cfn_resource *r);
json_t *ec2_cfn_rule_get_att(struct request *rq, const struct cfn_resource *r, const char *name);

#endif
