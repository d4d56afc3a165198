/*
 * aws_policies.c - policies that AWS keeps for everybody, with AWS's documents: those that our
 * templates and pages name.
 *
 * Source: AWS Managed Policy Reference Guide.
 */
#include "lab/services/iam/role.h"

#include <assert.h>
#include <string.h>

static const struct {
	const char *arn;
	const char *id;
	const char *description;
	const char *version;
	const char *document;
} policies[] = {
	{"arn:aws:iam::aws:policy/AWSCloudFormationReadOnlyAccess", "ANPAJWVBEE4I2POWLODLW",
	 "Provides access to AWS CloudFormation via the AWS Management Console.", "v5",
	 "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\","
	 "\"Action\":[\"cloudformation:Describe*\","
	 "\"cloudformation:EstimateTemplateCost\",\"cloudformation:Get*\","
	 "\"cloudformation:List*\",\"cloudformation:ValidateTemplate\","
	 "\"cloudformation:Detect*\"],\"Resource\":\"*\"}]}"},
	{"arn:aws:iam::aws:policy/AWSCodeDeployRoleForECS", "ANPAIIL3KXEKRGEN2HFIO",
	 "Provides CodeDeploy service wide access to perform an ECS blue/green deployment on your "
	 "behalf. Grants full access to support services, such as full access to read all S3 "
	 "objects, invoke all Lambda functions, publish to all SNS topics within the account and "
	 "update all ECS services.",
	 "v3",
	 "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Action\":[\"ecs:DescribeServices\","
	 "\"ecs:CreateTaskSet\",\"ecs:UpdateServicePrimaryTaskSet\",\"ecs:DeleteTaskSet\","
	 "\"elasticloadbalancing:DescribeTargetGroups\","
	 "\"elasticloadbalancing:DescribeListeners\",\"elasticloadbalancing:ModifyListener\","
	 "\"elasticloadbalancing:DescribeRules\",\"elasticloadbalancing:ModifyRule\","
	 "\"lambda:InvokeFunction\",\"cloudwatch:DescribeAlarms\",\"sns:Publish\","
	 "\"s3:GetObject\",\"s3:GetObjectVersion\"],\"Resource\":\"*\",\"Effect\":\"Allow\"},"
	 "{\"Action\":[\"iam:PassRole\"],\"Effect\":\"Allow\",\"Resource\":\"*\",\"Condition\":"
	 "{\"StringLike\":{\"iam:PassedToService\":[\"ecs-tasks.amazonaws.com\"]}}}]}"},
	{"arn:aws:iam::aws:policy/AWSXRayDaemonWriteAccess", "ANPAIOE47HSUE5AVBNEDM",
	 "Allow the AWS X-Ray Daemon to relay raw trace segments data to the service's API and "
	 "retrieve sampling data (rules, targets, etc.) to be used by the X-Ray SDK.",
	 "v2",
	 "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":["
	 "\"xray:PutTraceSegments\",\"xray:PutTelemetryRecords\",\"xray:GetSamplingRules\","
	 "\"xray:GetSamplingTargets\",\"xray:GetSamplingStatisticSummaries\"],\"Resource\":["
	 "\"*\"]}]}"},
	{"arn:aws:iam::aws:policy/AdministratorAccess", "ANPAIWMBCKSKIEE64ZLYK",
	 "Provides full access to AWS services and resources.", "v1",
	 "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"*\","
	 "\"Resource\":\"*\"}]}"},
	/* AWS's names every service it has: here are those of the lab. */
	{"arn:aws:iam::aws:policy/ReadOnlyAccess", "ANPAILL3HVNFSB6DCOWYQ",
	 "Provides read-only access to AWS services and resources.", "v152",
	 "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\","
	 "\"Action\":[\"application-autoscaling:Describe*\","
	 "\"application-autoscaling:List*\",\"cloudformation:Describe*\","
	 "\"cloudformation:Detect*\",\"cloudformation:Estimate*\","
	 "\"cloudformation:Get*\",\"cloudformation:List*\","
	 "\"cloudformation:ValidateTemplate\",\"cloudwatch:Describe*\","
	 "\"cloudwatch:Get*\",\"cloudwatch:List*\",\"codedeploy:BatchGet*\","
	 "\"codedeploy:Get*\",\"codedeploy:List*\",\"ec2:Describe*\",\"ec2:Get*\","
	 "\"ec2:List*\",\"ecr:BatchCheck*\",\"ecr:BatchGet*\",\"ecr:Describe*\","
	 "\"ecr:Get*\",\"ecr:List*\",\"ecs:Describe*\",\"ecs:List*\","
	 "\"elasticloadbalancing:Describe*\",\"events:Describe*\","
	 "\"events:List*\",\"events:Test*\",\"iam:Generate*\",\"iam:Get*\","
	 "\"iam:List*\",\"iam:Simulate*\",\"kms:Describe*\",\"kms:Get*\","
	 "\"kms:List*\",\"lambda:Get*\",\"lambda:List*\",\"logs:Describe*\","
	 "\"logs:FilterLogEvents\",\"logs:Get*\",\"logs:ListTagsForResource\","
	 "\"logs:ListTagsLogGroup\",\"logs:StartQuery\",\"logs:StopQuery\","
	 "\"logs:TestMetricFilter\",\"rds:Describe*\",\"rds:Download*\","
	 "\"rds:List*\",\"s3:DescribeJob\",\"s3:Get*\",\"s3:List*\","
	 "\"secretsmanager:DescribeSecret\",\"secretsmanager:GetResourcePolicy\","
	 "\"secretsmanager:List*\",\"sns:Check*\",\"sns:Get*\",\"sns:List*\","
	 "\"sqs:Get*\",\"sqs:List*\",\"sqs:Receive*\",\"ssm:Describe*\","
	 "\"ssm:Get*\",\"ssm:List*\",\"sts:GetAccessKeyInfo\","
	 "\"sts:GetCallerIdentity\",\"sts:GetSessionToken\",\"tag:Get*\","
	 "\"wafv2:CheckCapacity\",\"wafv2:Describe*\",\"wafv2:Get*\","
	 "\"wafv2:List*\",\"xray:BatchGet*\",\"xray:Get*\"],\"Resource\":\"*\"}]}"},
	{"arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole",
	 "ANPAJNCQGXC42545SKXIK", "Provides write permissions to CloudWatch Logs.", "v1",
	 "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":["
	 "\"logs:CreateLogGroup\",\"logs:CreateLogStream\",\"logs:PutLogEvents\"],"
	 "\"Resource\":\"*\"}]}"},
	{"arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy",
	 "ANPAJG4T4G4PV56DE72PY",
	 "Provides access to other AWS service resources that are required to run Amazon ECS "
	 "tasks",
	 "v1",
	 "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":["
	 "\"ecr:GetAuthorizationToken\",\"ecr:BatchCheckLayerAvailability\","
	 "\"ecr:GetDownloadUrlForLayer\",\"ecr:BatchGetImage\",\"logs:CreateLogStream\","
	 "\"logs:PutLogEvents\"],\"Resource\":\"*\"}]}"},
};

static json_t *all; /* made once, never freed */

static json_t *policy_of(size_t i)
{
	json_t *policy = json_object();
	const char *slash = strchr(policies[i].arn, '/');
	const char *name = strrchr(policies[i].arn, '/') + 1;
	AUTO_FREE char *path = mem_strndup(slash, (size_t)(name - slash));
	json_t *versions, *version;

	json_set_str(policy, "PolicyName", name);
	json_set_str(policy, "PolicyId", policies[i].id);
	json_set_str(policy, "Arn", policies[i].arn);
	json_set_str(policy, "Path", path);
	json_set_str(policy, "DefaultVersionId", policies[i].version);
	json_set_int(policy, "PermissionsBoundaryUsageCount", 0);
	json_set_bool(policy, "IsAttachable", true);
	json_set_str(policy, "Description", policies[i].description);
	json_set_num(policy, "CreateDate", 1423214400);
	json_set_num(policy, "UpdateDate", 1423214400);

	versions = json_add_object(policy, "_Versions");
	version = json_add_object(versions, policies[i].version);
	json_set_str(version, "VersionId", policies[i].version);
	json_set_bool(version, "IsDefaultVersion", true);
	json_set_num(version, "CreateDate", 1423214400);
	json_give(version, "_Document",
		  json_read(policies[i].document, strlen(policies[i].document)));
	assert(json_has(version, "_Document"));
	return policy;
}

const json_t *aws_policy_list(void)
{
	size_t i;

	if (!all) {
		all = json_array();
		for (i = 0; i < array_len(policies); i++)
			json_push_give(all, policy_of(i));
	}
	return all;
}

const json_t *aws_policy_find(const char *arn)
{
	const json_t *policy;
	size_t i;

	json_each (aws_policy_list(), i, policy)
		if (strcmp(json_str(policy, "Arn"), arn) == 0)
			return policy;
	return NULL;
}
