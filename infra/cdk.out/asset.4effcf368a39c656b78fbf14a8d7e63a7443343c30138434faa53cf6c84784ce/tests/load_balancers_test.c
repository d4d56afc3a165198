/*
 * load_balancers_test.c - load balancers call by call, what their data plane is told, what it tells.
 */
#include "lab/aws/lab.h"
#include "lab/models/ec2.h"
#include "lab/models/elbv2.h"
#include "lab/services/ec2/ec2.h"
#include "lab/services/elbv2/elbv2.h"
#include "lib/base/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct service *const services[] = {&ec2_service, &elbv2_service, NULL};

struct world {
	struct lab *lab;
	char subnets[2][64];
	char vpc[64];
	char load_balancer[160], group[160], listener[200];
	char id[32];
};

static char fault_code[128];
static char fault_message[512];

struct kept {
	json_t *out;
	bool done;
};

static void keep(const struct lab_reply *reply, void *user)
{
	struct kept *kept = user;

	assert_true(reply->result >= 0);
	kept->done = true;
	fault_code[0] = fault_message[0] = '\0';
	if (reply->result == 0) {
		kept->out = json_deep_copy(reply->out);
		return;
	}
	snprintf(fault_code, sizeof(fault_code), "%s", reply->fault->code);
	snprintf(fault_message, sizeof(fault_message), "%s", reply->fault->message);
}

/* The answer, owned by the caller; NULL on a fault. Takes `in`. */
static json_t *call_of(struct world *world, const struct model *model, int op, json_t *in)
{
	const struct principal operator= {
		.kind = PRINCIPAL_OPERATOR,
		.arn = "arn:aws:iam::123456789012:root",
		.user_id = "123456789012",
	};
	struct kept kept = {0};
	const struct lab_call call = {.model = model,
				      .op = op,
				      .in = in,
				      .caller = &operator,
				      .done = keep,
				      .user = &kept};

	assert_non_null(in);
	lab_run(world->lab, &call);
	lab_turn(world->lab);
	assert_true(kept.done);
	json_decref(in);
	return kept.out;
}

static json_t *ask(struct world *world, int op, json_t *in)
{
	json_t *out = call_of(world, &elbv2_model, op, in);

	if (!out)
		fail_msg("%s %s", fault_code, fault_message);
	return out;
}

static void done(struct world *world, int op, json_t *in)
{
	json_decref(ask(world, op, in));
}

static void refused(struct world *world, int op, json_t *in, const char *code)
{
	AUTO_JSON json_t *out = call_of(world, &elbv2_model, op, in);

	assert_null(out);
	assert_string_equal(fault_code, code);
}

static void take(const json_t *out, const char *path, char *text, size_t size)
{
	const char *found = json_path_str(out, path);

	if (!found)
		fail_msg("no %s", path);
	snprintf(text, size, "%s", found);
}

static void make_subnet(struct world *world, int i, const char *block, const char *zone)
{
	AUTO_JSON json_t *out = call_of(world, &ec2_model, EC2_CreateSubnet,
					json_pack("{s:s, s:s, s:s}", "VpcId", world->vpc,
						  "CidrBlock", block, "AvailabilityZone", zone));

	take(out, "Subnet.SubnetId", world->subnets[i], sizeof(world->subnets[i]));
}

static json_t *create_input(struct world *world, const char *name)
{
	return json_pack("{s:s, s:[s,s]}", "Name", name, "Subnets", world->subnets[0],
			 world->subnets[1]);
}

static json_t *forward_to(const char *group)
{
	return json_pack("[{s:s, s:s}]", "Type", "forward", "TargetGroupArn", group);
}

static void make_group(struct world *world, const char *name, char *arn, size_t size)
{
	AUTO_JSON json_t *out =
		ask(world, ELBV2_CreateTargetGroup,
		    json_pack("{s:s, s:s, s:i, s:s, s:s, s:s, s:i}", "Name", name, "Protocol",
			      "HTTP", "Port", 8000, "VpcId", world->vpc, "TargetType", "ip",
			      "HealthCheckPath", "/healthz", "HealthCheckIntervalSeconds", 15));

	take(out, "TargetGroups.0.TargetGroupArn", arn, size);
}

