/*
 * cloudwatch_cfn.c - AWS::CloudWatch::Alarm and AWS::CloudWatch::Dashboard.
 */
#include "lab/services/cloudwatch/cloudwatch_cfn.h"

#include "lab/aws/cfn_call.h"
#include "lab/models/cloudwatch.h"

#include <string.h>

static int put_alarm(struct request *rq, const struct cfn_resource *r, const char *name)
{
	json_t *in = NULL;
	int err = cfn_input(rq, &cloudwatch_model, CLOUDWATCH_PutMetricAlarm, r->props, &in);

	if (err)
		return err;
	json_set_str(in, "AlarmName", name);
	json_set(in, "Tags", cfn_tags(rq, r));
	return cfn_call(rq, &cloudwatch_model, CLOUDWATCH_PutMetricAlarm, in, NULL);
}

static int create_alarm(struct request *rq, const struct cfn_resource *r, const char **ret_id)
{
	const char *name = cfn_name_prop(rq, r, "AlarmName", 255, false);
	int err = put_alarm(rq, r, name);

	if (err == 0)
		*ret_id = name;
	return err;
}

static int update_alarm(struct request *rq, const struct cfn_resource *r, const json_t *old)
{
	return put_alarm(rq, r, r->physical_id);
}

static int delete_alarm(struct request *rq, const struct cfn_resource *r)
{
	json_t *in = rq_object(rq);

	json_push_str(json_add_array(in, "AlarmNames"), r->physical_id);
	return cfn_call_unless(rq, &cloudwatch_model, CLOUDWATCH_DeleteAlarms, in,
			       "ResourceNotFound");
}

static json_t *get_alarm_att(struct request *rq, const struct cfn_resource *r, const char *name)
{
	if (strcmp(name, "Arn") != 0)
		return NULL;
	return json_string(rq_arn(rq, "cloudwatch", rq_fmt(rq, "alarm:%s", r->physical_id)));
}

static int put_dashboard(struct request *rq, const struct cfn_resource *r, const char *name)
{
	json_t *in = NULL;
	int err = cfn_input(rq, &cloudwatch_model, CLOUDWATCH_PutDashboard, r->props, &in);

	if (err)
		return err;
	json_set_str(in, "DashboardName", name);
	return cfn_call(rq, &cloudwatch_model, CLOUDWATCH_PutDashboard, in, NULL);
}

static int create_dashboard(struct request *rq, const struct cfn_resource *r, const char **ret_id)
{
	const char *name = cfn_name_prop(rq, r, "DashboardName", 255, false);
	int err = put_dashboard(rq, r, name);

	if (err == 0)
		*ret_id = name;
	return err;
}

static int update_dashboard(struct request *rq, const struct cfn_resource *r, const json_t *old)
{
	return put_dashboard(rq, r, r->physical_id);
}

static int delete_dashboard(struct request *rq, const struct cfn_resource *r)
{
	json_t *in = rq_object(rq);

	json_push_str(json_add_array(in, "DashboardNames"), r->physical_id);
	return cfn_call_unless(rq, &cloudwatch_model, CLOUDWATCH_DeleteDashboards, in,
			       "ResourceNotFound");
}

const struct resource cloudwatch_resources[] = {
	{
		.type = "AWS::CloudWatch::Alarm",
		.create = create_alarm,
		.update = update_alarm,
		.delete = delete_alarm,
		.get_att = get_alarm_att,
		.note = "kept, does not act yet",
	},
	{
		.type = "AWS::CloudWatch::Dashboard",
		.create = create_dashboard,
		.update = update_dashboard,
		.delete = delete_dashboard,
		.note = "kept, does not act yet",
	},
	{.type = NULL},
};
