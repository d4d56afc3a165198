/*
 * stacks_test.c - stacks come up, fail, roll back and go, with a real network.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "lab/aws/trial.h"
#include "lab/models/cloudformation.h"
#include "lab/models/ec2.h"
#include "lab/models/iam.h"
#include "lab/services/cloudformation/cloudformation.h"
#include "lab/services/ec2/ec2.h"
#include "lab/services/ecr/ecr.h"
#include "lab/services/iam/iam.h"
#include "lab/services/kms/kms.h"
#include "lab/services/logs/logs.h"
#include "lab/services/s3/s3.h"
#include "lab/services/ssm/ssm.h"
#include "lib/base/buf.h"
#include "lib/base/folder.h"

#include <stdlib.h>
#include <string.h>

static const struct service *const services[] = {
	&cloudformation_service, &ec2_service, &ecr_service, &iam_service, &kms_service,
	&logs_service,		 &s3_service,  &ssm_service, NULL,
};

static const char *root; /* of the sources */

static struct trial trial;

static int opened(void **state)
{
	trial_open(&trial, services);
	return 0;
}

static int closed(void **state)
{
	trial_close(&trial);
	return 0;
}

#define VPC "'Vpc': {'Type': 'AWS::EC2::VPC', 'Properties': {'CidrBlock': '10.0.0.0/16'}}"
#define SUBNET(id, block)                                                                  \
	"'" id "': {'Type': 'AWS::EC2::Subnet', 'Properties': {'VpcId': {'Ref': 'Vpc'}, "  \
	"'CidrBlock': '" block "', 'AvailabilityZone': {'Fn::Select': [1, {'Fn::GetAZs': " \
	"''}]}}}"

/* CreateStack with a template in which ' stands for ", and more members of the call. */
static const json_t *create(const char *name, const char *template, const char *more)
{
	AUTO_JSON json_t *body = trial_tree(template);
	AUTO_JSON json_t *in = trial_tree(more);
	AUTO_FREE char *text = json_text(body);

	json_set_str(in, "StackName", name);
	json_set_str(in, "TemplateBody", text);
	return trial_ask_tree(&trial, &cloudformation_model, CLOUDFORMATION_CreateStack, in);
}

static void created(const char *name, const char *template)
{
	if (!create(name, template, "{}"))
		fail_msg("%s: %s", trial.code, trial.message);
}

static void create_refused(const char *template, const char *more, const char *code,
			   const char *message)
{
	assert_null(create("s", template, more));
	assert_string_equal(trial.code, code);
	assert_string_equal(trial.message, message);
}

static const json_t *ask(int op, const char *name)
{
	const json_t *out =
		trial_ask(&trial, &cloudformation_model, op, "{'StackName': '%s'}", name);

	if (!out)
		fail_msg("%s: %s", trial.code, trial.message);
	return out;
}

static void status_is(const char *name, const char *status)
{
	const json_t *out = ask(CLOUDFORMATION_DescribeStacks, name);

	assert_string_equal(json_path_str(out, "Stacks.0.StackStatus"), status);
}

/* All events, oldest first: "Logical STATUS reason;" */
static char *story(const char *name)
{
	const json_t *out = ask(CLOUDFORMATION_DescribeStackEvents, name);
	const json_t *events = json_get(out, "StackEvents");
	struct buf text = {0};

	for (size_t i = json_array_size(events); i-- > 0;) {
		const json_t *event = json_at(events, i);

		buf_fmt(&text, "%s %s%s%s;", json_str(event, "LogicalResourceId"),
			json_str(event, "ResourceStatus"),
			json_has(event, "ResourceStatusReason") ? " " : "",
			json_str_or(event, "ResourceStatusReason", ""));
	}
	return buf_take(&text);
}

