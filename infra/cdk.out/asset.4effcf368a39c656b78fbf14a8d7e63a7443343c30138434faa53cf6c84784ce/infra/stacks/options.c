/*
 * options.c - what can be chosen of the golden path: the app's context values.
 *
 * Values from cdk.json come as JSON, those of `-c` as text; both are read.
 */
#include "infra/stacks/options.h"

#include "infra/constructs/log_group.h"

#include "lib/base/json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum kind {
	TEXT,
	WORD,	/* a text, one of `choices` */
	CHOICE, /* an enum, in the order of `choices` */
	FLAG,
	NUMBER,
};

struct option {
	const char *name;
	enum kind kind;
	size_t offset;
	const char *normal; /* NULL: none */
	double min, max;
	const char *const *choices;
	const char *help;
};

#define AT(member) offsetof(struct options, member)
#define ONE_OF(...) ((const char *const[]){__VA_ARGS__, NULL})

static const struct option options[] = {
	{"nat", CHOICE, AT(nat), "one", .choices = ONE_OF("one", "per-az"),
	 .help = "NAT gateways: one for both zones, or one in each."},
	{"vpc_endpoints", FLAG, AT(vpc_endpoints), "false",
	 .help = "Endpoints for S3, ECR, Logs, Secrets Manager, SSM, KMS and X-Ray: these are "
		 "reached "
		 "without NAT."},
	{"flow_logs", FLAG, AT(flow_logs), "true",
	 .help = "The VPC's traffic is written to `/golden/flow`."},

	{"db_engine", CHOICE, AT(db_engine), "aurora-postgresql",
	 .choices = ONE_OF("aurora-postgresql", "postgres", "mysql"),
	 .help = "Aurora Serverless v2, or one RDS instance."},
	{"db_min_acu", NUMBER, AT(db_min_acu), "0.5", 0.5, 256,
	 .help = "Aurora's least capacity units, in steps of 0.5."},
	{"db_max_acu", NUMBER, AT(db_max_acu), "2", 1, 256, .help = "… and its most."},
	{"db_instance_type", TEXT, AT(db_instance_type), "t4g.small",
	 .help = "The RDS instance's type (not Aurora's)."},
	{"db_storage_gib", NUMBER, AT(db_storage_gib), "20", 20, 65536,
	 .help = "RDS: the disk, with an alarm below a tenth of it. Aurora: an alarm above it."},
	{"db_multi_az", FLAG, AT(db_multi_az), "false",
	 .help = "A standby (Aurora: a reader) in the other zone."},
	{"db_sslmode", WORD, AT(db_sslmode), "prefer", .choices = ONE_OF("prefer", "require"),
	 .help = "require: the app insists on TLS, and the database refuses anything else."},
	{"db_credentials", WORD, AT(db_credentials), "env", .choices = ONE_OF("env", "secret"),
	 .help = "env: the password as it was when the task started. secret: fetched again when "
		 "refused."},
	{"db_backup_days", NUMBER, AT(db_backup_days), "7", 1, 35,
	 .help = "How long automatic backups are kept."},
	{"rotation_days", NUMBER, AT(rotation_days), "0", 0, 1000,
	 .help = "The password changes after so many days; 0: never. Not in the lab: a serverless "
		 "application of AWS's does it."},
	{"deletion_protection", FLAG, AT(deletion_protection), "false",
	 .help = "Database and load balancer refuse to be deleted; keys, logs and a last snapshot "
		 "stay."},

	{"image_repository", TEXT, AT(image_repository), NULL,
	 .help = "ECR repository of the service's image; without it, it is built from `app/`."},
	{"image_tag", TEXT, AT(image_tag), "latest", .help = "… and the tag."},
	{"task_cpu", NUMBER, AT(task_cpu), "256", 256, 16384, .help = "CPU units, 1024 a vCPU."},
	{"task_memory", NUMBER, AT(task_memory), "512", 512, 122880, .help = "MiB."},
	{"desired_count", NUMBER, AT(desired_count), "2", 1, 1000,
	 .help = "Tasks; also the fewest that scaling leaves, and what an alarm wants to see."},
	{"max_count", NUMBER, AT(max_count), "6", 1, 1000, .help = "The most tasks."},
	{"cpu_target", NUMBER, AT(cpu_target), "60", 1, 100,
	 .help = "Tasks are added above this percentage of CPU …"},
	{"requests_per_target", NUMBER, AT(requests_per_target), "500", 1, 1e6,
	 .help = "… and above so many requests a minute for each."},
	{"exec", FLAG, AT(exec), "true", .help = "ECS Exec. Fault injection (FIS) wants it off."},
	{"xray", FLAG, AT(xray), "true", .help = "The X-Ray daemon runs beside the app."},
	{"read_only_root", FLAG, AT(read_only_root), "false",
	 .help = "Containers cannot write to their root. ECS Exec needs to, so that it is off by "
		 "default."},
	{"certificate_arn", TEXT, AT(certificate_arn), NULL,
	 .help = "ACM certificate: HTTPS on 443, and port 80 redirects."},
	{"waf_mode", CHOICE, AT(waf_mode), "count", .choices = ONE_OF("count", "block"),
	 .help = "What AWS's rule groups do: count first, see what they would block, then block."},
	{"waf_rate_mode", CHOICE, AT(waf_rate_mode), "count", .choices = ONE_OF("count", "block"),
	 .help = "What the rate rule does."},
	{"waf_rate_limit", NUMBER, AT(waf_rate_limit), "2000", 10, 2e9,
	 .help = "… above so many requests of one address in five minutes."},
	{"waf_logs", FLAG, AT(waf_logs), "false",
	 .help = "Each request that the web ACL looked at is written to `aws-waf-logs-golden`."},
	{"log_days", NUMBER, AT(log_days), "30", 1, 3653,
	 .help = "Retention of log groups: 1, 3, 5, 7, 14, 30, 60, 90, 180, 365, 731, 1827 or "
		 "3653."},
	{"access_log_days", NUMBER, AT(access_log_days), "90", 1, 3653,
	 .help = "Retention of the load balancer's access logs."},

	{"alarm_email", TEXT, AT(alarm_email), NULL, .help = "Who is told of every alarm."},
	{"alarm_p95_ms", NUMBER, AT(alarm_p95_ms), "1000", 1, 3600000,
	 .help = "Alarm above this p95 of response times."},
	{"alarm_db_connections", NUMBER, AT(alarm_db_connections), "80", 1, 100000,
	 .help = "Alarm above so many connections to the database."},
	{"alarm_waf_hits", NUMBER, AT(alarm_waf_hits), "100", 1, 1e9,
	 .help = "Alarm above so many blocked or counted requests a minute."},
	{"dlq", FLAG, AT(dlq), "false", .help = "A dead-letter queue, and an alarm on its depth."},

	{"deployment", CHOICE, AT(deployment), "codedeploy",
	 .choices = ONE_OF("codedeploy", "rolling"),
	 .help = "Blue/green by CodeDeploy, or ECS's rolling update with circuit breaker and "
		 "alarms."},
	{"traffic_shift", CHOICE, AT(traffic_shift), "canary",
	 .choices = ONE_OF("canary", "linear", "all-at-once"),
	 .help = "CodeDeploy: 10 % for five minutes, 10 % more each minute, or all."},
	{"reset_schedule", TEXT, AT(reset_schedule), NULL,
	 .help = "When the reset job runs by itself: `rate(1 day)`, `cron(0 6 * * ? *)`."},
	{"functions", TEXT, AT(functions), NULL,
	 .help = "Folder with `deploy_hook.zip` and `reset.zip`; without it, the build's."},

	{"pipeline_source", TEXT, AT(pipeline_source), NULL,
	 .help = "`owner/repository@branch`: a stack GoldenPipeline, which deploys the others. Not "
		 "for the lab."},
	{"pipeline_connection_arn", TEXT, AT(pipeline_connection_arn), NULL,
	 .help = "… through this CodeConnections connection."},
};