static int build(void **state)
{
	const struct lab_options options = {
		.number = 7, .speed = 0, .seed = 42, .services = services};
	struct world *world = mem_new(struct world);
	AUTO_JSON json_t *vpc = NULL;
	AUTO_JSON json_t *balancer = NULL;
	AUTO_JSON json_t *listener = NULL;

	log_set_level(LOG_WARNING);
	assert_int_equal(lab_open(NULL, &options, &world->lab), 0);
	vpc = call_of(world, &ec2_model, EC2_CreateVpc,
		      json_pack("{s:s}", "CidrBlock", "10.0.0.0/16"));
	take(vpc, "Vpc.VpcId", world->vpc, sizeof(world->vpc));
	make_subnet(world, 0, "10.0.0.0/24", "us-east-1a");
	make_subnet(world, 1, "10.0.1.0/24", "us-east-1b");
	balancer = ask(world, ELBV2_CreateLoadBalancer, create_input(world, "golden"));
	take(balancer, "LoadBalancers.0.LoadBalancerArn", world->load_balancer,
	     sizeof(world->load_balancer));
	snprintf(world->id, sizeof(world->id), "%s", strrchr(world->load_balancer, '/') + 1);
	make_group(world, "blue", world->group, sizeof(world->group));
	listener = ask(world, ELBV2_CreateListener,
		       json_pack("{s:s, s:s, s:i, s:o}", "LoadBalancerArn", world->load_balancer,
				 "Protocol", "HTTP", "Port", 80, "DefaultActions",
				 forward_to(world->group)));
	take(listener, "Listeners.0.ListenerArn", world->listener, sizeof(world->listener));
	*state = world;
	return 0;
}

static int tear_down(void **state)
{
	struct world *world = *state;

	lab_close(world->lab);
	free(world);
	return 0;
}

static void hear(struct world *world, json_t *fact)
{
	assert_non_null(fact);
	lab_fleet_events.fact("alb", world->id, fact, world->lab);
	lab_turn(world->lab);
	json_decref(fact);
}

static void hear_target(struct world *world, const char *state, const char *reason)
{
	hear(world, json_pack("{s:{s:s, s:s, s:i, s:s, s:s*}}", "target", "group", world->group,
			      "id", "10.0.1.20", "port", 8000, "state", state, "reason", reason));
}

static void register_it(struct world *world)
{
	done(world, ELBV2_RegisterTargets,
	     json_pack("{s:s, s:[{s:s}]}", "TargetGroupArn", world->group, "Targets", "Id",
		       "10.0.1.20"));
}

static void expect_health(struct world *world, const char *state, const char *reason)
{
	AUTO_JSON json_t *out = ask(world, ELBV2_DescribeTargetHealth,
				    json_pack("{s:s}", "TargetGroupArn", world->group));
	const json_t *health = json_path(out, "TargetHealthDescriptions.0.TargetHealth");

	assert_string_equal(json_str_or(health, "State", "none"), state);
	if (reason)
		assert_string_equal(json_str(health, "Reason"), reason);
	else
		assert_null(json_get(health, "Reason"));
}

static void pass(struct world *world, msec by)
{
	struct lab_clock clock = *lab_clock(world->lab);

	lab_clock_step(&clock, by);
	lab_clock_change(world->lab, &clock);
	lab_turn(world->lab);
}

static const json_t *desired(struct world *world)
{
	return lab_ordered(world->lab, "alb", world->id);
}

static void a_load_balancer_has_a_node_in_each_subnet(void **state)
{
	struct world *world = *state;
	AUTO_JSON json_t *out = ask(world, ELBV2_DescribeLoadBalancers, json_object());
	const json_t *it = json_path(out, "LoadBalancers.0");

	assert_string_equal(json_str(it, "DNSName"), "127.7.0.4");
	assert_string_equal(json_path_str(it, "State.Code"), "provisioning");
	assert_string_equal(json_path_str(it, "AvailabilityZones.1.ZoneName"), "us-east-1b");
	assert_int_equal(json_array_size(json_get(it, "SecurityGroups")), 1);
	assert_string_equal(json_path_str(desired(world), "nodes.1.address"), "127.7.1.4");
	assert_int_equal(json_integer_value(json_path(desired(world), "listeners.0.bind_port")),
			 8080);
	assert_string_equal(json_path_str(desired(world), "target_groups.0.health_check.path"),
			    "/healthz");
}

