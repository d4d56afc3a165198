/*
 * golden_app.c - the CDK app: its context read, its stacks made.
 */
#include "infra/stacks/golden_app.h"

#include "infra/stacks/golden_path.h"
#include "infra/stacks/pipeline_stack.h"

#include "infra/cdk/cdk.h"
#include "infra/cdk/constructs.h"

#include "lib/base/json.h"

/* What templates must not depend on: who runs us, the CLI or not. */
static const json_t *context_with(const json_t *context)
{
	json_t *all = json_object();

	json_set_str(all, "@aws-cdk/core:defaultCrossStackReferences", "strong");
	json_object_update(all, (json_t *)(uintptr_t)context);
	return cdk_keep_json(all);
}

struct cdk_app *golden_app_new(const struct golden_app_props *props, const char **ret_wrong)
{
	struct cdk_app_props app_props = {
		.outdir = props->outdir,
		.context = context_with(props->context),
		.analytics_reporting = NO,
		.tree_metadata = NO,
		/* It takes longer than all the rest; our tests validate the templates. */
		.builtin_cloud_formation_validation = NO,
	};
	struct cdk_app *app = cdk_app_new(.props = &app_props);
	struct options options;

	if (!options_read(constructs_node_get_all_context(cdk_app_node(app)), &options, ret_wrong))
		return NULL;
	if (options.pipeline_source)
		pipeline_stack_new(&app->construct, &options);
	else
		golden_path_new(&app->construct, &options);
	return app;
}
