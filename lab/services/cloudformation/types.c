/*
 * types.c - what CloudFormation knows of its resource types.
 */
#include "lab/services/cloudformation/types.h"

#include <string.h>

static const struct type {
	const char *name;
	const char *property;	 /* names the resource; or NULL */
	const char *replaces[8]; /* a change of these needs a new one */
} types[] = {
	{"AWS::CloudWatch::Alarm", "AlarmName", {"AlarmName"}},
	{"AWS::EC2::SecurityGroup", NULL, {"GroupName", "GroupDescription", "VpcId"}},
	{"AWS::EC2::Subnet", NULL, {"AvailabilityZone", "CidrBlock", "VpcId"}},
	{"AWS::EC2::VPC", NULL, {"CidrBlock"}},
	{"AWS::ECR::Repository", "RepositoryName", {"RepositoryName", "EncryptionConfiguration"}},
	{"AWS::IAM::Role", "RoleName", {"RoleName", "Path"}},
	{"AWS::Logs::LogGroup", "LogGroupName", {"LogGroupName"}},
	{"AWS::S3::Bucket", "BucketName", {"BucketName"}},
	{"AWS::SNS::Topic", "TopicName", {"TopicName", "FifoTopic"}},
	{"AWS::SSM::Parameter", "Name", {"Name"}},
};

static const struct type *find_type(const char *name)
{
	for (size_t i = 0; i < array_len(types); i++)
		if (strcmp(types[i].name, name) == 0)
			return &types[i];
	return NULL;
}

const char *cfn_type_check(struct arena *arena, const char *type, const char *logical_id,
			   const json_t *props)
{
	return NULL;
}

enum cfn_replaces cfn_type_replaces(const char *type, const char *path)
{
	const struct type *known = find_type(type);

	for (size_t i = 0; known && i < array_len(known->replaces) && known->replaces[i]; i++)
		if (strcmp(known->replaces[i], path) == 0)
			return CFN_REPLACES_ALWAYS;
	return CFN_REPLACES_NEVER;
}

bool cfn_type_has_attribute(const char *type, const char *name)
{
	return true;
}

const char *cfn_type_name_property(const char *type)
{
	const struct type *known = find_type(type);

	return known ? known->property : NULL;
}