static void a_stack_comes_up_in_order_and_goes(void **state)
{
	AUTO_FREE char *up = NULL;
	AUTO_FREE char *down = NULL;
	AUTO_FREE char *id = NULL;

	created("net",
		"{'Resources': {" SUBNET("One", "10.0.1.0/24") ", " VPC "}, 'Outputs': "
							       "{'Zone': {'Value': {'Fn::GetAtt': "
							       "['One', 'AvailabilityZone']}}}}");
	status_is("net", "CREATE_COMPLETE");
	assert_string_equal(json_path_str(ask(CLOUDFORMATION_DescribeStacks, "net"),
					  "Stacks.0.Outputs.0.OutputValue"),
			    "us-east-1b");
	up = story("net");
	assert_string_equal(up, "net CREATE_IN_PROGRESS User Initiated;"
				"Vpc CREATE_IN_PROGRESS;"
				"Vpc CREATE_IN_PROGRESS Resource creation Initiated;"
				"Vpc CREATE_COMPLETE;"
				"One CREATE_IN_PROGRESS;"
				"One CREATE_IN_PROGRESS Resource creation Initiated;"
				"One CREATE_COMPLETE;"
				"net CREATE_COMPLETE;");

	id = mem_strdup(
		json_path_str(ask(CLOUDFORMATION_DescribeStacks, "net"), "Stacks.0.StackId"));
	ask(CLOUDFORMATION_DeleteStack, "net");
	assert_null(trial_ask(&trial, &cloudformation_model, CLOUDFORMATION_DescribeStacks,
			      "{'StackName': 'net'}"));
	assert_string_equal(trial.message, "Stack with id net does not exist");
	status_is(id, "DELETE_COMPLETE");
	down = story(id);
	assert_string_equal(strstr(down, "net CREATE_COMPLETE;"),
			    "net CREATE_COMPLETE;"
			    "net DELETE_IN_PROGRESS User Initiated;"
			    "One DELETE_IN_PROGRESS;"
			    "One DELETE_COMPLETE;"
			    "Vpc DELETE_IN_PROGRESS;"
			    "Vpc DELETE_COMPLETE;"
			    "net DELETE_COMPLETE;");
	assert_int_equal(json_array_size(json_get(
				 trial_ask(&trial, &ec2_model, EC2_DescribeVpcs, "{}"), "Vpcs")),
			 0);
}

static void event_ids_are_all_different(void **state)
{
	AUTO_JSON json_t *seen = json_object();
	const json_t *events, *event;
	size_t i;

	created("net", "{'Resources': {" SUBNET("One", "10.0.1.0/24") ", " VPC "}}");
	events = json_get(ask(CLOUDFORMATION_DescribeStackEvents, "net"), "StackEvents");
	json_each (events, i, event)
		json_set_bool(seen, json_str(event, "EventId"), true);
	assert_int_equal(json_object_size(seen), json_array_size(events));
}

static void a_failed_create_rolls_back(void **state)
{
	AUTO_FREE char *text = NULL;
	const char *at;

	created("bad", "{'Resources': {" VPC
		       ", " SUBNET("One", "10.0.1.0/24") ", " SUBNET("Two", "10.9.9.0/24") "}}");
	status_is("bad", "ROLLBACK_COMPLETE");
	text = story("bad");
	at = strstr(text, "Two CREATE_FAILED");
	assert_non_null(at);
	assert_non_null(strstr(at, "The CIDR '10.9.9.0/24' is invalid. (Service: EC2, Status "
				   "Code: 400"));
	assert_non_null(strstr(at, "HandlerErrorCode: InvalidRequest"));
	at = strstr(at, "bad ROLLBACK_IN_PROGRESS");
	assert_string_equal(at, "bad ROLLBACK_IN_PROGRESS The following resource(s) failed to "
				"create: [Two]. Rollback requested by user.;"
				"Two DELETE_COMPLETE;"
				"One DELETE_IN_PROGRESS;"
				"One DELETE_COMPLETE;"
				"Vpc DELETE_IN_PROGRESS;"
				"Vpc DELETE_COMPLETE;"
				"bad ROLLBACK_COMPLETE;");
	assert_null(create("bad", "{'Resources': {" VPC "}}", "{}"));
	assert_string_equal(trial.code, "AlreadyExistsException");
	assert_string_equal(trial.message, "Stack [bad] already exists");
	ask(CLOUDFORMATION_DeleteStack, "bad");
	created("bad", "{'Resources': {" VPC "}}");
	status_is("bad", "CREATE_COMPLETE");
}