static void its_state_is_what_its_plane_says(void **state)
{
	struct world *world = *state;
	AUTO_JSON json_t *good = NULL;
	AUTO_JSON json_t *bad = NULL;

	hear(world, json_pack("{s:[], s:[{s:i, s:i}]}", "targets", "listening", "port", 80,
			      "bind_port", 8080));
	good = ask(world, ELBV2_DescribeLoadBalancers, json_object());
	assert_string_equal(json_path_str(good, "LoadBalancers.0.State.Code"), "active");

	hear(world, json_pack("{s:[], s:[{s:i, s:i, s:s, s:s}]}", "targets", "listening", "port",
			      80, "bind_port", 8080, "address", "127.7.0.4", "error",
			      "Address already in use"));
	bad = ask(world, ELBV2_DescribeLoadBalancers, json_object());
	assert_string_equal(json_path_str(bad, "LoadBalancers.0.State.Code"), "active_impaired");
	assert_string_equal(json_path_str(bad, "LoadBalancers.0.State.Reason"),
			    "Port 80 cannot be opened at 127.7.0.4:8080: Address already in use");
}

static void names_and_subnets_are_checked(void **state)
{
	struct world *world = *state;

	refused(world, ELBV2_CreateLoadBalancer, create_input(world, "-x"), "ValidationError");
	refused(world, ELBV2_CreateLoadBalancer,
		create_input(world, "abcdefghijabcdefghijabcdefghijabc"), "ValidationError");
	refused(world, ELBV2_CreateLoadBalancer,
		json_pack("{s:s, s:[s]}", "Name", "one", "Subnets", world->subnets[0]),
		"ValidationError");
	refused(world, ELBV2_CreateLoadBalancer,
		json_pack("{s:s, s:[s,s]}", "Name", "gone", "Subnets", world->subnets[0],
			  "subnet-00000000000000000"),
		"SubnetNotFound");
	done(world, ELBV2_CreateLoadBalancer, create_input(world, "golden")); /* the same again */
	refused(world, ELBV2_CreateLoadBalancer,
		json_pack("{s:s, s:[s,s], s:s}", "Name", "golden", "Subnets", world->subnets[0],
			  world->subnets[1], "Scheme", "internal"),
		"DuplicateLoadBalancerName");
	refused(world, ELBV2_DescribeLoadBalancers, json_pack("{s:[s]}", "Names", "nobody"),
		"LoadBalancerNotFound");
}

static void a_port_has_one_listener(void **state)
{
	struct world *world = *state;

	refused(world, ELBV2_CreateListener,
		json_pack("{s:s, s:s, s:i, s:o}", "LoadBalancerArn", world->load_balancer,
			  "Protocol", "HTTP", "Port", 80, "DefaultActions",
			  forward_to(world->group)),
		"DuplicateListener");
	refused(world, ELBV2_CreateListener,
		json_pack("{s:s, s:s, s:i, s:o}", "LoadBalancerArn", world->load_balancer,
			  "Protocol", "HTTPS", "Port", 443, "DefaultActions",
			  forward_to(world->group)),
		"UnsupportedProtocol");
	refused(world, ELBV2_CreateListener,
		json_pack("{s:s, s:s, s:i, s:o}", "LoadBalancerArn", world->load_balancer,
			  "Protocol", "HTTP", "Port", 81, "DefaultActions", forward_to("arn:no")),
		"TargetGroupNotFound");
}

static void a_group_serves_one_load_balancer(void **state)
{
	struct world *world = *state;
	AUTO_JSON json_t *out = ask(world, ELBV2_CreateLoadBalancer, create_input(world, "second"));

	refused(world, ELBV2_CreateListener,
		json_pack("{s:s, s:s, s:i, s:o}", "LoadBalancerArn",
			  json_path_str(out, "LoadBalancers.0.LoadBalancerArn"), "Protocol", "HTTP",
			  "Port", 80, "DefaultActions", forward_to(world->group)),
		"TargetGroupAssociationLimit");
	refused(world, ELBV2_DeleteTargetGroup, json_pack("{s:s}", "TargetGroupArn", world->group),
		"ResourceInUse");
}

