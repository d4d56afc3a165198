/*
 * nouns.h - what the files of this folder share: the kinds of documents, looking them up by id or by
 * filters, and the operations of each noun for the table in ec2.c.
 */
#ifndef SERVICES_EC2_NOUNS_H
#define SERVICES_EC2_NOUNS_H

#include "lab/aws/lab.h"
#include "lib/base/cidr.h"
#include "lab/models/ec2.h"

/* A filter of a Describe call and the way to its values in the document; "*" steps into lists. */
struct ec2_filter {
	const char *name; /* "attachment.vpc-id"; NULL ends the list */
	const char *path; /* "Attachments.*.VpcId" */
};

/* A kind of document that has ids and is described. Its key in the store is its id. */
struct ec2_noun {
	const char *kind;	   /* "ec2/vpc" */
	const char *tag_type;	   /* in TagSpecifications and DescribeTags: "vpc" */
	const char *id;		   /* the member that holds it: "VpcId" */
	const char *ids_in;	   /* input of Describe: "VpcIds" */
	const char *list_out;	   /* … and its output: "Vpcs" */
	const char *missing_code;  /* "InvalidVpcID.NotFound" */
	const char *missing_front; /* "The vpc ID '" */
	const char *missing_back;  /* "' does not exist" */
	const char *tags;	   /* "Tags"; network interfaces say "TagSet" */
	const struct ec2_filter *filters;
	/* Fills in what is not kept but counted; false: not to be shown any more. May be NULL. */
	bool (*show)(struct request *rq, json_t *document);
};

extern const struct ec2_noun ec2_vpc, ec2_subnet, ec2_route_table, ec2_internet_gateway,
	ec2_nat_gateway, ec2_address, ec2_security_group, ec2_security_group_rule,
	ec2_network_interface, ec2_network_acl, ec2_flow_log, ec2_vpc_endpoint;

/* Every noun that can be tagged, NULL-terminated. */
extern const struct ec2_noun *const ec2_nouns[];

/* Describe by ids and filters, in pages. */
int ec2_describe(struct request *rq, const struct ec2_noun *noun, const json_t *in, json_t *out);

/* The document, or NULL if there is none (or no id). */
const json_t *ec2_get(struct request *rq, const struct ec2_noun *noun, const char *id);
json_t *ec2_edit(struct request *rq, const struct ec2_noun *noun, const char *id);
/* Members of a call that ask for what is not in the lab: a fault that names the first. */
int ec2_refuse(struct request *rq, const json_t *in, const char *const *members);
/* Always "return ec2_missing(…)". */
int ec2_missing(struct request *rq, const struct ec2_noun *noun, const char *id);

/* The documents in which `member` is `value`: a new array of the request's, documents not copied. */
const json_t *ec2_where(struct request *rq, const struct ec2_noun *noun, const char *member,
			const char *value);
bool ec2_any(struct request *rq, const struct ec2_noun *noun, const char *member,
	     const char *value);

/* A new id ("vpc-" and 17 hex digits), put into the document; tags from TagSpecifications. */
const char *ec2_name_it(struct request *rq, const struct ec2_noun *noun, const char *prefix,
			const json_t *in, json_t *document);
void ec2_keep(struct request *rq, const struct ec2_noun *noun, const json_t *document);

/* Is `value` one of the patterns? '*' and '?' as in EC2's filters. */
bool ec2_filter_match(const char *pattern, const char *value);

/* Made with a VPC, and gone with it. */
void ec2_route_table_main(struct request *rq, const char *vpc_id);
void ec2_security_group_default(struct request *rq, const char *vpc_id);
void ec2_network_acl_default(struct request *rq, const char *vpc_id);
void ec2_security_group_drop(struct request *rq, const char *group_id); /* with its rules */

/* A subnet comes and goes. */
void ec2_network_acl_join(struct request *rq, const char *vpc_id, const char *subnet_id);
void ec2_network_acl_leave(struct request *rq, const char *subnet_id);
void ec2_route_table_forget(struct request *rq, const char *subnet_id);

/* The default group of a VPC: its id, or NULL. */
const char *ec2_security_group_of(struct request *rq, const char *vpc_id);

/* The gateway that a VPC is attached to, or NULL. */
const json_t *ec2_internet_gateway_of(struct request *rq, const char *vpc_id);

/* How many addresses of a subnet are taken by network interfaces. */
int64_t ec2_network_interface_count(struct request *rq, const char *subnet_id);

/* CloudFormation types, collected in ec2_cfn.c. */
extern const struct resource ec2_resources[];

/* The operations, by noun. */
extern op_fn ec2_create_vpc, ec2_delete_vpc, ec2_describe_vpcs, ec2_modify_vpc_attribute,
	ec2_describe_vpc_attribute, ec2_describe_network_acls;
extern op_fn ec2_create_subnet, ec2_delete_subnet, ec2_describe_subnets,
	ec2_modify_subnet_attribute;
extern op_fn ec2_create_route_table, ec2_delete_route_table, ec2_describe_route_tables,
	ec2_associate_route_table, ec2_disassociate_route_table, ec2_create_route, ec2_delete_route;
extern op_fn ec2_create_internet_gateway, ec2_delete_internet_gateway,
	ec2_describe_internet_gateways, ec2_attach_internet_gateway, ec2_detach_internet_gateway;
extern op_fn ec2_create_nat_gateway, ec2_delete_nat_gateway, ec2_describe_nat_gateways,
	ec2_allocate_address, ec2_release_address, ec2_describe_addresses;
extern op_fn ec2_create_security_group, ec2_delete_security_group, ec2_describe_security_groups,
	ec2_describe_security_group_rules, ec2_authorize_security_group_ingress,
	ec2_authorize_security_group_egress, ec2_revoke_security_group_ingress,
	ec2_revoke_security_group_egress, ec2_modify_security_group_rules;
extern op_fn ec2_create_network_interface, ec2_delete_network_interface,
	ec2_describe_network_interfaces;
extern op_fn ec2_create_tags, ec2_delete_tags, ec2_describe_tags;
extern op_fn ec2_describe_regions, ec2_describe_availability_zones;
extern op_fn ec2_create_flow_logs, ec2_delete_flow_logs, ec2_describe_flow_logs;
extern op_fn ec2_create_vpc_endpoint, ec2_modify_vpc_endpoint, ec2_delete_vpc_endpoints,
	ec2_describe_vpc_endpoints;
extern op_fn ec2_describe_vpn_gateways;

#endif
