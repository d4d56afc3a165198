/*
 * databases_test.c - databases in a network: documents, faults, what their server is told.
 */
#include "lab/aws/trial_resource.h"
#include "lab/models/ec2.h"
#include "lab/models/rds.h"
#include "lab/services/ec2/ec2.h"
#include "lab/services/rds/rds.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const struct service *const services[] = {&ec2_service, &rds_service, NULL};
static struct trial t;

#define EC2(op, ...) trial_ask(&t, &ec2_model, EC2_##op, __VA_ARGS__)
#define RDS(op, ...) trial_ask(&t, &rds_model, RDS_##op, __VA_ARGS__)

#define CLUSTER                                                                 \
	"'DBClusterIdentifier': 'Golden', 'Engine': 'aurora-postgresql', "      \
	"'MasterUsername': 'golden', 'DatabaseName': 'golden', "                \
	"'DBSubnetGroupName': 'isolated', 'ServerlessV2ScalingConfiguration': " \
	"{'MinCapacity': 0.5, 'MaxCapacity': 2}"
#define INSTANCE                                                               \
	"'DBInstanceIdentifier': 'writer', 'DBInstanceClass': 'db.serverless'" \
	", 'Engine': 'aurora-postgresql', 'DBClusterIdentifier': 'golden'"

static char subnets[2][32];
static char vpc[32];

static void make_subnet(int i, const char *cidr, const char *zone)
{
	const json_t *out =
		EC2(CreateSubnet, "{'VpcId': '%s', 'CidrBlock': '%s', 'AvailabilityZone': '%s'}",
		    vpc, cidr, zone);

	snprintf(subnets[i], sizeof(subnets[i]), "%s", json_path_str(out, "Subnet.SubnetId"));
}

static int opened(void **state)
{
	const json_t *out;

	trial_open(&t, services);
	out = EC2(CreateVpc, "{'CidrBlock': '10.0.0.0/16'}");
	snprintf(vpc, sizeof(vpc), "%s", json_path_str(out, "Vpc.VpcId"));
	make_subnet(0, "10.0.11.0/24", "us-east-1a");
	make_subnet(1, "10.0.12.0/24", "us-east-1b");
	assert_non_null(RDS(CreateDBSubnetGroup,
			    "{'DBSubnetGroupName': 'Isolated', 'DBSubnetGroupDescription': 'd',"
			    " 'SubnetIds': ['%s', '%s']}",
			    subnets[0], subnets[1]));
	return 0;
}

static int closed(void **state)
{
	trial_close(&t);
	return 0;
}

static void make_cluster(void)
{
	assert_non_null(RDS(CreateDBCluster, "{" CLUSTER ", 'MasterUserPassword': 'first-one'}"));
	assert_non_null(RDS(CreateDBInstance, "{" INSTANCE "}"));
	lab_turn(t.lab);
}

static const char *plane_of_cluster(char plane[64])
{
	const json_t *out = RDS(DescribeDBClusters, "{'DBClusterIdentifier': 'golden'}");
	size_t i;

	snprintf(plane, 64, "%s", json_path_str(out, "DBClusters.0.DbClusterResourceId"));
	for (i = 0; plane[i]; i++) {
		if (plane[i] >= 'A' && plane[i] <= 'Z')
			plane[i] = (char)(plane[i] + 'a' - 'A');
	}
	return plane;
}

static void say(const char *plane, const char *status)
{
	AUTO_JSON json_t *fact = json_object();

	json_set_str(fact, "status", status);
	lab_fleet_events.fact("postgres", plane, fact, t.lab);
	lab_turn(t.lab);
}

static void a_cluster_has_its_address_before_it_serves(void **state)
{
	const json_t *out;
	char plane[64];

	out = RDS(CreateDBCluster, "{" CLUSTER ", 'MasterUserPassword': 'first-one'}");
	assert_string_equal(json_path_str(out, "DBCluster.Status"), "creating");
	assert_string_equal(json_path_str(out, "DBCluster.DBClusterIdentifier"), "golden");
	assert_int_equal(strncmp(json_path_str(out, "DBCluster.Endpoint"), "127.", 4), 0);
	lab_turn(t.lab);
	assert_null(lab_ordered(t.lab, "postgres", plane_of_cluster(plane)));
	out = RDS(DescribeDBClusters, "{}");
	assert_string_equal(json_path_str(out, "DBClusters.0.Status"), "available");
	assert_string_equal(json_path_str(out, "DBClusters.0.DBClusterArn"),
			    "arn:aws:rds:us-east-1:123456789012:cluster:golden");
}

