/*
 * security_group_rule.h - one rule of a security group, as a value.
 */
#ifndef SERVICES_EC2_SECURITY_GROUP_RULE_H
#define SERVICES_EC2_SECURITY_GROUP_RULE_H

#include "lab/services/ec2/nouns.h"

/* Exactly one of the four peers is set. Text is the request's. */
struct ec2_rule {
	const char *group_id;
	bool egress;
	const char *protocol;  /* "tcp", "udp", "icmp", "-1" (all; has no ports), or a number */
	int64_t from, to;      /* ports; type and code of icmp */
	const char *cidr;      /* "0.0.0.0/0" */
	const char *cidr6;     /* "::/0" */
	const char *prefixes;  /* "pl-…" */
	const char *source_id; /* another group, "sg-…" */
	const char *description;
};

/* Keeps it under a new id, which is returned; tags from TagSpecifications of `in` (or NULL). */
const char *ec2_rule_put(struct request *rq, const struct ec2_rule *rule, const json_t *in);

/* The rules of a group in the shape of IpPermissions: a new array, owned by the caller. */
json_t *ec2_rule_permissions(struct request *rq, const char *group_id, bool egress);

#endif