/* ---- reading ---- */

static const char *as_text(const json_t *value)
{
	if (json_is_string(value))
		return json_string_value(value)[0] ? json_string_value(value) : NULL;
	if (json_is_boolean(value))
		return json_is_true(value) ? "true" : "false";
	if (json_is_number(value))
		return cdk_fmt("%.15g", json_number_value(value));
	return NULL;
}

static const char *join(const char *const *choices)
{
	const char *text = choices[0];

	for (size_t i = 1; choices[i]; i++)
		text = cdk_fmt("%s, %s", text, choices[i]);
	return text;
}

static bool read_number(const struct option *option, const char *text, double *ret_number,
			const char **ret_wrong)
{
	char *end;
	double number = strtod(text, &end);

	if (end == text || *end || !isfinite(number) || number < option->min ||
	    number > option->max) {
		*ret_wrong = cdk_fmt("context %s is a number from %.15g to %.15g, not '%s'",
				     option->name, option->min, option->max, text);
		return false;
	}
	*ret_number = number;
	return true;
}

static bool read_word(const struct option *option, const char *text, const char *const *choices,
		      int *ret_index, const char **ret_wrong)
{
	for (int i = 0; choices[i]; i++) {
		if (strcmp(choices[i], text) == 0) {
			*ret_index = i;
			return true;
		}
	}
	*ret_wrong =
		cdk_fmt("context %s is one of %s, not '%s'", option->name, join(choices), text);
	return false;
}