static void a_failed_create_may_be_left_as_it_is(void **state)
{
	assert_non_null(create("bad", "{'Resources': {" VPC ", " SUBNET("Two", "10.9.9.0/24") "}}",
			       "{'OnFailure': 'DO_NOTHING'}"));
	status_is("bad", "CREATE_FAILED");
	assert_string_equal(json_path_str(ask(CLOUDFORMATION_DescribeStacks, "bad"),
					  "Stacks.0.StackStatusReason"),
			    "The following resource(s) failed to create: [Two]. ");
	assert_non_null(create("gone", "{'Resources': {" VPC ", " SUBNET("Two", "10.9.9.0/24") "}}",
			       "{'OnFailure': 'DELETE'}"));
	assert_null(trial_ask(&trial, &cloudformation_model, CLOUDFORMATION_DescribeStacks,
			      "{'StackName': 'gone'}"));
}

static void what_is_retained_stays(void **state)
{
	AUTO_FREE char *text = NULL;
	AUTO_FREE char *id = NULL;

	created("keep", "{'Resources': {'Vpc': {'Type': 'AWS::EC2::VPC', 'DeletionPolicy': "
			"'Retain', 'Properties': {'CidrBlock': '10.0.0.0/16'}}}}");
	id = mem_strdup(
		json_path_str(ask(CLOUDFORMATION_DescribeStacks, "keep"), "Stacks.0.StackId"));
	ask(CLOUDFORMATION_DeleteStack, "keep");
	text = story(id);
	assert_non_null(strstr(text, "Vpc DELETE_SKIPPED;keep DELETE_COMPLETE;"));
	assert_int_equal(json_array_size(json_get(
				 trial_ask(&trial, &ec2_model, EC2_DescribeVpcs, "{}"), "Vpcs")),
			 1);
}

/* A subnet that somebody put an interface into cannot go until that has gone. */
static void what_is_in_use_goes_when_it_is_free(void **state)
{
	AUTO_FREE char *id = NULL;
	AUTO_FREE char *interface = NULL;
	const json_t *out;

	created("net", "{'Resources': {" VPC ", " SUBNET("One", "10.0.1.0/24") "}}");
	id = mem_strdup(
		json_path_str(ask(CLOUDFORMATION_DescribeStacks, "net"), "Stacks.0.StackId"));
	out = trial_ask(&trial, &ec2_model, EC2_DescribeSubnets, "{}");
	out = trial_ask(&trial, &ec2_model, EC2_CreateNetworkInterface, "{'SubnetId': '%s'}",
			json_path_str(out, "Subnets.0.SubnetId"));
	interface = mem_strdup(json_path_str(out, "NetworkInterface.NetworkInterfaceId"));

	ask(CLOUDFORMATION_DeleteStack, id);
	status_is(id, "DELETE_IN_PROGRESS");
	trial_pass(&trial, 10 * SECOND);
	status_is(id, "DELETE_IN_PROGRESS");
	trial_ask(&trial, &ec2_model, EC2_DeleteNetworkInterface, "{'NetworkInterfaceId': '%s'}",
		  interface);
	trial_pass(&trial, SECOND);
	status_is(id, "DELETE_COMPLETE");
}

