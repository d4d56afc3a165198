/*
 * protocol_test.c - requests as clients really send them, answers as clients read them.
 */
#include "lab/aws/protocol.h"

#include "lab/models/cloudwatch.h"
#include "lab/models/ec2.h"
#include "lab/models/elbv2.h"
#include "lab/models/lambda.h"
#include "lab/models/logs.h"
#include "lab/models/rds.h"
#include "lab/models/s3.h"
#include "lab/models/sns.h"
#include "lab/models/ssm.h"
#include "lab/models/sts.h"
#include "lab/models/xray.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct span span_of(const char *text)
{
	return (struct span){text, text ? strlen(text) : 0};
}

static struct http_header headers[4];

/* One header is enough for most. */
static struct wire_call call_of(struct arena *arena, const struct model *model, const char *method,
				const char *target, const char *header, const char *value,
				const char *body)
{
	const char *query = strchr(target, '?');
	struct wire_call call = {
		.arena = arena,
		.model = model,
		.request_id = "1-2-3",
		.request =
			{
				.method = span_of(method),
				.path = {target, strcspn(target, "?")},
				.query = span_of(query ? query + 1 : NULL),
				.headers = headers,
				.nheaders = header ? 1 : 0,
				.body = span_of(body ? body : ""),
			},
	};

	headers[0] = (struct http_header){span_of(header), span_of(value)};
	return call;
}

static int setup(void **state)
{
	*state = arena_open();
	return 0;
}

static int teardown(void **state)
{
	arena_close(*state);
	return 0;
}

/* Finds, reads and validates; the input as text, or the fault as "Code: message". */
static const char *read_as_text(struct wire_call *call)
{
	struct fault fault = {0};
	json_t *in = NULL;
	char *text, *copy;

	if (protocol_find(call, &fault))
		in = protocol_read(call, &fault);
	if (in && !protocol_validate(call->arena, call->model, call->operation, in, &fault))
		in = NULL;
	if (!in)
		return arena_fmt(call->arena, "%s: %s", fault.code, fault.message);
	text = json_text(in);
	copy = arena_fmt(call->arena, "%s %s", call->operation->name, text);
	free(text);
	return copy;
}

static const char *read_form(struct arena *arena, const struct model *model, const char *body)
{
	struct wire_call call = call_of(arena, model, "POST", "/", NULL, NULL, body);

	return read_as_text(&call);
}

static const char *read_json(struct arena *arena, const struct model *model, const char *operation,
			     const char *body)
{
	struct wire_call call =
		call_of(arena, model, "POST", "/", "X-Amz-Target",
			arena_fmt(arena, "%s.%s", model->target_prefix, operation), body);

	return read_as_text(&call);
}

static const char *write_text(struct wire_call *call, const char *json, struct wire_reply *reply)
{
	AUTO_JSON json_t *out = json_read(json, strlen(json));
	struct fault fault = {0};

	assert_non_null(out);
	assert_true(protocol_find(call, &fault));
	*reply = (struct wire_reply){0};
	protocol_write(call, out, reply);
	return buf_text(reply->body);
}

static const char *header_of(const struct wire_reply *reply, const char *name)
{
	for (size_t i = 0; i < reply->nheaders; i++)
		if (strcasecmp(reply->headers[i].name, name) == 0)
			return reply->headers[i].value;
	return NULL;
}

static void json_is_read_by_the_model(void **state)
{
	assert_string_equal(read_json(*state, &ssm_model, "GetParameter",
				      "{\"Name\":\"/a\",\"WithDecryption\":true,\"New\":[1],"
				      "\"Other\":null}"),
			    "GetParameter {\"Name\":\"/a\",\"WithDecryption\":true}");
	assert_string_equal(read_json(*state, &ssm_model, "GetParameter", "{\"Name\":7}"),
			    "SerializationException: NUMBER_VALUE can not be converted to a "
			    "String");
	assert_string_equal(read_json(*state, &ssm_model, "GetParameter", "[]"),
			    "SerializationException: Unexpected field type");
	assert_string_equal(read_json(*state, &ssm_model, "Guess", "{}"),
			    "UnknownOperationException: ssm has no operation Guess");
	assert_string_equal(read_json(*state, &ssm_model, "CreateOpsItem", "{}"),
			    "NotImplemented: CreateOpsItem is not in the lab");
}