static bool read_one(const struct option *option, const char *text, struct options *it,
		     const char **ret_wrong)
{
	static const char *const flags[] = {"false", "true", NULL};
	void *place = (char *)it + option->offset;
	int i = 0;

	switch (option->kind) {
	case NUMBER:
		return read_number(option, text, place, ret_wrong);
	case FLAG:
		if (!read_word(option, text, flags, &i, ret_wrong))
			return false;
		*(bool *)place = i == 1;
		return true;
	case CHOICE:
		return read_word(option, text, option->choices, place, ret_wrong);
	case WORD:
		if (!read_word(option, text, option->choices, &i, ret_wrong))
			return false;
		break;
	case TEXT:
		break;
	}
	*(const char **)place = cdk_fmt("%s", text);
	return true;
}

/* "@aws-cdk/core:…", "aws:cdk:…", "availability-zones:…" are others'. */
static bool is_ours(const char *name)
{
	return name[strcspn(name, ":/@-")] == '\0';
}

static bool is_known(const char *name)
{
	for (size_t i = 0; i < array_len(options); i++)
		if (strcmp(options[i].name, name) == 0)
			return true;
	return false;
}

static bool are_known(const json_t *context, const char **ret_wrong)
{
	const char *name;
	const json_t *value;

	json_each_member (context, name, value) {
		if (is_ours(name) && !is_known(name)) {
			*ret_wrong = cdk_fmt(
				"there is no context value '%s'; infra/README.md lists all", name);
			return false;
		}
	}
	return true;
}

static bool is_retention(double days)
{
	for (size_t i = 0; log_group_days[i]; i++)
		if (log_group_days[i] == (int)days)
			return true;
	return false;
}

/* What no value says alone. */
static bool fit_together(const struct options *it, const char **ret_wrong)
{
	*ret_wrong = NULL;
	if (!is_retention(it->log_days))
		*ret_wrong = "context log_days: CloudWatch Logs does not keep events for so many "
			     "days; infra/README.md lists what it can";
	else if (it->max_count < it->desired_count)
		*ret_wrong = "context max_count is less than desired_count";
	else if (it->db_max_acu < it->db_min_acu)
		*ret_wrong = "context db_max_acu is less than db_min_acu";
	else if (it->exec && it->read_only_root)
		*ret_wrong = "context read_only_root needs exec=false: ECS Exec writes to the root";
	else if (it->pipeline_source && !strchr(it->pipeline_source, '@'))
		*ret_wrong = "context pipeline_source is owner/repository@branch";
	else if (it->pipeline_source && !it->pipeline_connection_arn)
		*ret_wrong = "context pipeline_source needs pipeline_connection_arn";
	return !*ret_wrong;
}

bool options_read(const json_t *context, struct options *ret_options, const char **ret_wrong)
{
	const char *region = getenv("CDK_DEFAULT_REGION");
	struct options it = {.region = region ? region : "us-east-1"};

	if (!are_known(context, ret_wrong))
		return false;
	for (size_t i = 0; i < array_len(options); i++) {
		const struct option *option = &options[i];
		const json_t *given = json_get(context, option->name);
		const char *text = as_text(given);

		if (json_is_object(given) || json_is_array(given)) {
			*ret_wrong = cdk_fmt("context %s is one value", option->name);
			return false;
		}
		if (!text)
			text = option->normal;
		if (text && !read_one(option, text, &it, ret_wrong))
			return false;
	}
	if (!fit_together(&it, ret_wrong))
		return false;
	*ret_options = it;
	return true;
}

/* ---- the table ---- */

static void print_values(const struct option *option, FILE *out)
{
	if (option->choices)
		fputs(join(option->choices), out);
	else if (option->kind == FLAG)
		fputs("true, false", out);
	else if (option->kind == NUMBER)
		fprintf(out, "%.15g to %.15g", option->min, option->max);
	else
		fputs("text", out);
}

void options_print_table(FILE *out)
{
	fputs("| context value | default | values | effect |\n|---|---|---|---|\n", out);
	for (size_t i = 0; i < array_len(options); i++) {
		const struct option *option = &options[i];

		fprintf(out, "| `%s` | %s | ", option->name,
			option->normal ? cdk_fmt("`%s`", option->normal) : "none");
		print_values(option, out);
		fprintf(out, " | %s |\n", option->help);
	}
}