static void a_target_is_as_healthy_as_its_plane_says(void **state)
{
	struct world *world = *state;

	register_it(world);
	expect_health(world, "initial", "Elb.RegistrationInProgress");
	assert_string_equal(json_path_str(desired(world), "target_groups.0.targets.0.address"),
			    "127.7.1.20");
	assert_string_equal(json_path_str(desired(world), "target_groups.0.targets.0.zone"),
			    "us-east-1b");
	hear_target(world, "healthy", NULL);
	expect_health(world, "healthy", NULL);
	hear_target(world, "unhealthy", "Target.Timeout");
	expect_health(world, "unhealthy", "Target.Timeout");
}

static void a_target_drains_for_its_delay_in_lab_time(void **state)
{
	struct world *world = *state;

	register_it(world);
	hear_target(world, "healthy", NULL);
	done(world, ELBV2_DeregisterTargets,
	     json_pack("{s:s, s:[{s:s}]}", "TargetGroupArn", world->group, "Targets", "Id",
		       "10.0.1.20"));
	expect_health(world, "draining", "Target.DeregistrationInProgress");
	assert_true(json_is_true(json_path(desired(world), "target_groups.0.targets.0.draining")));
	hear_target(world, "healthy", NULL); /* told before it knew */
	expect_health(world, "draining", "Target.DeregistrationInProgress");
	pass(world, 299 * SECOND);
	expect_health(world, "draining", "Target.DeregistrationInProgress");
	pass(world, 2 * SECOND);
	expect_health(world, "none", NULL);
	assert_int_equal(json_array_size(json_path(desired(world), "target_groups.0.targets")), 0);
}

static void a_draining_target_can_come_back(void **state)
{
	struct world *world = *state;

	register_it(world);
	done(world, ELBV2_DeregisterTargets,
	     json_pack("{s:s, s:[{s:s}]}", "TargetGroupArn", world->group, "Targets", "Id",
		       "10.0.1.20"));
	register_it(world);
	expect_health(world, "initial", "Elb.RegistrationInProgress");
	pass(world, HOUR);
	expect_health(world, "initial", "Elb.RegistrationInProgress");
}

static void targets_are_addresses_of_the_vpc(void **state)
{
	struct world *world = *state;

	refused(world, ELBV2_RegisterTargets,
		json_pack("{s:s, s:[{s:s}]}", "TargetGroupArn", world->group, "Targets", "Id",
			  "i-0123"),
		"ValidationError");
	refused(world, ELBV2_RegisterTargets,
		json_pack("{s:s, s:[{s:s}]}", "TargetGroupArn", world->group, "Targets", "Id",
			  "192.168.0.1"),
		"InvalidTarget");
}

static void a_group_nobody_uses_is_not_checked(void **state)
{
	struct world *world = *state;

	register_it(world);
	done(world, ELBV2_DeleteListener, json_pack("{s:s}", "ListenerArn", world->listener));
	expect_health(world, "unused", "Target.NotInUse");
	assert_int_equal(json_array_size(json_get(desired(world), "target_groups")), 0);
}

/* ' stands for ". */
static const char *quoted(const char *text)
{
	static char changed[512];

	snprintf(changed, sizeof(changed), "%s", text);
	for (char *at = changed; *at; at++)
		*at = *at == '\'' ? '"' : *at;
	return changed;
}

static json_t *rule_input(struct world *world, int priority, const char *path)
{
	return json_pack("{s:s, s:i, s:[{s:s, s:[s]}], s:o}", "ListenerArn", world->listener,
			 "Priority", priority, "Conditions", "Field", "path-pattern", "Values",
			 path, "Actions", forward_to(world->group));
}