static void what_breaks_a_constraint_is_said_as_aws_says_it(void **state)
{
	assert_string_equal(read_json(*state, &ssm_model, "GetParameter", "{}"),
			    "ValidationException: 1 validation error detected: Value null at "
			    "'name' failed to satisfy constraint: Member must not be null");
	assert_string_equal(
		read_json(*state, &ssm_model, "PutParameter",
			  "{\"Name\":\"\",\"Value\":\"v\",\"Type\":\"Text\"}"),
		"ValidationException: 2 validation errors detected: Value '' at 'name' failed to "
		"satisfy constraint: Member must have length greater than or equal to 1; Value "
		"'Text' at 'type' failed to satisfy constraint: Member must satisfy enum value "
		"set: [String, StringList, SecureString]");
	assert_string_equal(
		read_json(*state, &logs_model, "CreateLogGroup", "{\"logGroupName\":\"a b\"}"),
		"InvalidParameterException: 1 validation error detected: Value 'a b' at "
		"'logGroupName' failed to satisfy constraint: Member must satisfy regular "
		"expression pattern: [\\.\\-_/#A-Za-z0-9]+");
	assert_string_equal(
		read_json(*state, &ssm_model, "DescribeParameters",
			  "{\"MaxResults\":99,\"ParameterFilters\":[{\"Key\":\"x\"}]}"),
		"ValidationException: 2 validation errors detected: Value 'x' at "
		"'parameterFilters.1.member.key' failed to satisfy constraint: Member must "
		"satisfy regular expression pattern: tag:.+|Name|Type|KeyId|Path|Label|Tier|"
		"DataType; Value '99' at 'maxResults' failed to satisfy constraint: Member must "
		"have value less than or equal to 50");
	assert_string_equal(read_form(*state, &sts_model, "Action=AssumeRole&RoleSessionName=abc"),
			    "ValidationError: 1 validation error detected: Value null at "
			    "'roleArn' failed to satisfy constraint: Member must not be null");
	assert_string_equal(read_form(*state, &ec2_model, "Action=CreateSubnet&CidrBlock=x"),
			    "MissingParameter: The request must contain the parameter VpcId");
}

static void forms_are_read_by_the_model(void **state)
{
	assert_string_equal(
		read_form(*state, &elbv2_model,
			  "Action=RegisterTargets&Version=2015-12-01&TargetGroupArn=a%3Ab"
			  "&Targets.member.10.Id=10.0.0.2&Targets.member.2.Id=10.0.0.1"
			  "&Targets.member.2.Port=80"),
		"RegisterTargets {\"TargetGroupArn\":\"a:b\",\"Targets\":[{\"Id\":\"10.0.0.1\","
		"\"Port\":80},{\"Id\":\"10.0.0.2\"}]}");
	assert_string_equal(read_form(*state, &elbv2_model, "Action=DescribeTargetGroups&Names="),
			    "DescribeTargetGroups {\"Names\":[]}");
	assert_string_equal(
		read_form(*state, &rds_model,
			  "Action=DescribeDBClusters&Filters.Filter.1.Name=a+b"
			  "&Filters.Filter.1.Values.Value.1=x&MaxRecords=20"),
		"DescribeDBClusters {\"Filters\":[{\"Name\":\"a b\",\"Values\":[\"x\"]}],"
		"\"MaxRecords\":20}");
	assert_string_equal(read_form(*state, &sns_model,
				      "Action=CreateTopic&Name=t&Attributes.entry.1.key=DisplayName"
				      "&Attributes.entry.1.value=d"),
			    "CreateTopic {\"Name\":\"t\",\"Attributes\":{\"DisplayName\":\"d\"}}");
	assert_string_equal(
		read_form(*state, &cloudwatch_model,
			  "Action=PutMetricData&Namespace=n&MetricData.member.1.MetricName=m"
			  "&MetricData.member.1.Value=1.5&MetricData.member.1.Timestamp="
			  "2026-01-02T03%3A04%3A05Z&MetricData.member.1.Dimensions.member.1.Name=a"
			  "&MetricData.member.1.Dimensions.member.1.Value=b"),
		"PutMetricData {\"Namespace\":\"n\",\"MetricData\":[{\"MetricName\":\"m\","
		"\"Dimensions\":[{\"Name\":\"a\",\"Value\":\"b\"}],\"Timestamp\":1767323045.0,"
		"\"Value\":1.5}]}");
	assert_string_equal(
		read_form(*state, &rds_model, "Action=DescribeDBClusters&MaxRecords=many"),
		"MalformedInput: Value 'many' of MaxRecords is malformed");
	assert_string_equal(read_form(*state, &rds_model, "Action=Fly"),
			    "InvalidAction: The action Fly is not valid for this web service.");
}

