/*
 * parameter_group.c - parameter groups of instances and of clusters: kept.
 *
 *   keeps      rds/parameter-group, rds/cluster-parameter-group   by name
 *   left out   the engine's own parameters and groups: what nobody set is not shown; none acts yet
 *
 * Both kinds have the same calls under different names: what a call means, its input says.
 */
#include "lab/services/rds/nouns.h"

#include <string.h>

static const struct group_type {
	const char *kind;
	const char *name; /* the member with its name */
	const char *arn, *arn_kind;
	const char *shown; /* in the answer */
} types[] = {
	{DB_CLUSTER_PARAMETER_GROUP, "DBClusterParameterGroupName", "DBClusterParameterGroupArn",
	 "cluster-pg", "DBClusterParameterGroup"},
	{DB_PARAMETER_GROUP, "DBParameterGroupName", "DBParameterGroupArn", "pg",
	 "DBParameterGroup"},
};

static const struct group_type *type_of(const json_t *in)
{
	return json_has(in, types[0].name) ? &types[0] : &types[1];
}

static const char *name_of(struct request *rq, const json_t *in)
{
	return rds_id(rq, json_str(in, type_of(in)->name));
}

static int no_group(struct request *rq, const char *name)
{
	return fault(rq, RDS_DBParameterGroupNotFoundFault, "DBParameterGroup not found: %s", name);
}

bool rds_has_parameter_group(struct request *rq, const char *kind, const char *name)
{
	return !name || strncmp(name, "default.", 8) == 0 ||
	       store_has(rq->tx, kind, rds_id(rq, name));
}

int rds_create_parameter_group(struct request *rq, const json_t *in, json_t *out)
{
	const struct group_type *type = type_of(in);
	const char *name = name_of(rq, in);
	json_t *group = rq_object(rq);

	if (store_has(rq->tx, type->kind, name))
		return fault(rq, RDS_DBParameterGroupAlreadyExistsFault,
			     "Parameter group %s already exists", name);
	json_set_str(group, type->name, name);
	json_set(group, "DBParameterGroupFamily", json_get(in, "DBParameterGroupFamily"));
	json_set(group, "Description", json_get(in, "Description"));
	json_set_str(group, type->arn,
		     rq_arn(rq, "rds", rq_fmt(rq, "%s:%s", type->arn_kind, name)));
	json_add_array(group, "_Parameters");
	json_set(group, "_Tags", json_get(in, "Tags"));
	store_put(rq->tx, type->kind, name, group);
	json_set(out, type->shown, group);
	return 0;
}

static bool names_parameter(const json_t *parameters, const char *name)
{
	const json_t *parameter;
	size_t i;

	json_each (parameters, i, parameter)
		if (rds_is(parameter, "ParameterName", name))
			return true;
	return false;
}

/* The group's parameters but for those that `in` names, which set adds as they are now. */
static int change(struct request *rq, const json_t *in, bool set, json_t *out)
{
	const struct group_type *type = type_of(in);
	const char *name = name_of(rq, in);
	json_t *group = store_edit(rq->tx, type->kind, name), *kept = rq_array(rq), *added;
	const json_t *changed = json_get(in, "Parameters"), *parameter;
	bool all = json_bool_or(in, "ResetAllParameters", false);
	size_t i;

	if (!group)
		return no_group(rq, name);
	json_each (json_get(group, "_Parameters"), i, parameter)
		if (!all && !names_parameter(changed, json_str(parameter, "ParameterName")))
			json_push(kept, parameter);
	json_each (changed, i, parameter) {
		if (!set)
			break;
		added = json_push_object(kept);
		json_set(added, "ParameterName", json_get(parameter, "ParameterName"));
		json_set(added, "ParameterValue", json_get(parameter, "ParameterValue"));
		json_set(added, "ApplyMethod", json_get(parameter, "ApplyMethod"));
		json_set_str(added, "Source", "user");
		json_set_bool(added, "IsModifiable", true);
	}
	json_set(group, "_Parameters", kept);
	store_put(rq->tx, type->kind, name, group);
	json_set_str(out, type->name, name);
	return 0;
}

int rds_modify_parameter_group(struct request *rq, const json_t *in, json_t *out)
{
	return change(rq, in, true, out);
}

int rds_reset_parameter_group(struct request *rq, const json_t *in, json_t *out)
{
	return change(rq, in, false, out);
}

/* The database that uses it and stays, or NULL. */
static const char *user_of(struct request *rq, const struct group_type *type, const char *name)
{
	const json_t *database;
	size_t i;

	if (type == &types[0]) {
		json_each (store_list(rq->tx, DB_CLUSTER), i, database)
			if (rds_is(database, "DBClusterParameterGroup", name) &&
			    !rds_is(database, "Status", "deleting"))
				return json_str(database, "DBClusterIdentifier");
		return NULL;
	}
	json_each (store_list(rq->tx, DB_INSTANCE), i, database)
		if (rds_is(json_path(database, "DBParameterGroups.0"), "DBParameterGroupName",
			   name) &&
		    !rds_is(database, "DBInstanceStatus", "deleting"))
			return json_str(database, "DBInstanceIdentifier");
	return NULL;
}

int rds_delete_parameter_group(struct request *rq, const json_t *in, json_t *out)
{
	const struct group_type *type = type_of(in);
	const char *name = name_of(rq, in), *user;

	if (!store_has(rq->tx, type->kind, name))
		return no_group(rq, name);
	user = user_of(rq, type, name);
	if (user)
		return fault(rq, RDS_InvalidDBParameterGroupStateFault,
			     "One or more database instances are still members of this parameter "
			     "group %s: %s",
			     name, user);
	store_delete(rq->tx, type->kind, name);
	return 0;
}

static int describe_groups(struct request *rq, const struct group_type *type, const char *list,
			   const json_t *in, json_t *out)
{
	const struct rds_listing listing = {
		.kind = type->kind,
		.id = rds_id(rq, json_str(in, type->name)),
		.list = list,
	};

	if (listing.id && !store_has(rq->tx, type->kind, listing.id))
		return no_group(rq, listing.id);
	return rds_describe(rq, in, &listing, out);
}

int rds_describe_db_cluster_parameter_groups(struct request *rq, const json_t *in, json_t *out)
{
	return describe_groups(rq, &types[0], "DBClusterParameterGroups", in, out);
}

int rds_describe_db_parameter_groups(struct request *rq, const json_t *in, json_t *out)
{
	return describe_groups(rq, &types[1], "DBParameterGroups", in, out);
}

int rds_describe_parameters(struct request *rq, const json_t *in, json_t *out)
{
	const char *name = name_of(rq, in), *source = json_str_or(in, "Source", "user");
	const json_t *group = store_get(rq->tx, type_of(in)->kind, name);

	if (!group)
		return no_group(rq, name);
	if (strcmp(source, "user") == 0)
		json_set(out, "Parameters", json_get(group, "_Parameters"));
	else
		json_add_array(out, "Parameters");
	return 0;
}
