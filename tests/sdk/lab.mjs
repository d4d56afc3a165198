// lab.mjs - the AWS SDK for JavaScript v3 at the lab: newer wire forms than Debian's aws CLI sends.
// Prints a line for each thing it saw; a failed expectation ends it with a non-zero status.
import assert from "node:assert/strict";
import { CloudFormationClient, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import { CloudWatchClient, DescribeAlarmsCommand } from "@aws-sdk/client-cloudwatch";
import { CloudWatchLogsClient, DescribeLogGroupsCommand, FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { DescribeServicesCommand, ECSClient, ListClustersCommand } from "@aws-sdk/client-ecs";
import { DescribeLoadBalancersCommand, DescribeTargetHealthCommand, DescribeTargetGroupsCommand, ElasticLoadBalancingV2Client } from "@aws-sdk/client-elastic-load-balancing-v2";
import { CreateBucketCommand, DeleteBucketCommand, DeleteObjectCommand, GetObjectCommand, HeadObjectCommand, ListObjectsV2Command, NoSuchKey, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { GetSecretValueCommand, ListSecretsCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { GetParameterCommand, ParameterNotFound, PutParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";

// Endpoint, region and keys come from the environment: `golden env`.
const ssm = new SSMClient();
const cloudformation = new CloudFormationClient();
const ecs = new ECSClient();
const elbv2 = new ElasticLoadBalancingV2Client();
const s3 = new S3Client();

const identity = await new STSClient().send(new GetCallerIdentityCommand());
assert.equal(identity.Account, "123456789012");
console.log("sts: identity");

const mode = await ssm.send(new GetParameterCommand({ Name: "/golden/failure_mode" }));
assert.equal(mode.Parameter.Value, "none");
assert.ok(mode.Parameter.LastModifiedDate instanceof Date);
await assert.rejects(ssm.send(new GetParameterCommand({ Name: "/no/such" })), ParameterNotFound);
const put = await ssm.send(new PutParameterCommand({ Name: "/sdk/x", Type: "String", Value: "ü€" }));
assert.equal(put.Version, 1);
assert.equal((await ssm.send(new GetParameterCommand({ Name: "/sdk/x" }))).Parameter.Value, "ü€");
console.log("ssm: get, put, not found");

const { Stacks } = await cloudformation.send(new DescribeStacksCommand({ StackName: "GoldenCompute" }));
assert.equal(Stacks[0].StackStatus, "CREATE_COMPLETE");
assert.ok(Stacks[0].Outputs.some((o) => o.OutputKey === "Url"));
console.log("cloudformation: stacks");

const { clusterArns } = await ecs.send(new ListClustersCommand());
const { services } = await ecs.send(new DescribeServicesCommand({ cluster: clusterArns[0], services: ["golden"] }));
assert.equal(services[0].runningCount, 2);
assert.ok(services[0].events[0].createdAt instanceof Date);
console.log("ecs: service");

const { LoadBalancers } = await elbv2.send(new DescribeLoadBalancersCommand());
assert.equal(LoadBalancers[0].State.Code, "active");
const { TargetGroups } = await elbv2.send(new DescribeTargetGroupsCommand());
const states = [];
for (const { TargetGroupArn } of TargetGroups) {
	const { TargetHealthDescriptions } = await elbv2.send(new DescribeTargetHealthCommand({ TargetGroupArn }));
	states.push(...TargetHealthDescriptions.map((d) => d.TargetHealth.State));
}
assert.deepEqual(states, ["healthy", "healthy"]);
console.log("elbv2: targets");

const { MetricAlarms } = await new CloudWatchClient().send(new DescribeAlarmsCommand());
assert.equal(MetricAlarms.length, 8);
console.log("cloudwatch: alarms, by JSON");

const logs = new CloudWatchLogsClient();
const { logGroups } = await logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: "/golden/app" }));
assert.equal(logGroups[0].retentionInDays, 30);
const { events } = await logs.send(new FilterLogEventsCommand({ logGroupName: "/golden/app" }));
assert.ok(events.length > 0);
console.log("logs: groups, events");

const secrets = new SecretsManagerClient();
const { SecretList } = await secrets.send(new ListSecretsCommand());
const secret = JSON.parse((await secrets.send(new GetSecretValueCommand({ SecretId: SecretList[0].ARN }))).SecretString);
assert.equal(secret.username, "golden");
console.log("secretsmanager: the database's secret");

const Bucket = "sdk-check-bucket";
const Key = "a folder/ü+.txt";
await s3.send(new CreateBucketCommand({ Bucket }));
await s3.send(new PutObjectCommand({ Bucket, Key, Body: "hello", ContentType: "text/plain" }));
const got = await s3.send(new GetObjectCommand({ Bucket, Key }));
assert.equal(await got.Body.transformToString(), "hello");
assert.equal((await s3.send(new HeadObjectCommand({ Bucket, Key }))).ContentLength, 5);
assert.deepEqual((await s3.send(new ListObjectsV2Command({ Bucket }))).Contents.map((o) => o.Key), [Key]);
await assert.rejects(s3.send(new GetObjectCommand({ Bucket, Key: "none" })), NoSuchKey);
await s3.send(new DeleteObjectCommand({ Bucket, Key }));
await s3.send(new DeleteBucketCommand({ Bucket }));
console.log("s3: a bucket's life");