static void ec2_flattens_and_capitalises(void **state)
{
	assert_string_equal(read_form(*state, &ec2_model,
				      "Action=DescribeVpcs&Filter.1.Name=vpc-id"
				      "&Filter.1.Value.1=vpc-1&VpcId.1=vpc-1&DryRun=false"),
			    "DescribeVpcs {\"Filters\":[{\"Name\":\"vpc-id\",\"Values\":"
			    "[\"vpc-1\"]}],\"VpcIds\":[\"vpc-1\"],\"DryRun\":false}");
	assert_string_equal(read_form(*state, &ec2_model,
				      "Action=AuthorizeSecurityGroupIngress&GroupId=sg-1"
				      "&IpPermissions.1.IpProtocol=tcp&IpPermissions.1.FromPort=80"
				      "&IpPermissions.1.IpRanges.1.CidrIp=0.0.0.0%2F0"),
			    "AuthorizeSecurityGroupIngress {\"GroupId\":\"sg-1\",\"IpPermissions\":"
			    "[{\"FromPort\":80,\"IpProtocol\":\"tcp\",\"IpRanges\":[{\"CidrIp\":"
			    "\"0.0.0.0/0\"}]}]}");
}

static void cloudwatch_speaks_json_too(void **state)
{
	struct wire_reply reply = {0};
	struct fault fault = {"InvalidParameterInput", "none", 400, true};
	struct wire_call call =
		call_of(*state, &cloudwatch_model, "POST", "/", "x-amz-target",
			"GraniteServiceVersion20100801.DescribeAlarms", "{\"MaxRecords\":5}");

	assert_string_equal(read_as_text(&call), "DescribeAlarms {\"MaxRecords\":5}");
	protocol_write_fault(&call, &fault, &reply);
	assert_string_equal(buf_text(reply.body),
			    "{\"__type\":\"DashboardInvalidInputError\",\"message\":\"none\"}");
	assert_string_equal(header_of(&reply, "x-amzn-query-error"),
			    "InvalidParameterInput;Sender");
	assert_string_equal(write_text(&call, "{\"MetricAlarms\":[{\"Threshold\":60}]}", &reply),
			    "{\"MetricAlarms\":[{\"Threshold\":60.0}]}");
	assert_string_equal(reply.content_type, "application/x-amz-json-1.0");
}

static void json_is_written_by_the_model(void **state)
{
	struct wire_reply reply;
	struct wire_call call = call_of(*state, &ssm_model, "POST", "/", "X-Amz-Target",
					"AmazonSSM.GetParameter", "{}");

	assert_string_equal(
		write_text(&call,
			   "{\"Parameter\":{\"Name\":\"/a\",\"Value\":\"x\\n\\\"\\u0001é\","
			   "\"Version\":\"3\",\"LastModifiedDate\":1767323045.678,\"_own\":1}}",
			   &reply),
		"{\"Parameter\":{\"Name\":\"/a\",\"Value\":\"x\\n\\\"\\u0001é\",\"Version\":3,"
		"\"LastModifiedDate\":1767323045.678}}");
	assert_int_equal(reply.status, 200);
	assert_string_equal(reply.content_type, "application/x-amz-json-1.1");
	assert_string_equal(header_of(&reply, "x-amzn-requestid"), "1-2-3");
}

static void query_answers_are_wrapped(void **state)
{
	struct wire_reply reply;
	struct wire_call call = call_of(*state, &elbv2_model, "POST", "/", NULL, NULL,
					"Action=DescribeTargetGroups");

	assert_string_equal(
		write_text(&call,
			   "{\"TargetGroups\":[{\"TargetGroupName\":\"a&b\",\"Port\":80,"
			   "\"LoadBalancerArns\":[]}]}",
			   &reply),
		"<DescribeTargetGroupsResponse xmlns=\"http://elasticloadbalancing.amazonaws.com/"
		"doc/2015-12-01/\"><DescribeTargetGroupsResult><TargetGroups><member>"
		"<TargetGroupName>a&amp;b</TargetGroupName><Port>80</Port><LoadBalancerArns>"
		"</LoadBalancerArns></member></TargetGroups></DescribeTargetGroupsResult>"
		"<ResponseMetadata><RequestId>1-2-3</RequestId></ResponseMetadata>"
		"</DescribeTargetGroupsResponse>");
}