static void an_instance_is_available_when_its_server_says_so(void **state)
{
	const json_t *ordered;
	const json_t *out;
	char plane[64];

	make_cluster();
	plane_of_cluster(plane);
	ordered = lab_ordered(t.lab, "postgres", plane);
	assert_string_equal(json_str(ordered, "username"), "golden");
	assert_string_equal(json_str(ordered, "password"), "first-one");
	assert_int_equal(json_int_or(ordered, "max_connections", 0), 100);
	out = RDS(DescribeDBInstances, "{}");
	assert_string_equal(json_path_str(out, "DBInstances.0.DBInstanceStatus"), "creating");
	assert_null(json_path(out, "DBInstances.0.Endpoint"));

	say(plane, "available");
	out = RDS(DescribeDBInstances,
		  "{'Filters': [{'Name': 'db-cluster-id', 'Values': ['golden']}]}");
	assert_string_equal(json_path_str(out, "DBInstances.0.DBInstanceStatus"), "available");
	assert_int_equal(json_integer_value(json_path(out, "DBInstances.0.Endpoint.Port")), 5432);
}

static void a_new_password_has_a_new_number(void **state)
{
	const json_t *ordered;
	AUTO_FREE char *shown = NULL;
	char plane[64];

	make_cluster();
	assert_non_null(RDS(ModifyDBCluster, "{'DBClusterIdentifier': 'golden',"
					     " 'MasterUserPassword': 'second-one'}"));
	lab_turn(t.lab);
	ordered = lab_ordered(t.lab, "postgres", plane_of_cluster(plane));
	assert_string_equal(json_str(ordered, "password"), "second-one");
	assert_int_equal(json_int_or(ordered, "password_number", 0), 2);
	shown = json_text(RDS(DescribeDBClusters, "{}"));
	assert_null(strstr(shown, "second-one"));
}

static void faults_are_awss(void **state)
{
	make_cluster();
	assert_null(RDS(CreateDBCluster, "{" CLUSTER ", 'MasterUserPassword': 'first-one'}"));
	assert_string_equal(t.code, "DBClusterAlreadyExistsFault");
	assert_null(RDS(CreateDBInstance, "{" INSTANCE "}"));
	assert_string_equal(t.code, "DBInstanceAlreadyExists");
	assert_null(RDS(DescribeDBClusters, "{'DBClusterIdentifier': 'none'}"));
	assert_string_equal(t.code, "DBClusterNotFoundFault");
	assert_null(RDS(DescribeDBInstances, "{'DBInstanceIdentifier': 'none'}"));
	assert_string_equal(t.code, "DBInstanceNotFound");
	assert_null(RDS(DescribeDBSubnetGroups, "{'DBSubnetGroupName': 'none'}"));
	assert_string_equal(t.code, "DBSubnetGroupNotFoundFault");
	assert_null(RDS(CreateDBSubnetGroup,
			"{'DBSubnetGroupName': 'one', 'DBSubnetGroupDescription': 'd',"
			" 'SubnetIds': ['%s']}",
			subnets[0]));
	assert_string_equal(t.code, "DBSubnetGroupDoesNotCoverEnoughAZs");
	assert_null(RDS(ModifyDBCluster,
			"{'DBClusterIdentifier': 'golden', 'MasterUserPassword': 'short'}"));
	assert_string_equal(t.code, "InvalidParameterValue");
	assert_null(RDS(DeleteDBCluster,
			"{'DBClusterIdentifier': 'golden', 'SkipFinalSnapshot': true}"));
	assert_string_equal(t.code, "InvalidDBClusterStateFault");
}

