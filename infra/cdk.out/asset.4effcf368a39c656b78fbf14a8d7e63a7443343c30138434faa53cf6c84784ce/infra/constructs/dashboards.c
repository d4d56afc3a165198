/*
 * dashboards.c - one page that says how the service is.
 */
#include "infra/constructs/dashboards.h"

#define LINES_MAX 4
#define WIDTH 12 /* of 24 */
#define END NMETRICS

/* A graph: metrics by the left axis, and one by the right. */
static const struct graph {
	const char *title;
	enum metric left[LINES_MAX + 1];
	enum metric right;
} graphs[] = {
	{"ALB 4xx/5xx",
	 {METRIC_TARGET_4XX, METRIC_TARGET_5XX, METRIC_ELB_4XX, METRIC_ELB_5XX, END},
	 END},
	{"p95 latency", {METRIC_P95, END}, METRIC_REQUESTS},
	{"ECS CPU/Mem", {METRIC_TASK_CPU, METRIC_TASK_MEMORY, END}, END},
	{"Running tasks", {METRIC_RUNNING_TASKS, METRIC_DESIRED_TASKS, END}, END},
	{"DB", {METRIC_DB_CPU, END}, METRIC_DB_CONNECTIONS},
	{"RequestCountPerTarget", {METRIC_BLUE_PER_TARGET, METRIC_GREEN_PER_TARGET, END}, END},
	{"WAF", {METRIC_WAF_BLOCKED, METRIC_WAF_COUNTED, END}, METRIC_WAF_ALLOWED},
	{"Errors in the log", {METRIC_LOG_ERRORS, METRIC_LOG_5XX, END}, END},
};

static const struct graph aurora_storage = {
	"DB storage", {METRIC_DB_VOLUME, END}, METRIC_DB_CAPACITY};
static const struct graph rds_storage = {"DB storage", {METRIC_DB_FREE_STORAGE, END}, END};

static struct cloudwatch_iwidget *widget_of(const struct graph *graph, struct metrics *metrics)
{
	struct cloudwatch_imetric *left[LINES_MAX];
	struct cloudwatch_imetric *right;
	struct cloudwatch_graph_widget_props props = {
		.title = graph->title,
		.width = NUM(WIDTH),
		.left = {.items = left},
	};

	for (size_t i = 0; graph->left[i] != END; i++)
		left[props.left.count++] = metrics_get(metrics, graph->left[i]);
	if (graph->right != END) {
		right = metrics_get(metrics, graph->right);
		props.right.items = &right;
		props.right.count = 1;
	}
	return &cloudwatch_graph_widget_new(&props)->iwidget;
}

static struct cloudwatch_iwidget *rate_widget(const struct dashboards_props *props)
{
	struct cloudwatch_graph_widget_props widget = {
		.title = "ALB 5xx rate",
		.width = NUM(WIDTH),
		.left = LIST(cloudwatch_imetric, metrics_5xx_rate(props->metrics)),
	};

	return &cloudwatch_graph_widget_new(&widget)->iwidget;
}

static struct cloudwatch_iwidget *alarms_widget(const struct dashboards_props *props)
{
	struct cloudwatch_alarm_status_widget_props widget = {
		.title = "What rolls a deployment back",
		.width = NUM(2 * WIDTH),
		.alarms = LIST(cloudwatch_ialarm_ref, &props->alarms->rate_5xx->ialarm_ref,
			       &props->alarms->p95->ialarm_ref),
	};

	return &cloudwatch_alarm_status_widget_new(&widget)->iwidget;
}

void dashboards_new(struct constructs_construct *scope, const char *id,
		    const struct dashboards_props *props)
{
	struct cloudwatch_dashboard_props dashboard_props = {.dashboard_name = props->name};
	struct cloudwatch_dashboard *dashboard =
		cloudwatch_dashboard_new(scope, id, &dashboard_props);

	for (size_t i = 0; i < array_len(graphs); i += 2)
		cloudwatch_dashboard_add_widgets(dashboard, widget_of(&graphs[i], props->metrics),
						 widget_of(&graphs[i + 1], props->metrics));
	cloudwatch_dashboard_add_widgets(
		dashboard,
		widget_of(props->engine == AURORA_POSTGRESQL ? &aurora_storage : &rds_storage,
			  props->metrics),
		rate_widget(props));
	cloudwatch_dashboard_add_widgets(dashboard, alarms_widget(props));
}