static void ec2_answers_have_items(void **state)
{
	struct wire_reply reply;
	struct wire_call call =
		call_of(*state, &ec2_model, "POST", "/", NULL, NULL, "Action=DescribeVpcs");
	struct fault fault = {"InvalidVpcID.NotFound", "The vpc ID 'x' does not exist", 400, true};

	assert_string_equal(
		write_text(&call, "{\"Vpcs\":[{\"VpcId\":\"vpc-1\",\"IsDefault\":false}]}", &reply),
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<DescribeVpcsResponse "
		"xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15\"><requestId>1-2-3</requestId>"
		"<vpcSet><item><vpcId>vpc-1</vpcId><isDefault>false</isDefault></item></vpcSet>"
		"</DescribeVpcsResponse>");
	reply = (struct wire_reply){0};
	protocol_write_fault(&call, &fault, &reply);
	assert_string_equal(
		buf_text(reply.body),
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Response><Errors><Error><Code>"
		"InvalidVpcID.NotFound</Code><Message>The vpc ID 'x' does not exist</Message>"
		"</Error></Errors><RequestID>1-2-3</RequestID></Response>");
}

static void query_faults_name_code_and_sender(void **state)
{
	struct wire_reply reply = {0};
	struct wire_call call =
		call_of(*state, &sts_model, "POST", "/", NULL, NULL, "Action=AssumeRole");
	struct fault fault = {"AccessDenied", "no", 403, true};

	assert_true(protocol_find(&call, &(struct fault){0}));
	protocol_write_fault(&call, &fault, &reply);
	assert_int_equal(reply.status, 403);
	assert_string_equal(
		buf_text(reply.body),
		"<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>"
		"Sender</Type><Code>AccessDenied</Code><Message>no</Message></Error><RequestId>"
		"1-2-3</RequestId></ErrorResponse>");
}

static void a_method_and_a_uri_name_the_operation(void **state)
{
	static const struct {
		const struct model *model;
		const char *method, *target, *operation;
	} cases[] = {
		{&s3_model, "GET", "/", "ListBuckets"},
		{&s3_model, "PUT", "/b", "CreateBucket"},
		{&s3_model, "PUT", "/b/", "CreateBucket"},
		{&s3_model, "HEAD", "/b", "HeadBucket"},
		{&s3_model, "GET", "/b?list-type=2&prefix=a", "ListObjectsV2"},
		{&s3_model, "GET", "/b", "ListObjects"},
		{&s3_model, "GET", "/b?location", "GetBucketLocation"},
		{&s3_model, "GET", "/b/?policy=", "GetBucketPolicy"},
		{&s3_model, "GET", "/b?lifecycle", "GetBucketLifecycleConfiguration"},
		{&s3_model, "PUT", "/b/k/x?x-id=PutObject", "PutObject"},
		{&s3_model, "PUT", "/b/k?partNumber=1&uploadId=u", "UploadPart"},
		{&s3_model, "DELETE", "/b/k?uploadId=u", "AbortMultipartUpload"},
		{&s3_model, "DELETE", "/b/k", "DeleteObject"},
		{&s3_model, "POST", "/b?delete", "DeleteObjects"},
		{&s3_model, "POST", "/b/k?uploads", "CreateMultipartUpload"},
		{&s3_model, "GET", "/b/k?tagging", "GetObjectTagging"},
		{&s3_model, "GET", "/b?versions", "ListObjectVersions"},
		{&s3_model, "HEAD", "/b/a//c", "HeadObject"},
		{&xray_model, "POST", "/TraceSegments", "PutTraceSegments"},
		{&lambda_model, "GET", "/2015-03-31/functions/", "ListFunctions"},
		{&lambda_model, "GET", "/2015-03-31/functions", "ListFunctions"},
		{&lambda_model, "GET", "/2015-03-31/functions/f", "GetFunction"},
		{&lambda_model, "GET", "/2015-03-31/functions/f/configuration",
		 "GetFunctionConfiguration"},
	};

	for (size_t i = 0; i < array_len(cases); i++) {
		struct wire_call call = call_of(*state, cases[i].model, cases[i].method,
						cases[i].target, NULL, NULL, NULL);
		struct fault fault = {0};

		if (!protocol_find(&call, &fault))
			fail_msg("%s: %s", cases[i].target, fault.message);
		assert_string_equal(call.operation->name, cases[i].operation);
	}
}

