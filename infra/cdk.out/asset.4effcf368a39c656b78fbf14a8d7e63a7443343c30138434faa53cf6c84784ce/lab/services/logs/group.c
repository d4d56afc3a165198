/*
 * group.c - log groups: retention, keys, tags.
 *
 *   keeps      logs/group    by name
 *   left out   classes other than STANDARD, data protection, field indexes
 */
#include "lab/services/logs/nouns.h"

#include <stdlib.h>
#include <string.h>

#define PAGE_MAX 50
#define TAGS_MAX 50

static const int64_t retention_days[] = {1,    3,    5,	   7,	 14,   30,  60,	 90,
					 120,  150,  180,  365,	 400,  545, 731, 1096,
					 1827, 2192, 2557, 2922, 3288, 3653};

int logs_no_group(struct request *rq)
{
	return fault(rq, LOGS_ResourceNotFoundException, "The specified log group does not exist.");
}

/* The name in "arn:aws:logs:region:account:log-group:NAME[:*]". */
static const char *name_of_arn(struct request *rq, const char *arn)
{
	static const char mark[] = ":log-group:";
	const char *name = arn ? strstr(arn, mark) : NULL;

	if (!name)
		return arn;
	name += sizeof(mark) - 1;
	return rq_fmt(rq, "%.*s", (int)strcspn(name, ":"), name);
}

const char *logs_group_name(struct request *rq, const json_t *in)
{
	const char *name = json_str(in, "logGroupName");

	if (!name)
		name = name_of_arn(rq, json_str(in, "logGroupIdentifier"));
	return name ? name : "";
}

const json_t *logs_group(struct request *rq, const json_t *in)
{
	return store_get(rq->tx, LOG_GROUP, logs_group_name(rq, in));
}

const char *logs_key(struct request *rq, const char *group, const char *name)
{
	return rq_fmt(rq, "%s:%s", group, name);
}

int logs_create_log_group(struct request *rq, const json_t *in, json_t *out)
{
	const char *name = json_str(in, "logGroupName");
	json_t *group = rq_object(rq);

	if (strncmp(name, "aws/", 4) == 0)
		return fault(rq, LOGS_InvalidParameterException,
			     "Log groups starting with AWS/ are reserved for AWS.");
	if (store_has(rq->tx, LOG_GROUP, name))
		return fault(rq, LOGS_ResourceAlreadyExistsException,
			     "The specified log group already exists");

	json_set_str(group, "logGroupName", name);
	json_set_int(group, "creationTime", rq->now.ms);
	json_set_int(group, "metricFilterCount", 0);
	json_set_str(group, "arn", rq_arn(rq, "logs", rq_fmt(rq, "log-group:%s:*", name)));
	json_set_int(group, "storedBytes", 0);
	json_set_str(group, "kmsKeyId", json_str(in, "kmsKeyId"));
	json_set(group, "_Tags", json_get(in, "tags"));
	store_put(rq->tx, LOG_GROUP, name, group);
	return 0;
}

int logs_delete_log_group(struct request *rq, const json_t *in, json_t *out)
{
	const char *name = json_str(in, "logGroupName");

	if (!store_has(rq->tx, LOG_GROUP, name))
		return logs_no_group(rq);
	logs_remove_streams(rq, name);
	logs_remove_metric_filters(rq, name);
	store_delete(rq->tx, LOG_GROUP, name);
	return 0;
}

int logs_show_page(struct request *rq, const json_t *in, const json_t *all, const char *list,
		   json_t *out)
{
	size_t limit = (size_t)json_int_or(in, "limit", PAGE_MAX);
	const char *token = json_str(in, "nextToken");
	json_t *page = json_add_array(out, list);
	size_t first = token ? strtoul(token, NULL, 10) : 0;
	size_t count = json_array_size(all);

	if (token && (token[strspn(token, "0123456789")] || first > count))
		return fault(rq, LOGS_InvalidParameterException,
			     "The specified nextToken is invalid.");
	for (size_t i = first; i < count && i < first + limit; i++)
		json_push(page, json_at(all, i));
	if (first + limit < count)
		json_set_str(out, "nextToken", rq_fmt(rq, "%zu", first + limit));
	return 0;
}

int logs_describe_log_groups(struct request *rq, const json_t *in, json_t *out)
{
	const char *prefix = json_str_or(in, "logGroupNamePrefix", "");
	const char *part = json_str(in, "logGroupNamePattern");
	const json_t *all = store_list_prefix(rq->tx, LOG_GROUP, prefix);
	json_t *chosen = rq_array(rq);
	const json_t *group;
	size_t i;

	if (part && *prefix)
		return fault(rq, LOGS_InvalidParameterException,
			     "LogGroup name prefix and LogGroup name pattern are mutually "
			     "exclusive parameters.");
	json_each (all, i, group) {
		if (!part || strcasestr(json_str(group, "logGroupName"), part))
			json_push(chosen, group);
	}
	return logs_show_page(rq, in, chosen, "logGroups", out);
}

