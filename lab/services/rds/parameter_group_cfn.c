/*
 * parameter_group_cfn.c - AWS::RDS::DBParameterGroup and AWS::RDS::DBClusterParameterGroup.
 */
#include "lab/services/rds/nouns.h"

#include "lab/aws/cfn_call.h"

#include <string.h>

struct group_calls {
	const char *kind;
	const char *name;
	const char *arn_kind;
	int create, modify, reset, remove;
};

static const struct group_calls of_instances = {
	DB_PARAMETER_GROUP,	    "DBParameterGroupName",	"pg",
	RDS_CreateDBParameterGroup, RDS_ModifyDBParameterGroup, RDS_ResetDBParameterGroup,
	RDS_DeleteDBParameterGroup,
};
static const struct group_calls of_clusters = {
	DB_CLUSTER_PARAMETER_GROUP,
	"DBClusterParameterGroupName",
	"cluster-pg",
	RDS_CreateDBClusterParameterGroup,
	RDS_ModifyDBClusterParameterGroup,
	RDS_ResetDBClusterParameterGroup,
	RDS_DeleteDBClusterParameterGroup,
};

static const char *text_of(struct request *rq, const json_t *value)
{
	AUTO_FREE char *text = NULL;

	if (json_is_string(value))
		return json_string_value(value);
	text = json_dumps(value, JSON_ENCODE_ANY);
	return rq_strdup(rq, text);
}

/* Those of `props` that `other` has not (with the same value, if values count), by op. */
static int tell(struct request *rq, const char *id, const struct group_calls *how, int op,
		const json_t *props, const json_t *other, bool values)
{
	json_t *in = rq_object(rq), *list = json_add_array(in, "Parameters");
	const json_t *value, *its;
	const char *name;

	json_each_member (json_get(props, "Parameters"), name, value) {
		json_t *parameter;

		its = json_get(json_get(other, "Parameters"), name);
		if (its && (!values || json_equal(its, value)))
			continue;
		parameter = json_push_object(list);
		json_set_str(parameter, "ParameterName", name);
		json_set_str(parameter, "ParameterValue", text_of(rq, value));
		json_set_str(parameter, "ApplyMethod", "pending-reboot");
	}
	if (json_array_size(list) == 0)
		return 0;
	json_set_str(in, how->name, id);
	return cfn_call(rq, &rds_model, op, in, NULL);
}

static int create(struct request *rq, const struct group_calls *how, const struct cfn_resource *r,
		  const char **ret_id)
{
	const char *name = rds_id(rq, cfn_name_prop(rq, r, how->name, 255, true));
	json_t *in = rq_object(rq);
	int err;

	json_set_str(in, how->name, name);
	json_set(in, "DBParameterGroupFamily", json_get(r->props, "Family"));
	json_set(in, "Description", json_get(r->props, "Description"));
	json_set(in, "Tags", cfn_tags(rq, r));
	err = cfn_call(rq, &rds_model, how->create, in, NULL);
	if (err)
		return err;
	*ret_id = name;
	return tell(rq, name, how, how->modify, r->props, NULL, true);
}

static int update(struct request *rq, const struct group_calls *how, const struct cfn_resource *r,
		  const json_t *old)
{
	int err = tell(rq, r->physical_id, how, how->reset, old, r->props, false);

	if (!err)
		err = tell(rq, r->physical_id, how, how->modify, r->props, old, true);
	if (err)
		return err;
	return rds_retag(rq, r, old, how->arn_kind);
}

static int show(struct request *rq, const struct group_calls *how, const struct cfn_resource *r,
		json_t *ret_props, int *ret_there)
{
	static const struct cfn_alias aliases[] = {
		{"Family", "DBParameterGroupFamily"},
		{NULL, NULL},
	};
	const json_t *group = store_get(rq->tx, how->kind, r->physical_id), *parameter;
	json_t *parameters;
	size_t i;

	*ret_there = group != NULL;
	cfn_show(r, group, aliases, ret_props);
	if (!group || !json_has(r->props, "Parameters"))
		return 0;
	parameters = json_add_object(ret_props, "Parameters");
	json_each (json_get(group, "_Parameters"), i, parameter)
		json_set(parameters, json_str(parameter, "ParameterName"),
			 json_get(parameter, "ParameterValue"));
	return 0;
}

static int delete (struct request *rq, const struct group_calls *how, const struct cfn_resource *r)
{
	json_t *in = rq_object(rq);

	json_set_str(in, how->name, r->physical_id);
	return cfn_call_unless(rq, &rds_model, how->remove, in, "NotFound");
}

int rds_parameter_group_create(struct request *rq, const struct cfn_resource *r,
			       const char **ret_id)
{
	return create(rq, &of_instances, r, ret_id);
}

int rds_cluster_parameter_group_create(struct request *rq, const struct cfn_resource *r,
				       const char **ret_id)
{
	return create(rq, &of_clusters, r, ret_id);
}

int rds_parameter_group_update(struct request *rq, const struct cfn_resource *r, const json_t *old)
{
	return update(rq, &of_instances, r, old);
}

int rds_cluster_parameter_group_update(struct request *rq, const struct cfn_resource *r,
				       const json_t *old)
{
	return update(rq, &of_clusters, r, old);
}

int rds_parameter_group_read(struct request *rq, const struct cfn_resource *r, json_t *ret_props,
			     int *ret_there)
{
	return show(rq, &of_instances, r, ret_props, ret_there);
}

int rds_cluster_parameter_group_read(struct request *rq, const struct cfn_resource *r,
				     json_t *ret_props, int *ret_there)
{
	return show(rq, &of_clusters, r, ret_props, ret_there);
}

int rds_parameter_group_delete(struct request *rq, const struct cfn_resource *r)
{
	return delete (rq, &of_instances, r);
}

int rds_cluster_parameter_group_delete(struct request *rq, const struct cfn_resource *r)
{
	return delete (rq, &of_clusters, r);
}