static void an_operation_that_is_not_kept_is_not_taken_for_another(void **state)
{
	struct wire_call call =
		call_of(*state, &s3_model, "GET", "/b?accelerate", NULL, NULL, NULL);

	assert_string_equal(read_as_text(&call),
			    "NotImplemented: GetBucketAccelerateConfiguration is not in the lab");
}

static void s3_is_read_from_path_query_headers_and_body(void **state)
{
	struct wire_call call = call_of(*state, &s3_model, "PUT", "/b/a%20b/c%2Bd?x-id=PutObject",
					"x-amz-meta-Colour", "red", "bytes");

	assert_string_equal(read_as_text(&call),
			    "PutObject {\"Bucket\":\"b\",\"Key\":\"a b/c+d\",\"Metadata\":"
			    "{\"colour\":\"red\"},\"Body\":\"bytes\"}");
	call = call_of(*state, &s3_model, "POST", "/b?delete", NULL, NULL,
		       "<?xml version=\"1.0\"?><Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-"
		       "01/\"><Object><Key>a</Key></Object><Object><Key>b</Key></Object>"
		       "<Quiet>true</Quiet></Delete>");
	assert_string_equal(read_as_text(&call),
			    "DeleteObjects {\"Bucket\":\"b\",\"Delete\":{\"Objects\":[{\"Key\":"
			    "\"a\"},{\"Key\":\"b\"}],\"Quiet\":true}}");
	call = call_of(*state, &s3_model, "POST", "/b?delete", NULL, NULL, "<Delete>");
	assert_string_equal(read_as_text(&call),
			    "MalformedXML: The XML you provided was not well-formed");
	call = call_of(*state, &s3_model, "GET", "/b/k", "If-Modified-Since",
		       "Fri, 02 Jan 2026 03:04:05 GMT", NULL);
	assert_string_equal(
		read_as_text(&call),
		"GetObject {\"Bucket\":\"b\",\"Key\":\"k\",\"IfModifiedSince\":1767323045.0}");
}

static void s3_answers_in_headers_and_flat_lists(void **state)
{
	struct wire_reply reply;
	struct wire_call call = call_of(*state, &s3_model, "GET", "/b/k", NULL, NULL, NULL);

	assert_string_equal(write_text(&call,
				       "{\"Body\":\"hello\",\"ContentType\":\"text/plain\","
				       "\"LastModified\":1767323045.5,\"ContentLength\":5,"
				       "\"Metadata\":{\"colour\":\"red\"},\"ETag\":\"\\\"e\\\"\"}",
				       &reply),
			    "hello");
	assert_string_equal(reply.content_type, "text/plain");
	assert_string_equal(header_of(&reply, "Last-Modified"), "Fri, 02 Jan 2026 03:04:05 GMT");
	assert_string_equal(header_of(&reply, "x-amz-meta-colour"), "red");
	assert_non_null(header_of(&reply, "x-amz-request-id"));

	call = call_of(*state, &s3_model, "GET", "/b?list-type=2", NULL, NULL, NULL);
	assert_string_equal(
		write_text(&call, "{\"Name\":\"b\",\"Contents\":[{\"Key\":\"a\"},{\"Key\":\"c\"}]}",
			   &reply),
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListBucketResult "
		"xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Contents><Key>a</Key>"
		"</Contents><Contents><Key>c</Key></Contents><Name>b</Name></ListBucketResult>");
	call = call_of(*state, &s3_model, "GET", "/b?location", NULL, NULL, NULL);
	assert_string_equal(write_text(&call, "{}", &reply),
			    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<LocationConstraint "
			    "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
			    "</LocationConstraint>");
}

static void a_head_fault_has_no_body(void **state)
{
	struct wire_reply reply = {0};
	struct wire_call call = call_of(*state, &s3_model, "HEAD", "/b/k", NULL, NULL, NULL);
	struct fault fault = {"NoSuchKey", "The specified key does not exist.", 404, true};

	assert_true(protocol_find(&call, &(struct fault){0}));
	protocol_write_fault(&call, &fault, &reply);
	assert_int_equal(reply.status, 404);
	assert_int_equal(reply.body->len, 0);
}