static void what_stays_in_use_fails_the_deletion_and_may_be_left(void **state)
{
	AUTO_FREE char *id = NULL;
	const json_t *out;

	created("net", "{'Resources': {" VPC ", " SUBNET("One", "10.0.1.0/24") "}}");
	id = mem_strdup(
		json_path_str(ask(CLOUDFORMATION_DescribeStacks, "net"), "Stacks.0.StackId"));
	out = trial_ask(&trial, &ec2_model, EC2_DescribeSubnets, "{}");
	trial_ask(&trial, &ec2_model, EC2_CreateNetworkInterface, "{'SubnetId': '%s'}",
		  json_path_str(out, "Subnets.0.SubnetId"));

	ask(CLOUDFORMATION_DeleteStack, id);
	trial_pass(&trial, 10 * MINUTE);
	status_is(id, "DELETE_FAILED");
	assert_string_equal(
		json_path_str(ask(CLOUDFORMATION_DescribeStacks, id), "Stacks.0.StackStatusReason"),
		"The following resource(s) failed to delete: [One]. ");
	assert_non_null(trial_ask(&trial, &cloudformation_model, CLOUDFORMATION_DeleteStack,
				  "{'StackName': 'net', 'RetainResources': ['One', 'Vpc']}"));
	status_is(id, "DELETE_COMPLETE");
}

#define EXPORTING                                                                         \
	"{'Resources': {" VPC "}, 'Outputs': {'Id': {'Value': {'Ref': 'Vpc'}, 'Export': " \
	"{'Name': {'Fn::Sub': '${AWS::StackName}-Vpc'}}}}}"
#define IMPORTING                                                                     \
	"{'Resources': {'One': {'Type': 'AWS::EC2::Subnet', 'Properties': {'VpcId': " \
	"{'Fn::ImportValue': 'a-Vpc'}, 'CidrBlock': '10.0.1.0/24'}}}}"

static void an_export_stays_while_it_is_imported(void **state)
{
	const json_t *out;

	created("a", EXPORTING);
	created("b", IMPORTING);
	status_is("b", "CREATE_COMPLETE");
	out = trial_ask(&trial, &cloudformation_model, CLOUDFORMATION_ListImports,
			"{'ExportName': 'a-Vpc'}");
	assert_string_equal(json_path_str(out, "Imports.0"), "b");

	ask(CLOUDFORMATION_DeleteStack, "a");
	status_is("a", "DELETE_FAILED");
	assert_string_equal(json_path_str(ask(CLOUDFORMATION_DescribeStacks, "a"),
					  "Stacks.0.StackStatusReason"),
			    "Delete canceled. Cannot delete export a-Vpc as it is in use by b.");
	ask(CLOUDFORMATION_DeleteStack, "b");
	ask(CLOUDFORMATION_DeleteStack, "a");
	out = trial_ask(&trial, &cloudformation_model, CLOUDFORMATION_ListExports, "{}");
	assert_int_equal(json_array_size(json_get(out, "Exports")), 0);
}

static void what_is_not_exported_cannot_be_imported(void **state)
{
	created("b", IMPORTING);
	status_is("b", "ROLLBACK_COMPLETE");
	AUTO_FREE char *text = story("b");
	assert_non_null(strstr(text, "b ROLLBACK_IN_PROGRESS No export named a-Vpc found. Rollback "
				     "requested by user.;"));
}

static void an_export_has_one_owner(void **state)
{
	created("a", EXPORTING);
	created("c", "{'Resources': {" VPC "}, 'Outputs': {'Id': {'Value': 'x', 'Export': {'Name': "
		     "'a-Vpc'}}}}");
	status_is("c", "ROLLBACK_COMPLETE");
	AUTO_FREE char *text = story("c");
	assert_non_null(strstr(text, "Export with name a-Vpc is already exported by stack a"));
}

static void a_protected_stack_stays(void **state)
{
	created("safe", "{'Resources': {" VPC "}}");
	trial_ask(&trial, &cloudformation_model, CLOUDFORMATION_UpdateTerminationProtection,
		  "{'StackName': 'safe', 'EnableTerminationProtection': true}");
	assert_null(trial_ask(&trial, &cloudformation_model, CLOUDFORMATION_DeleteStack,
			      "{'StackName': 'safe'}"));
	assert_string_equal(trial.message, "Stack [safe] cannot be deleted while "
					   "TerminationProtection is enabled");
	status_is("safe", "CREATE_COMPLETE");
}

