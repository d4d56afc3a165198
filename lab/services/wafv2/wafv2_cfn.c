/*
 * wafv2_cfn.c - AWS::WAFv2::WebACL, its associations and its logging.
 *
 * A web ACL's physical id is name|id|scope, an association's is web ACL ARN|resource ARN, a
 * logging configuration's the web ACL's ARN.
 */
#include "lab/services/wafv2/wafv2_cfn.h"

#include "lab/aws/cfn_call.h"
#include "lab/models/wafv2.h"

#include <string.h>

/* {Name, Id, Scope} out of the physical id; NULL: it is none. */
static json_t *web_acl_key(struct request *rq, const struct cfn_resource *r)
{
	char *rest = rq_strdup(rq, r->physical_id);
	json_t *key = rq_object(rq);

	json_set_str(key, "Name", strsep(&rest, "|"));
	json_set_str(key, "Id", rest ? strsep(&rest, "|") : NULL);
	json_set_str(key, "Scope", rest);
	return rest ? key : NULL;
}

static int create_web_acl(struct request *rq, const struct cfn_resource *r, const char **ret_id)
{
	json_t *out = rq_object(rq);
	json_t *in = NULL;
	int err = cfn_input(rq, &wafv2_model, WAFV2_CreateWebACL, r->props, &in);

	if (err)
		return err;
	json_set_str(in, "Name", cfn_name_prop(rq, r, "Name", 128, false));
	json_drop(in, "Tags"); /* an empty list is too short for WAF */
	json_set(in, "Tags", cfn_tags(rq, r));
	err = cfn_call(rq, &wafv2_model, WAFV2_CreateWebACL, in, out);
	if (err)
		return err;
	*ret_id = rq_fmt(rq, "%s|%s|%s", json_str(in, "Name"), json_path_str(out, "Summary.Id"),
			 json_str(in, "Scope"));
	return 0;
}

static int get_web_acl(struct request *rq, const json_t *key, json_t *out)
{
	return aws_call(rq, rq->caller, &wafv2_model, WAFV2_GetWebACL, key, out);
}

static int update_web_acl(struct request *rq, const struct cfn_resource *r, const json_t *old)
{
	json_t *key = web_acl_key(rq, r);
	json_t *props = rq_copy(rq, r->props);
	json_t *out = rq_object(rq);
	json_t *in = NULL;
	int err = get_web_acl(rq, key, out);

	if (err)
		return err > 0 ? fault_pass(rq) : err;
	json_drop(props, "Tags");
	err = cfn_input(rq, &wafv2_model, WAFV2_UpdateWebACL, props, &in);
	if (err)
		return err;
	json_object_update(in, key);
	json_set(in, "LockToken", json_get(out, "LockToken"));
	return cfn_call(rq, &wafv2_model, WAFV2_UpdateWebACL, in, NULL);
}

static int delete_web_acl(struct request *rq, const struct cfn_resource *r)
{
	json_t *key = web_acl_key(rq, r);
	json_t *out = rq_object(rq);

	if (!key || get_web_acl(rq, key, out) > 0)
		return 0;
	json_set(key, "LockToken", json_get(out, "LockToken"));
	return cfn_call_unless(rq, &wafv2_model, WAFV2_DeleteWebACL, key,
			       "WAFNonexistentItemException");
}

static json_t *get_web_acl_att(struct request *rq, const struct cfn_resource *r, const char *name)
{
	static const struct {
		const char *attribute, *member;
	} attributes[] = {
		{"Arn", "ARN"},
		{"Capacity", "Capacity"},
		{"Id", "Id"},
		{"LabelNamespace", "LabelNamespace"},
	};
	json_t *key = web_acl_key(rq, r);
	json_t *out = rq_object(rq);

	if (!key || get_web_acl(rq, key, out) != 0)
		return NULL;
	for (size_t i = 0; i < array_len(attributes); i++)
		if (strcmp(attributes[i].attribute, name) == 0)
			return json_deep_copy(
				json_get(json_get(out, "WebACL"), attributes[i].member));
	return NULL;
}

static int associate(struct request *rq, const struct cfn_resource *r, const char **ret_id)
{
	json_t *in = NULL;
	int err = cfn_input(rq, &wafv2_model, WAFV2_AssociateWebACL, r->props, &in);

	if (err)
		return err;
	err = cfn_call(rq, &wafv2_model, WAFV2_AssociateWebACL, in, NULL);
	if (err)
		return err;
	*ret_id = rq_fmt(rq, "%s|%s", json_str(in, "WebACLArn"), json_str(in, "ResourceArn"));
	return 0;
}

static int disassociate(struct request *rq, const struct cfn_resource *r)
{
	const char *bar = strchr(r->physical_id, '|');
	json_t *in = rq_object(rq);

	if (!bar)
		return 0;
	json_set_str(in, "ResourceArn", bar + 1);
	return cfn_call_unless(rq, &wafv2_model, WAFV2_DisassociateWebACL, in,
			       "WAFNonexistentItemException");
}

static int put_logging(struct request *rq, const struct cfn_resource *r, const char **ret_id)
{
	json_t *props = rq_object(rq), *in = NULL;
	int err;

	json_set(props, "LoggingConfiguration", r->props);
	err = cfn_input(rq, &wafv2_model, WAFV2_PutLoggingConfiguration, props, &in);
	if (err)
		return err;
	*ret_id = json_path_str(in, "LoggingConfiguration.ResourceArn");
	return cfn_call(rq, &wafv2_model, WAFV2_PutLoggingConfiguration, in, NULL);
}

static int update_logging(struct request *rq, const struct cfn_resource *r, const json_t *old)
{
	const char *id = NULL;

	return put_logging(rq, r, &id);
}

static int read_logging(struct request *rq, const struct cfn_resource *r, json_t *ret_props,
			int *ret_there)
{
	static const struct cfn_reading how = {
		.model = &wafv2_model,
		.op = WAFV2_GetLoggingConfiguration,
		.id = "ResourceArn",
		.path = "LoggingConfiguration",
		.gone = "WAFNonexistentItemException",
	};

	return cfn_read(rq, r, &how, NULL, ret_props, ret_there);
}

static int delete_logging(struct request *rq, const struct cfn_resource *r)
{
	json_t *in = rq_object(rq);

	json_set_str(in, "ResourceArn", r->physical_id);
	return cfn_call_unless(rq, &wafv2_model, WAFV2_DeleteLoggingConfiguration, in,
			       "WAFNonexistentItemException");
}

const struct resource wafv2_resources[] = {
	{
		.type = "AWS::WAFv2::WebACL",
		.create = create_web_acl,
		.update = update_web_acl,
		.delete = delete_web_acl,
		.get_att = get_web_acl_att,
		.note = "kept, does not act yet",
	},
	{
		.type = "AWS::WAFv2::WebACLAssociation",
		.create = associate,
		.delete = disassociate,
		.note = "kept, does not act yet",
	},
	{
		.type = "AWS::WAFv2::LoggingConfiguration",
		.create = put_logging,
		.update = update_logging,
		.read = read_logging,
		.delete = delete_logging,
		.note = "kept, does not act yet",
	},
	{.type = NULL},
};