/* Changes one member of a group's document: NULL takes it away. */
static int change_group(struct request *rq, const char *name, const char *member,
			const json_t *value)
{
	json_t *group = store_edit(rq->tx, LOG_GROUP, name);

	if (!group)
		return logs_no_group(rq);
	if (value)
		json_set(group, member, value);
	else
		json_drop(group, member);
	store_put(rq->tx, LOG_GROUP, name, group);
	return 0;
}

int logs_put_retention_policy(struct request *rq, const json_t *in, json_t *out)
{
	int64_t days = json_int_or(in, "retentionInDays", 0);

	for (size_t i = 0; i < array_len(retention_days); i++) {
		if (retention_days[i] == days)
			return change_group(rq, json_str(in, "logGroupName"), "retentionInDays",
					    json_get(in, "retentionInDays"));
	}
	return fault(rq, LOGS_InvalidParameterException,
		     "%lld is not a valid number of days to retain log events", (long long)days);
}

int logs_delete_retention_policy(struct request *rq, const json_t *in, json_t *out)
{
	return change_group(rq, json_str(in, "logGroupName"), "retentionInDays", NULL);
}

int logs_associate_kms_key(struct request *rq, const json_t *in, json_t *out)
{
	return change_group(rq, logs_group_name(rq, in), "kmsKeyId", json_get(in, "kmsKeyId"));
}

int logs_disassociate_kms_key(struct request *rq, const json_t *in, json_t *out)
{
	return change_group(rq, logs_group_name(rq, in), "kmsKeyId", NULL);
}

/* Tags: the older calls name the group, the newer ones its ARN. */

static int add_tags(struct request *rq, const char *name, const json_t *tags)
{
	const json_t *group = store_get(rq->tx, LOG_GROUP, name);
	json_t *all = rq_object(rq);

	if (!group)
		return logs_no_group(rq);
	if (json_has(group, "_Tags"))
		json_object_update(all, (json_t *)(uintptr_t)json_get(group, "_Tags"));
	json_object_update(all, (json_t *)(uintptr_t)tags);
	if (json_object_size(all) > TAGS_MAX)
		return fault(rq, LOGS_InvalidParameterException,
			     "A resource can have at most 50 tags.");
	return change_group(rq, name, "_Tags", all);
}

static int drop_tags(struct request *rq, const char *name, const json_t *keys)
{
	const json_t *group = store_get(rq->tx, LOG_GROUP, name);
	json_t *all = rq_object(rq);
	const json_t *key;
	size_t i;

	if (!group)
		return logs_no_group(rq);
	if (json_has(group, "_Tags"))
		json_object_update(all, (json_t *)(uintptr_t)json_get(group, "_Tags"));
	json_each (keys, i, key)
		json_drop(all, json_string_value(key));
	return change_group(rq, name, "_Tags", all);
}

static int list_tags(struct request *rq, const char *name, json_t *out)
{
	const json_t *group = store_get(rq->tx, LOG_GROUP, name);

	if (!group)
		return logs_no_group(rq);
	if (json_has(group, "_Tags"))
		json_set(out, "tags", json_get(group, "_Tags"));
	else
		json_add_object(out, "tags");
	return 0;
}

int logs_tag_log_group(struct request *rq, const json_t *in, json_t *out)
{
	return add_tags(rq, json_str(in, "logGroupName"), json_get(in, "tags"));
}

int logs_untag_log_group(struct request *rq, const json_t *in, json_t *out)
{
	return drop_tags(rq, json_str(in, "logGroupName"), json_get(in, "tags"));
}

int logs_list_tags_log_group(struct request *rq, const json_t *in, json_t *out)
{
	return list_tags(rq, json_str(in, "logGroupName"), out);
}

int logs_tag_resource(struct request *rq, const json_t *in, json_t *out)
{
	return add_tags(rq, name_of_arn(rq, json_str(in, "resourceArn")), json_get(in, "tags"));
}

int logs_untag_resource(struct request *rq, const json_t *in, json_t *out)
{
	return drop_tags(rq, name_of_arn(rq, json_str(in, "resourceArn")), json_get(in, "tagKeys"));
}

int logs_list_tags_for_resource(struct request *rq, const json_t *in, json_t *out)
{
	return list_tags(rq, name_of_arn(rq, json_str(in, "resourceArn")), out);
}