static void rest_json_faults_are_named_in_a_header(void **state)
{
	struct wire_reply reply = {0};
	struct wire_call call = call_of(*state, &xray_model, "POST", "/TraceSummaries", NULL, NULL,
					"{\"StartTime\":1767323045,\"EndTime\":1767323046.5}");
	struct fault fault = {"InvalidRequestException", "no", 400, true};

	assert_string_equal(read_as_text(&call), "GetTraceSummaries {\"StartTime\":1767323045.0,"
						 "\"EndTime\":1767323046.5}");
	protocol_write_fault(&call, &fault, &reply);
	assert_string_equal(header_of(&reply, "x-amzn-errortype"), "InvalidRequestException");
	assert_string_equal(buf_text(reply.body), "{\"message\":\"no\"}");
}

static void what_is_no_text_is_quoted_as_such(void **state)
{
	struct wire_reply reply = {0};
	struct wire_call call =
		call_of(*state, &ssm_model, "POST", "/", "X-Amz-Target", "AmazonSSM.Get\xff", "{}");
	struct fault fault = {0};

	assert_false(protocol_find(&call, &fault));
	protocol_write_fault(&call, &fault, &reply);
	assert_string_equal(buf_text(reply.body), "{\"__type\":\"UnknownOperationException\","
						  "\"message\":\"ssm has no operation Get?\"}");
}

static void a_handlers_slip_is_found(void **state)
{
	const struct operation *get = &ssm_model.ops[SSM_GetParameter];
	AUTO_JSON json_t *good = json_pack("{s:{s:s, s:i, s:f, s:s}}", "Parameter", "Name", "/a",
					   "Version", 1, "LastModifiedDate", 1.5, "_Own", "x");
	AUTO_JSON json_t *misspelt = json_pack("{s:{s:s}}", "Paramter", "Name", "/a");
	AUTO_JSON json_t *wrong = json_pack("{s:{s:s}}", "Parameter", "Version", "1");

	assert_null(protocol_mismatch(*state, &ssm_model, get, good));
	assert_string_equal(protocol_mismatch(*state, &ssm_model, get, misspelt),
			    "GetParameter.Paramter is no member of GetParameterResult");
	assert_string_equal(
		protocol_mismatch(*state, &ssm_model, get, wrong),
		"GetParameter.Parameter.Version is not of the kind of PSParameterVersion");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(json_is_read_by_the_model, setup, teardown),
		cmocka_unit_test_setup_teardown(what_breaks_a_constraint_is_said_as_aws_says_it,
						setup, teardown),
		cmocka_unit_test_setup_teardown(forms_are_read_by_the_model, setup, teardown),
		cmocka_unit_test_setup_teardown(ec2_flattens_and_capitalises, setup, teardown),
		cmocka_unit_test_setup_teardown(cloudwatch_speaks_json_too, setup, teardown),
		cmocka_unit_test_setup_teardown(json_is_written_by_the_model, setup, teardown),
		cmocka_unit_test_setup_teardown(query_answers_are_wrapped, setup, teardown),
		cmocka_unit_test_setup_teardown(ec2_answers_have_items, setup, teardown),
		cmocka_unit_test_setup_teardown(query_faults_name_code_and_sender, setup, teardown),
		cmocka_unit_test_setup_teardown(a_method_and_a_uri_name_the_operation, setup,
						teardown),
		cmocka_unit_test_setup_teardown(
			an_operation_that_is_not_kept_is_not_taken_for_another, setup, teardown),
		cmocka_unit_test_setup_teardown(s3_is_read_from_path_query_headers_and_body, setup,
						teardown),
		cmocka_unit_test_setup_teardown(s3_answers_in_headers_and_flat_lists, setup,
						teardown),
		cmocka_unit_test_setup_teardown(what_is_no_text_is_quoted_as_such, setup, teardown),
		cmocka_unit_test_setup_teardown(a_handlers_slip_is_found, setup, teardown),
		cmocka_unit_test_setup_teardown(a_head_fault_has_no_body, setup, teardown),
		cmocka_unit_test_setup_teardown(rest_json_faults_are_named_in_a_header, setup,
						teardown),
	};

	return cmocka_run_group_tests_name("protocol", tests, NULL, NULL);
}