static void what_is_deleted_is_gone_and_gives_its_address_back(void **state)
{
	const json_t *out;
	char plane[64];

	make_cluster();
	plane_of_cluster(plane);
	assert_non_null(RDS(DeleteDBInstance,
			    "{'DBInstanceIdentifier': 'writer', 'SkipFinalSnapshot': true}"));
	assert_null(RDS(DeleteDBCluster, "{'DBClusterIdentifier': 'golden'}"));
	assert_string_equal(t.code, "InvalidParameterCombination");
	assert_non_null(RDS(DeleteDBCluster,
			    "{'DBClusterIdentifier': 'golden', 'SkipFinalSnapshot': true}"));
	lab_turn(t.lab);
	out = RDS(DescribeDBClusters, "{}");
	assert_int_equal(json_array_size(json_get(out, "DBClusters")), 0);
	out = RDS(DescribeDBInstances, "{}");
	assert_int_equal(json_array_size(json_get(out, "DBInstances")), 0);
	out = EC2(DescribeNetworkInterfaces, "{}");
	assert_int_equal(json_array_size(json_get(out, "NetworkInterfaces")), 0);
	assert_non_null(RDS(DeleteDBSubnetGroup, "{'DBSubnetGroupName': 'isolated'}"));
}

static void tags_go_by_arn(void **state)
{
	static const char arn[] = "arn:aws:rds:us-east-1:123456789012:cluster:golden";
	const json_t *out;

	make_cluster();
	assert_non_null(RDS(AddTagsToResource,
			    "{'ResourceName': '%s', 'Tags': [{'Key': 'a', 'Value': '1'},"
			    " {'Key': 'b', 'Value': '2'}]}",
			    arn));
	assert_non_null(
		RDS(RemoveTagsFromResource, "{'ResourceName': '%s', 'TagKeys': ['a']}", arn));
	out = RDS(ListTagsForResource, "{'ResourceName': '%s'}", arn);
	assert_int_equal(json_array_size(json_get(out, "TagList")), 1);
	assert_string_equal(json_path_str(out, "TagList.0.Value"), "2");
}

#define scene(test) cmocka_unit_test_setup_teardown(test, opened, closed)

#define ALONE                                                                         \
	"'DBInstanceClass': 'db.t4g.micro', 'Engine': 'postgres', 'DBName': 'golden'" \
	", 'MasterUsername': 'golden', 'MasterUserPassword': 'first-one'"             \
	", 'DBSubnetGroupName': 'isolated', 'AllocatedStorage': 20"                   \
	", 'DBInstanceIdentifier': 'alone'"

static const char *plane_of_instance(char plane[64])
{
	const json_t *out = RDS(DescribeDBInstances, "{'DBInstanceIdentifier': 'alone'}");
	size_t i;

	snprintf(plane, 64, "%s", json_path_str(out, "DBInstances.0.DbiResourceId"));
	for (i = 0; plane[i]; i++) {
		if (plane[i] >= 'A' && plane[i] <= 'Z')
			plane[i] = (char)(plane[i] + 'a' - 'A');
	}
	return plane;
}

static void an_instance_without_a_cluster_has_a_server_of_its_own(void **state)
{
	const json_t *out, *desired;
	char plane[64];

	assert_null(RDS(CreateDBInstance, "{'DBInstanceClass': 'db.t4g.micro', 'Engine': 'mysql', "
					  "'DBInstanceIdentifier': 'alone'}"));
	assert_string_equal(t.code, "InvalidParameterValue");
	out = RDS(CreateDBInstance, "{" ALONE "}");
	assert_string_equal(json_path_str(out, "DBInstance.DBInstanceStatus"), "creating");
	assert_null(json_path(out, "DBInstance.Endpoint"));
	lab_turn(t.lab);
	desired = lab_ordered(t.lab, "postgres", plane_of_instance(plane));
	assert_string_equal(json_str(desired, "database"), "golden");
	assert_string_equal(json_str(desired, "password"), "first-one");
	assert_int_equal(json_int_or(desired, "port", 0), 5432);
	assert_int_equal(strncmp(json_str(desired, "address"), "127.", 4), 0);

	say(plane, "available");
	out = RDS(DescribeDBInstances, "{'DBInstanceIdentifier': 'alone'}");
	assert_string_equal(json_path_str(out, "DBInstances.0.DBInstanceStatus"), "available");
	assert_string_equal(json_path_str(out, "DBInstances.0.Endpoint.Address"),
			    json_str(lab_ordered(t.lab, "postgres", plane), "address"));
	assert_int_equal(json_int_or(json_path(out, "DBInstances.0"), "AllocatedStorage", 0), 20);

	assert_non_null(RDS(ModifyDBInstance, "{'DBInstanceIdentifier': 'alone', "
					      "'MasterUserPassword': 'second-one'}"));
	lab_turn(t.lab);
	desired = lab_ordered(t.lab, "postgres", plane);
	assert_string_equal(json_str(desired, "password"), "second-one");
	assert_int_equal(json_int_or(desired, "password_number", 0), 2);

	assert_null(RDS(DeleteDBSubnetGroup, "{'DBSubnetGroupName': 'isolated'}"));
	assert_string_equal(t.code, "InvalidDBSubnetGroupStateFault");
	assert_non_null(RDS(DeleteDBInstance, "{'DBInstanceIdentifier': 'alone', "
					      "'SkipFinalSnapshot': true}"));
	lab_turn(t.lab);
	assert_null(RDS(DescribeDBInstances, "{'DBInstanceIdentifier': 'alone'}"));
	assert_non_null(RDS(DeleteDBSubnetGroup, "{'DBSubnetGroupName': 'isolated'}"));
}