static void what_is_wrong_is_said_before_anything_is_made(void **state)
{
	create_refused("{'Resources': {'A': {'Type': 'AWS::EC2::Instance'}, 'B': {'Type': "
		       "'AWS::SQS::Queue'}}}",
		       "{}", "ValidationError",
		       "Template format error: Unrecognized resource types: [AWS::EC2::Instance, "
		       "AWS::SQS::Queue] are not in the lab");
	create_refused("{'Resources': {'A': {'Type': 'AWS::EC2::VPC', 'Properties': {'CidrBlock': "
		       "{'Ref': 'Nobody'}}}}}",
		       "{}", "ValidationError",
		       "Template format error: Unresolved resource dependencies [Nobody] in the "
		       "Resources block of the template");
	create_refused("{'Parameters': {'P': {'Type': 'String'}}, 'Resources': {" VPC "}}", "{}",
		       "ValidationError", "Parameters: [P] must have values");
	create_refused("{'Parameters': {'P': {'Type': 'String', 'Default': '1'}}, 'Rules': {'R': "
		       "{'Assertions': [{'Assert': {'Fn::Equals': [{'Ref': 'P'}, '2']}, "
		       "'AssertDescription': 'P is two.'}]}}, 'Resources': {" VPC "}}",
		       "{}", "ValidationError", "Template error: rule R failed: P is two.");
	assert_null(create("9lives", "{'Resources': {" VPC "}}", "{}"));
	assert_string_equal(trial.code, "ValidationError");
}

static void secrets_are_not_shown(void **state)
{
	const json_t *out, *event;
	size_t i;

	assert_non_null(create(
		"hush",
		"{'Parameters': {'P': {'Type': 'String', 'NoEcho': true}}, 'Resources': {'Vpc': "
		"{'Type': 'AWS::EC2::VPC', 'Properties': {'CidrBlock': '10.0.0.0/16', 'Tags': "
		"[{'Key': 'p', 'Value': {'Ref': 'P'}}]}}}}",
		"{'Parameters': [{'ParameterKey': 'P', 'ParameterValue': 'sesame'}]}"));
	status_is("hush", "CREATE_COMPLETE");
	assert_string_equal(json_path_str(ask(CLOUDFORMATION_DescribeStacks, "hush"),
					  "Stacks.0.Parameters.0.ParameterValue"),
			    "****");
	out = ask(CLOUDFORMATION_DescribeStackEvents, "hush");
	json_each (json_get(out, "StackEvents"), i, event)
		assert_null(strstr(json_str_or(event, "ResourceProperties", ""), "sesame"));
	out = trial_ask(&trial, &ec2_model, EC2_DescribeTags,
			"{'Filters': [{'Name': 'key', 'Values': ['p']}]}");
	assert_string_equal(json_path_str(out, "Tags.0.Value"), "sesame");
}

static void resources_carry_the_tags_of_their_stack(void **state)
{
	const json_t *out;

	assert_non_null(create("net", "{'Resources': {" VPC "}}",
			       "{'Tags': [{'Key': 'team', 'Value': 'golden'}]}"));
	out = trial_ask(&trial, &ec2_model, EC2_DescribeTags,
			"{'Filters': [{'Name': 'key', 'Values': ['team', "
			"'aws:cloudformation:logical-id']}]}");
	assert_int_equal(json_array_size(json_get(out, "Tags")), 2);
}

static void conditions_leave_resources_out(void **state)
{
	const json_t *out;

	created("net",
		"{'Conditions': {'No': {'Fn::Equals': ['a', 'b']}}, 'Resources': {" VPC
		", 'Igw': {'Type': 'AWS::EC2::InternetGateway', 'Condition': 'No'}}, 'Outputs': "
		"{'Igw': {'Condition': 'No', 'Value': {'Ref': 'Igw'}}}}");
	status_is("net", "CREATE_COMPLETE");
	out = ask(CLOUDFORMATION_DescribeStackResources, "net");
	assert_int_equal(json_array_size(json_get(out, "StackResources")), 1);
}

