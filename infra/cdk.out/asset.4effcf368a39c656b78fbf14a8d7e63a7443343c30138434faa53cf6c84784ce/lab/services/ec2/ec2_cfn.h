/*
 * ec2_cfn.h - what the CloudFormation types of this folder share.
 */
#ifndef SERVICES_EC2_CFN_H
#define SERVICES_EC2_CFN_H

#include "lab/aws/cfn_read.h"
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

/* What an update changes of the tags: the update of types in which nothing else can. */
int ec2_cfn_retag(struct request *rq, const struct cfn_resource *r, const json_t *old);
/* Drift: what Describe shows of the document with the physical id. */
int ec2_cfn_read(struct request *rq, const struct cfn_resource *r, const struct ec2_noun *noun,
		 const struct cfn_alias *aliases, json_t *ret_props, int *ret_there);
bool ec2_cfn_changed(const struct cfn_resource *r, const json_t *old, const char *prop);

/* ec2_cfn_endpoint.c: endpoints and flow logs */
int ec2_cfn_endpoint_create(struct request *rq, const struct cfn_resource *r, const char **ret_id);
int ec2_cfn_endpoint_update(struct request *rq, const struct cfn_resource *r, const json_t *old);
int ec2_cfn_endpoint_delete(struct request *rq, const struct cfn_resource *r);
int ec2_cfn_endpoint_read(struct request *rq, const struct cfn_resource *r, json_t *ret_props,
			  int *ret_there);
json_t *ec2_cfn_endpoint_get_att(struct request *rq, const struct cfn_resource *r,
				 const char *name);
int ec2_cfn_flow_log_create(struct request *rq, const struct cfn_resource *r, const char **ret_id);
int ec2_cfn_flow_log_delete(struct request *rq, const struct cfn_resource *r);
int ec2_cfn_flow_log_read(struct request *rq, const struct cfn_resource *r, json_t *ret_props,
			  int *ret_there);
json_t *ec2_cfn_flow_log_get_att(struct request *rq, const struct cfn_resource *r,
				 const char *name);

/* ec2_cfn_security_group.c */
int ec2_cfn_group_update(struct request *rq, const struct cfn_resource *r, const json_t *old);
int ec2_cfn_group_read(struct request *rq, const struct cfn_resource *r, json_t *ret_props,
		       int *ret_there);
int ec2_cfn_ingress_update(struct request *rq, const struct cfn_resource *r, const json_t *old);
int ec2_cfn_egress_update(struct request *rq, const struct cfn_resource *r, const json_t *old);
int ec2_cfn_group_create(struct request *rq, const struct cfn_resource *r, const char **ret_id);
int ec2_cfn_group_delete(struct request *rq, const struct cfn_resource *r);
json_t *ec2_cfn_group_get_att(struct request *rq, const struct cfn_resource *r, const char *name);
int ec2_cfn_ingress_create(struct request *rq, const struct cfn_resource *r, const char **ret_id);
int ec2_cfn_ingress_delete(struct request *rq, const struct cfn_resource *r);
int ec2_cfn_egress_create(struct request *rq, const struct cfn_resource *r, const char **ret_id);
int ec2_cfn_egress_delete(struct request *rq, const struct cfn_resource *r);
json_t *ec2_cfn_rule_get_att(struct request *rq, const struct cfn_resource *r, const char *name);

#endif