#define GROUP_TYPE "AWS::RDS::DBClusterParameterGroup"
#define GROUP_PROPS(parameters) \
	"{'Family': 'aurora-postgresql15', 'Description': 'd', 'Parameters': {" parameters "}}"

static void a_stacks_parameter_group_keeps_what_is_set(void **state)
{
	static const char two[] = GROUP_PROPS("'rds.force_ssl': '1', 'work_mem': 64");
	static const char one[] = GROUP_PROPS("'work_mem': 128");
	const char *id = trial_make(&t, &rds_service, GROUP_TYPE, two);
	const json_t *out;

	assert_non_null(id);
	out = RDS(DescribeDBClusterParameterGroups, "{'DBClusterParameterGroupName': '%s'}", id);
	assert_string_equal(json_path_str(out, "DBClusterParameterGroups.0.DBParameterGroupFamily"),
			    "aurora-postgresql15");
	out = RDS(DescribeDBClusterParameters, "{'DBClusterParameterGroupName': '%s'}", id);
	assert_int_equal(json_array_size(json_get(out, "Parameters")), 2);
	assert_string_equal(json_path_str(out, "Parameters.0.ParameterName"), "rds.force_ssl");
	assert_true(trial_change(&t, &rds_service, GROUP_TYPE, id, two, one));
	out = RDS(DescribeDBClusterParameters, "{'DBClusterParameterGroupName': '%s'}", id);
	assert_int_equal(json_array_size(json_get(out, "Parameters")), 1);
	assert_string_equal(json_path_str(out, "Parameters.0.ParameterValue"), "128");
	out = trial_read(&t, &rds_service, GROUP_TYPE, id, one);
	assert_string_equal(json_path_str(out, "Parameters.work_mem"), "128");

	assert_non_null(RDS(CreateDBCluster,
			    "{" CLUSTER ", 'MasterUserPassword': 'first-one', "
			    "'DBClusterParameterGroupName': '%s'}",
			    id));
	assert_false(trial_unmake(&t, &rds_service, GROUP_TYPE, id, one));
	assert_string_equal(t.code, "InvalidDBParameterGroupState");
	assert_non_null(RDS(DeleteDBCluster, "{'DBClusterIdentifier': 'golden', "
					     "'SkipFinalSnapshot': true}"));
	assert_true(trial_unmake(&t, &rds_service, GROUP_TYPE, id, one));
	assert_null(RDS(CreateDBInstance, "{" ALONE ", 'DBParameterGroupName': 'none'}"));
	assert_string_equal(t.code, "DBParameterGroupNotFound");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scene(a_cluster_has_its_address_before_it_serves),
		scene(an_instance_is_available_when_its_server_says_so),
		scene(a_new_password_has_a_new_number),
		scene(faults_are_awss),
		scene(what_is_deleted_is_gone_and_gives_its_address_back),
		scene(tags_go_by_arn),
		scene(an_instance_without_a_cluster_has_a_server_of_its_own),
		scene(a_stacks_parameter_group_keeps_what_is_set),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
