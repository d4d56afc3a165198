/*
 * protocol_test.c - bodies written and read as AWS has them.
 */
#include "lib/aws/protocol.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct aws_service ssm = {"ssm", "ssm", AWS_JSON_1_1, "AmazonSSM", NULL};
static const struct aws_service iam = {"iam", "iam", AWS_QUERY, NULL, "2010-05-08"};
static const struct aws_service ec2 = {"ec2", "ec2", AWS_EC2, NULL, "2016-11-15"};
static const struct aws_service s3 = {"s3", "s3", AWS_REST, NULL, NULL};

static struct aws_reading read_text(const struct aws_service *service, int status, const char *body)
{
	struct aws_reply reply = {status, "", "", body, strlen(body)};
	struct aws_reading reading;

	aws_read_reply(service, &reply, &reading);
	return reading;
}

static void assert_query(const struct aws_service *service, const char *input, const char *expected)
{
	AUTO_JSON json_t *tree = json_read(input, strlen(input));
	AUTO_BUF struct buf out = {0};

	aws_write_query(&out, service, "Op", tree);
	assert_string_equal(buf_text(&out), expected);
}

static void query_input_is_written_flat(void **state)
{
	assert_query(&iam, "{}", "Action=Op&Version=2010-05-08");
	assert_query(&iam, "{\"Name\": \"a b&c\", \"N\": 7, \"Yes\": true, \"None\": null}",
		     "Action=Op&Version=2010-05-08&Name=a%20b%26c&N=7&Yes=true");
	assert_query(&iam, "{\"Tags\": [{\"Key\": \"k\"}, {\"Key\": \"l\"}], \"Empty\": []}",
		     "Action=Op&Version=2010-05-08&Tags.member.1.Key=k&Tags.member.2.Key=l&Empty=");
	assert_query(&ec2, "{\"Filter\": [{\"Name\": \"vpc-id\", \"Value\": [\"v\"]}]}",
		     "Action=Op&Version=2016-11-15&Filter.1.Name=vpc-id&Filter.1.Value.1=v");
}

static void query_wrappers_are_taken_off(void **state)
{
	struct aws_reading reading = read_text(
		&iam, 200,
		"<GetRoleResponse xmlns=\"x\"><GetRoleResult><Role><RoleName>r</RoleName></Role>"
		"</GetRoleResult><ResponseMetadata><RequestId>id</RequestId></ResponseMetadata>"
		"</GetRoleResponse>");

	assert_null(reading.code);
	assert_string_equal(json_path_str(reading.body, "Role.RoleName"), "r");
	assert_string_equal(reading.request_id, "id");
	aws_reading_free(&reading);

	reading = read_text(&ec2, 200,
			    "<DescribeVpcsResponse><requestId>id</requestId><vpcSet><item><vpcId>v"
			    "</vpcId></item></vpcSet></DescribeVpcsResponse>");
	assert_string_equal(json_path_str(reading.body, "vpcSet.item.vpcId"), "v");
	assert_string_equal(reading.request_id, "id");
	aws_reading_free(&reading);
}

static void errors_are_read_in_every_form(void **state)
{
	static const struct {
		const struct aws_service *service;
		const char *body, *code, *message;
	} forms[] = {
		{&ssm, "{\"__type\":\"com.amazonaws.ssm#ParameterNotFound\",\"message\":\"m\"}",
		 "ParameterNotFound", "m"},
		{&ssm, "{\"__type\":\"ThrottlingException:http://x/\",\"Message\":\"n\"}",
		 "ThrottlingException", "n"},
		{&iam,
		 "<ErrorResponse><Error><Type>Sender</Type><Code>NoSuchEntity</Code><Message>m"
		 "</Message></Error><RequestId>r</RequestId></ErrorResponse>",
		 "NoSuchEntity", "m"},
		{&ec2,
		 "<Response><Errors><Error><Code>InvalidVpcID.NotFound</Code><Message>m</Message>"
		 "</Error></Errors><RequestID>r</RequestID></Response>",
		 "InvalidVpcID.NotFound", "m"},
		{&s3, "<?xml version=\"1.0\"?><Error><Code>NoSuchKey</Code></Error>", NULL, NULL},
		{&s3, "<Error><Code>NoSuchKey</Code><Message>m</Message></Error>", "NoSuchKey",
		 "m"},
		{&ssm, "<html>bad gateway</html>", "400", NULL},
		{&s3, "", "400", NULL},
	};

	for (size_t i = 0; i < array_len(forms); i++) {
		struct aws_reading reading = read_text(forms[i].service, 400, forms[i].body);

		if (forms[i].code)
			assert_string_equal(reading.code, forms[i].code);
		if (forms[i].message)
			assert_string_equal(reading.message, forms[i].message);
		aws_reading_free(&reading);
	}
}

static void the_error_header_goes_before_the_body(void **state)
{
	struct aws_reply reply = {429, "TooManyRequestsException:", "id", "{}", 2};
	struct aws_reading reading;

	aws_read_reply(&s3, &reply, &reading);
	assert_string_equal(reading.code, "TooManyRequestsException");
	assert_string_equal(reading.request_id, "id");
	assert_true(aws_is_throttling(400, reading.code));
	assert_false(aws_is_throttling(400, "ValidationException"));
	assert_true(aws_is_transient(503, NULL));
	assert_false(aws_is_transient(501, NULL));
	aws_reading_free(&reading);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(query_input_is_written_flat),
		cmocka_unit_test(query_wrappers_are_taken_off),
		cmocka_unit_test(errors_are_read_in_every_form),
		cmocka_unit_test(the_error_header_goes_before_the_body),
	};

	return cmocka_run_group_tests_name("protocol", tests, NULL, NULL);
}