static void a_template_is_summed_up(void **state)
{
	const json_t *out;

	created("net", "{'Description': 'd', 'Parameters': {'P': {'Type': 'Number', 'Default': "
		       "3}}, 'Resources': {" VPC "}}");
	out = ask(CLOUDFORMATION_GetTemplateSummary, "net");
	assert_string_equal(json_path_str(out, "Parameters.0.DefaultValue"), "3");
	assert_string_equal(json_path_str(out, "ResourceTypes.0"), "AWS::EC2::VPC");
	out = ask(CLOUDFORMATION_GetTemplate, "net");
	assert_non_null(strstr(json_str(out, "TemplateBody"), "10.0.0.0/16"));
}

static void ignore(const struct lab_reply *reply, void *user)
{
	assert_int_equal(reply->result, 0);
}

/* The control plane ends between CreateStack and the first resource, and comes back. */
static void a_stack_goes_on_after_a_restart(void **state)
{
	char dir[] = "/tmp/cloudformation-XXXXXX";
	struct lab_options options = {.dir = dir, .number = 7, .speed = -1, .services = services};
	struct lab *lab;
	AUTO_JSON json_t *body = trial_tree("{'Resources': {" VPC "}}");
	AUTO_FREE char *text = json_text(body);
	AUTO_JSON json_t *in = json_pack("{s:s, s:s}", "StackName", "net", "TemplateBody", text);

	assert_non_null(mkdtemp(dir));
	assert_int_equal(lab_open(NULL, &options, &lab), 0);
	lab_run(lab, &(struct lab_call){
			     .model = &cloudformation_model,
			     .op = CLOUDFORMATION_CreateStack,
			     .in = in,
			     .caller = lab_operator(lab),
			     .done = ignore,
		     });
	lab_close(lab);

	trial_close(&trial);
	trial = (struct trial){0};
	assert_int_equal(lab_open(NULL, &options, &trial.lab), 0);
	trial.caller = lab_operator(trial.lab);
	lab_turn(trial.lab);
	status_is("net", "CREATE_COMPLETE");
	assert_int_equal(json_array_size(json_get(
				 trial_ask(&trial, &ec2_model, EC2_DescribeVpcs, "{}"), "Vpcs")),
			 1);
	folder_remove(dir);
}

/* A template of the repository, as it is. */
static char *template_file(const char *name)
{
	AUTO_FREE char *path = mem_fmt("%s/%s", root, name);
	AUTO_JSON json_t *tree = json_load_file(path, 0, NULL);

	if (!tree)
		fail_msg("cannot read %s", path);
	return json_text(tree);
}

static void created_from(const char *name, const char *file)
{
	AUTO_FREE char *text = template_file(file);
	AUTO_JSON json_t *in = json_pack("{s:s, s:s, s:[s]}", "StackName", name, "TemplateBody",
					 text, "Capabilities", "CAPABILITY_NAMED_IAM");

	if (!trial_ask_tree(&trial, &cloudformation_model, CLOUDFORMATION_CreateStack, in))
		fail_msg("%s: %s", trial.code, trial.message);
	status_is(name, "CREATE_COMPLETE");
}

/* The network's template asks the parameter that the bootstrap stack makes. */
static void the_network_stands_on_the_bootstrap_stack(void **state)
{
	AUTO_FREE char *text = template_file("infra/tests/snapshots/GoldenNetwork.json");
	AUTO_JSON json_t *in =
		json_pack("{s:s, s:s}", "StackName", "GoldenNetwork", "TemplateBody", text);
	const json_t *out;

	assert_null(trial_ask_tree(&trial, &cloudformation_model, CLOUDFORMATION_CreateStack, in));
	assert_string_equal(trial.message, "Unable to fetch parameters "
					   "[/cdk-bootstrap/hnb659fds/version] from parameter "
					   "store for this account.");
	created_from("CDKToolkit", "lab/templates/CDKToolkit.template.json");
	created_from("GoldenNetwork", "infra/tests/snapshots/GoldenNetwork.json");
	out = ask(CLOUDFORMATION_DescribeStacks, "GoldenNetwork");
	assert_string_equal(json_path_str(out, "Stacks.0.Parameters.0.ResolvedValue"), "30");
	out = ask(CLOUDFORMATION_DescribeStackResources, "GoldenNetwork");
	assert_int_equal(json_array_size(json_get(out, "StackResources")), 36);
	out = trial_ask(&trial, &ec2_model, EC2_DescribeNatGateways, "{}");
	assert_string_equal(json_path_str(out, "NatGateways.0.State"), "available");

	ask(CLOUDFORMATION_DeleteStack, "GoldenNetwork");
	out = trial_ask(&trial, &ec2_model, EC2_DescribeVpcs, "{}");
	assert_int_equal(json_array_size(json_get(out, "Vpcs")), 0);
}