static void rules_stand_by_priority_with_the_default_last(void **state)
{
	struct world *world = *state;
	AUTO_JSON json_t *first = ask(world, ELBV2_CreateRule, rule_input(world, 20, "/b*"));
	AUTO_JSON json_t *second = ask(world, ELBV2_CreateRule, rule_input(world, 3, "/a*"));
	AUTO_JSON json_t *out = NULL;

	refused(world, ELBV2_CreateRule, rule_input(world, 3, "/c"), "PriorityInUse");
	out = ask(world, ELBV2_DescribeRules, json_pack("{s:s}", "ListenerArn", world->listener));
	assert_string_equal(json_path_str(out, "Rules.0.Priority"), "3");
	assert_string_equal(json_path_str(out, "Rules.1.Priority"), "20");
	assert_string_equal(json_path_str(out, "Rules.2.Priority"), "default");
	assert_string_equal(json_path_str(out, "Rules.0.Conditions.0.PathPatternConfig.Values.0"),
			    "/a*");
	assert_string_equal(json_path_str(desired(world), "listeners.0.rules.0.priority"), "3");

	/* They change places in one call. */
	done(world, ELBV2_SetRulePriorities,
	     json_pack("{s:[{s:s, s:i}, {s:s, s:i}]}", "RulePriorities", "RuleArn",
		       json_path_str(first, "Rules.0.RuleArn"), "Priority", 3, "RuleArn",
		       json_path_str(second, "Rules.0.RuleArn"), "Priority", 20));
	refused(world, ELBV2_DeleteRule,
		json_pack("{s:s}", "RuleArn", json_path_str(out, "Rules.2.RuleArn")),
		"OperationNotPermitted");
	done(world, ELBV2_DeleteRule,
	     json_pack("{s:s}", "RuleArn", json_path_str(first, "Rules.0.RuleArn")));
}

static void what_the_plane_would_not_take_is_refused(void **state)
{
	static const struct {
		const char *conditions, *actions, *code;
	} cases[] = {
		{"[{'Field': 'source-ip', 'SourceIpConfig': {'Values': ['10.0.0.0']}}]", NULL,
		 "ValidationError"},
		{"[{'Field': 'query-string', 'QueryStringConfig': {'Values': [{'Key': 'a'}]}}]",
		 NULL, "ValidationError"},
		{"[{'Field': 'http-header', 'HttpHeaderConfig': {'Values': ['a']}}]", NULL,
		 "ValidationError"},
		{"[{'Field': 'path-pattern', 'Values': ['/a', '/b', '/c', '/d', '/e', '/f']}]",
		 NULL, "ValidationError"},
		{"[{'Field': 'path-pattern', 'Values': ['/a']}, {'Field': 'path-pattern', "
		 "'Values': ['/b']}]",
		 NULL, "ValidationError"},
		{NULL, "[{'Type': 'redirect', 'RedirectConfig': {'StatusCode': 'HTTP_301'}}]",
		 "InvalidLoadBalancerAction"},
		{NULL,
		 "[{'Type': 'fixed-response', 'FixedResponseConfig': {'StatusCode': '200', "
		 "'ContentType': 'image/png'}}]",
		 "ValidationError"},
	};
	struct world *world = *state;

	for (size_t i = 0; i < array_len(cases); i++) {
		json_t *in = rule_input(world, 7, "/x");

		if (cases[i].conditions)
			json_give(in, "Conditions",
				  json_loads(quoted(cases[i].conditions), 0, NULL));
		if (cases[i].actions)
			json_give(in, "Actions", json_loads(quoted(cases[i].actions), 0, NULL));
		refused(world, ELBV2_CreateRule, in, cases[i].code);
	}
}

static void a_redirect_goes_where_a_client_can_dial(void **state)
{
	struct world *world = *state;
	json_t *in = rule_input(world, 7, "/x");

	json_give(in, "Actions",
		  json_loads(quoted("[{'Type': 'redirect', 'RedirectConfig': {'Port': '80', "
				    "'Host': 'a.b', 'StatusCode': 'HTTP_301'}}]"),
			     0, NULL));
	done(world, ELBV2_CreateRule, in);
	assert_string_equal(
		json_path_str(desired(world), "listeners.0.rules.0.actions.0.RedirectConfig.Port"),
		"8080");
}

static void a_listener_can_point_elsewhere(void **state)
{
	struct world *world = *state;
	char green[160];
	AUTO_JSON json_t *out = NULL;

	make_group(world, "green", green, sizeof(green));
	out = ask(world, ELBV2_ModifyListener,
		  json_pack("{s:s, s:o}", "ListenerArn", world->listener, "DefaultActions",
			    forward_to(green)));
	assert_string_equal(json_path_str(out, "Listeners.0.DefaultActions.0.TargetGroupArn"),
			    green);
	assert_string_equal(
		json_path_str(desired(world), "listeners.0.rules.0.actions.0.TargetGroupArn"),
		green);
	done(world, ELBV2_DeleteTargetGroup, json_pack("{s:s}", "TargetGroupArn", world->group));
}

