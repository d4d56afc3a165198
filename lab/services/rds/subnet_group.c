/*
 * subnet_group.c - DB subnet groups: where clusters may have their addresses.
 *
 *   keeps      rds/subnet-group   by name
 */
#include "lab/models/ec2.h"
#include "lab/services/rds/nouns.h"

#include <string.h>

int rds_no_subnet_group(struct request *rq, const char *name)
{
	return fault(rq, RDS_DBSubnetGroupNotFoundFault, "DB subnet group '%s' does not exist.",
		     name ? name : "");
}

/* What EC2 says of them, as the service: the caller need not be allowed to ask EC2. */
static const json_t *find_subnets(struct request *rq, const json_t *ids)
{
	json_t *in = rq_object(rq);
	json_t *out = rq_object(rq);

	json_set(in, "SubnetIds", ids);
	if (aws_call(rq, principal_service(rq, "rds.amazonaws.com"), &ec2_model,
		     EC2_DescribeSubnets, in, out) != 0)
		return NULL;
	return json_get(out, "Subnets");
}

static int add_subnets(struct request *rq, const json_t *ids, json_t *group)
{
	const json_t *found = find_subnets(rq, ids);
	json_t *subnets = json_add_array(group, "Subnets");
	const char *first = json_path_str(found, "0.AvailabilityZone");
	bool two_zones = false;
	const json_t *subnet;
	size_t i;

	if (!found || json_array_size(found) == 0)
		return fault(rq, RDS_InvalidSubnet, "Some input subnets in :%s are invalid.",
			     found ? "[]" : rq->called.message);
	json_each (found, i, subnet) {
		const char *zone = json_str(subnet, "AvailabilityZone");
		json_t *shown = json_push_object(subnets);

		two_zones = two_zones || strcmp(zone, first) != 0;
		json_set_str(shown, "SubnetIdentifier", json_str(subnet, "SubnetId"));
		json_set_str(json_add_object(shown, "SubnetAvailabilityZone"), "Name", zone);
		json_add_object(shown, "SubnetOutpost");
		json_set_str(shown, "SubnetStatus", "Active");
		json_set_str(group, "VpcId", json_str(subnet, "VpcId"));
	}
	if (!two_zones)
		return fault(
			rq, RDS_DBSubnetGroupDoesNotCoverEnoughAZs,
			"The DB subnet group doesn't meet Availability Zone (AZ) coverage "
			"requirement. Current AZ coverage: %s. Add subnets to cover at least 2 "
			"AZs.",
			first);
	return 0;
}

int rds_create_db_subnet_group(struct request *rq, const json_t *in, json_t *out)
{
	const char *name = rds_id(rq, json_str(in, "DBSubnetGroupName"));
	json_t *group = rq_object(rq);
	int err;

	if (store_has(rq->tx, DB_SUBNET_GROUP, name))
		return fault(rq, RDS_DBSubnetGroupAlreadyExistsFault,
			     "The DB subnet group '%s' already exists.", name);
	json_set_str(group, "DBSubnetGroupName", name);
	json_set_str(group, "DBSubnetGroupDescription", json_str(in, "DBSubnetGroupDescription"));
	json_set_str(group, "SubnetGroupStatus", "Complete");
	err = add_subnets(rq, json_get(in, "SubnetIds"), group);
	if (err)
		return err;
	json_set_str(group, "DBSubnetGroupArn", rq_arn(rq, "rds", rq_fmt(rq, "subgrp:%s", name)));
	json_push_str(json_add_array(group, "SupportedNetworkTypes"), "IPV4");
	json_set(group, "_Tags", json_get(in, "Tags"));
	store_put(rq->tx, DB_SUBNET_GROUP, name, group);
	json_set(out, "DBSubnetGroup", group);
	return 0;
}

int rds_modify_db_subnet_group(struct request *rq, const json_t *in, json_t *out)
{
	const char *name = rds_id(rq, json_str(in, "DBSubnetGroupName"));
	json_t *group = store_edit(rq->tx, DB_SUBNET_GROUP, name);
	int err;

	if (!group)
		return rds_no_subnet_group(rq, name);
	if (json_has(in, "DBSubnetGroupDescription"))
		json_set_str(group, "DBSubnetGroupDescription",
			     json_str(in, "DBSubnetGroupDescription"));
	err = add_subnets(rq, json_get(in, "SubnetIds"), group);
	if (err)
		return err;
	store_put(rq->tx, DB_SUBNET_GROUP, name, group);
	json_set(out, "DBSubnetGroup", group);
	return 0;
}

int rds_delete_db_subnet_group(struct request *rq, const json_t *in, json_t *out)
{
	const char *name = rds_id(rq, json_str(in, "DBSubnetGroupName"));
	const json_t *cluster, *instance;
	size_t i;

	if (!store_has(rq->tx, DB_SUBNET_GROUP, name))
		return rds_no_subnet_group(rq, name);
	json_each (store_list(rq->tx, DB_CLUSTER), i, cluster) {
		if (rds_is(cluster, "DBSubnetGroup", name) &&
		    !rds_is(cluster, "Status", "deleting"))
			return fault(rq, RDS_InvalidDBSubnetGroupStateFault,
				     "Cannot delete the subnet group '%s' because at least one "
				     "database cluster: %s is still using it.",
				     name, json_str(cluster, "DBClusterIdentifier"));
	}
	json_each (store_list(rq->tx, DB_INSTANCE), i, instance) {
		if (rds_is(json_get(instance, "DBSubnetGroup"), "DBSubnetGroupName", name) &&
		    !rds_is(instance, "DBInstanceStatus", "deleting"))
			return fault(rq, RDS_InvalidDBSubnetGroupStateFault,
				     "Cannot delete the subnet group '%s' because at least one "
				     "database instance: %s is still using it.",
				     name, json_str(instance, "DBInstanceIdentifier"));
	}
	store_delete(rq->tx, DB_SUBNET_GROUP, name);
	return 0;
}

int rds_describe_db_subnet_groups(struct request *rq, const json_t *in, json_t *out)
{
	const struct rds_listing listing = {
		.kind = DB_SUBNET_GROUP,
		.id = rds_id(rq, json_str(in, "DBSubnetGroupName")),
		.list = "DBSubnetGroups",
	};

	if (listing.id && !store_has(rq->tx, DB_SUBNET_GROUP, listing.id))
		return rds_no_subnet_group(rq, listing.id);
	return rds_describe(rq, in, &listing, out);
}
