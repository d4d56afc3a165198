/*
 * kms_key.c - a customer managed key that rotates.
 *
 *   left out   key administrators apart from the account: IAM names them
 */
#include "infra/constructs/kms_key.h"

#include "infra/cdk/cdk.h"
#include "infra/cdk/iam.h"

/* A log group is named when it is encrypted: the service may use the key for log groups only. */
static void allow_logs(struct kms_key *key, const char *region)
{
	const char *service = cdk_fmt("logs.%s.amazonaws.com", region);
	const char *groups =
		cdk_fn_sub("arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:*");
	struct iam_service_principal *logs = iam_service_principal_new(service);
	struct iam_policy_statement_props props = {
		.actions = LIST(string, "kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*",
				"kms:GenerateDataKey*", "kms:Describe*"),
		.resources = LIST(string, "*"),
		.principals = LIST(iam_iprincipal, &logs->iprincipal),
		.conditions = CDK_JSON("{s:{s:s}}", "ArnLike", "kms:EncryptionContext:aws:logs:arn",
				       groups),
	};

	kms_key_add_to_resource_policy(key, iam_policy_statement_new(&props));
}

static void allow_writer(struct kms_key *key, const char *service)
{
	struct iam_service_principal *writer = iam_service_principal_new(service);
	struct iam_policy_statement_props props = {
		.actions = LIST(string, "kms:Decrypt", "kms:GenerateDataKey*"),
		.resources = LIST(string, "*"),
		.principals = LIST(iam_iprincipal, &writer->iprincipal),
	};

	kms_key_add_to_resource_policy(key, iam_policy_statement_new(&props));
}

struct kms_key *golden_kms_key_new(struct constructs_construct *scope, const char *id,
				   const struct golden_kms_key_props *props)
{
	struct kms_key_props key_props = {
		.alias = props->alias,
		.description = props->description,
		.enable_key_rotation = YES,
		.removal_policy =
			props->keep ? CDK_REMOVAL_POLICY_RETAIN : CDK_REMOVAL_POLICY_DESTROY,
	};
	struct kms_key *key = kms_key_new(scope, id, &key_props);

	if (props->logs_region)
		allow_logs(key, props->logs_region);
	for (const char *const *writer = props->writers; writer && *writer; writer++)
		allow_writer(key, *writer);
	return key;
}