static void attributes_have_defaults_and_limits(void **state)
{
	struct world *world = *state;

	done(world, ELBV2_ModifyLoadBalancerAttributes,
	     json_pack("{s:s, s:[{s:s, s:s}]}", "LoadBalancerArn", world->load_balancer,
		       "Attributes", "Key", "idle_timeout.timeout_seconds", "Value", "4000"));
	assert_string_equal(
		json_str(json_get(desired(world), "attributes"), "idle_timeout.timeout_seconds"),
		"4000");
	refused(world, ELBV2_ModifyLoadBalancerAttributes,
		json_pack("{s:s, s:[{s:s, s:s}]}", "LoadBalancerArn", world->load_balancer,
			  "Attributes", "Key", "idle_timeout.timeout_seconds", "Value", "4001"),
		"ValidationError");
	refused(world, ELBV2_ModifyTargetGroupAttributes,
		json_pack("{s:s, s:[{s:s, s:s}]}", "TargetGroupArn", world->group, "Attributes",
			  "Key", "stickiness.enabled", "Value", "true"),
		"InvalidConfigurationRequest");
	done(world, ELBV2_ModifyLoadBalancerAttributes,
	     json_pack("{s:s, s:[{s:s, s:s}]}", "LoadBalancerArn", world->load_balancer,
		       "Attributes", "Key", "deletion_protection.enabled", "Value", "true"));
	refused(world, ELBV2_DeleteLoadBalancer,
		json_pack("{s:s}", "LoadBalancerArn", world->load_balancer),
		"OperationNotPermitted");
}

static void a_deleted_load_balancer_leaves_nothing(void **state)
{
	struct world *world = *state;
	AUTO_JSON json_t *out = NULL;

	done(world, ELBV2_DeleteLoadBalancer,
	     json_pack("{s:s}", "LoadBalancerArn", world->load_balancer));
	done(world, ELBV2_DeleteLoadBalancer,
	     json_pack("{s:s}", "LoadBalancerArn", world->load_balancer));
	assert_null(desired(world));
	refused(world, ELBV2_DescribeListeners,
		json_pack("{s:[s]}", "ListenerArns", world->listener), "ListenerNotFound");
	out = call_of(world, &ec2_model, EC2_DescribeNetworkInterfaces, json_object());
	assert_int_equal(json_array_size(json_get(out, "NetworkInterfaces")), 0);
}

static void tags_are_kept_and_listed(void **state)
{
	struct world *world = *state;
	AUTO_JSON json_t *out = NULL;

	done(world, ELBV2_AddTags,
	     json_pack("{s:[s], s:[{s:s, s:s}, {s:s, s:s}]}", "ResourceArns", world->group, "Tags",
		       "Key", "a", "Value", "1", "Key", "b", "Value", "2"));
	done(world, ELBV2_RemoveTags,
	     json_pack("{s:[s], s:[s]}", "ResourceArns", world->group, "TagKeys", "a"));
	out = ask(world, ELBV2_DescribeTags, json_pack("{s:[s]}", "ResourceArns", world->group));
	assert_string_equal(json_path_str(out, "TagDescriptions.0.Tags.0.Key"), "b");
	refused(world, ELBV2_DescribeTags,
		json_pack("{s:[s]}", "ResourceArns",
			  "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/x/1"),
		"TargetGroupNotFound");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, build, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(a_load_balancer_has_a_node_in_each_subnet),
		TEST(its_state_is_what_its_plane_says),
		TEST(names_and_subnets_are_checked),
		TEST(a_port_has_one_listener),
		TEST(a_group_serves_one_load_balancer),
		TEST(a_target_is_as_healthy_as_its_plane_says),
		TEST(a_target_drains_for_its_delay_in_lab_time),
		TEST(a_draining_target_can_come_back),
		TEST(targets_are_addresses_of_the_vpc),
		TEST(a_group_nobody_uses_is_not_checked),
		TEST(rules_stand_by_priority_with_the_default_last),
		TEST(what_the_plane_would_not_take_is_refused),
		TEST(a_redirect_goes_where_a_client_can_dial),
		TEST(a_listener_can_point_elsewhere),
		TEST(attributes_have_defaults_and_limits),
		TEST(a_deleted_load_balancer_leaves_nothing),
		TEST(tags_are_kept_and_listed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