static void roles_are_made_by_those_who_say_so(void **state)
{
	AUTO_FREE char *text = template_file("lab/templates/CDKToolkit.template.json");
	AUTO_JSON json_t *in =
		json_pack("{s:s, s:s}", "StackName", "CDKToolkit", "TemplateBody", text);

	assert_null(trial_ask_tree(&trial, &cloudformation_model, CLOUDFORMATION_CreateStack, in));
	assert_string_equal(trial.code, "InsufficientCapabilitiesException");
	assert_string_equal(trial.message, "Requires capabilities : [CAPABILITY_NAMED_IAM]");
}

/* A stack with a role may do what its role may, whoever asked for it. */
static void a_stack_may_do_what_its_role_may(void **state)
{
	AUTO_FREE char *text = NULL;
	AUTO_FREE char *document = NULL;
	AUTO_JSON json_t *trust = NULL;
	AUTO_JSON json_t *role = NULL;

	lab_set_authority(trial.lab, &iam_authority);
	trust = json_pack("{s:s, s:[{s:s, s:{s:s}, s:s}]}", "Version", "2012-10-17", "Statement",
			  "Effect", "Allow", "Principal", "Service", "cloudformation.amazonaws.com",
			  "Action", "sts:AssumeRole");
	document = json_text(trust);
	role = json_pack("{s:s, s:s}", "RoleName", "weak", "AssumeRolePolicyDocument", document);
	assert_non_null(trial_ask_tree(&trial, &iam_model, IAM_CreateRole, role));
	if (!create("weak", "{'Resources': {" VPC "}}",
		    "{'RoleARN': 'arn:aws:iam::123456789012:role/weak'}"))
		fail_msg("%s: %s", trial.code, trial.message);
	status_is("weak", "ROLLBACK_COMPLETE");
	text = story("weak");
	assert_non_null(strstr(text, "is not authorized to perform: ec2:CreateVpc"));
}

#define IN_A_LAB(sentence) cmocka_unit_test_setup_teardown(sentence, opened, closed)

int main(int argc, char **argv)
{
	assert_int_equal(argc, 2);
	root = argv[1];

	const struct CMUnitTest tests[] = {
		IN_A_LAB(a_stack_comes_up_in_order_and_goes),
		IN_A_LAB(event_ids_are_all_different),
		IN_A_LAB(a_failed_create_rolls_back),
		IN_A_LAB(a_failed_create_may_be_left_as_it_is),
		IN_A_LAB(what_is_retained_stays),
		IN_A_LAB(what_is_in_use_goes_when_it_is_free),
		IN_A_LAB(what_stays_in_use_fails_the_deletion_and_may_be_left),
		IN_A_LAB(an_export_stays_while_it_is_imported),
		IN_A_LAB(what_is_not_exported_cannot_be_imported),
		IN_A_LAB(an_export_has_one_owner),
		IN_A_LAB(a_protected_stack_stays),
		IN_A_LAB(what_is_wrong_is_said_before_anything_is_made),
		IN_A_LAB(secrets_are_not_shown),
		IN_A_LAB(resources_carry_the_tags_of_their_stack),
		IN_A_LAB(conditions_leave_resources_out),
		IN_A_LAB(a_template_is_summed_up),
		IN_A_LAB(a_stack_goes_on_after_a_restart),
		IN_A_LAB(the_network_stands_on_the_bootstrap_stack),
		IN_A_LAB(roles_are_made_by_those_who_say_so),
		IN_A_LAB(a_stack_may_do_what_its_role_may),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
