/*
 * pipeline_stack.c - a CDK pipeline that deploys the golden path from its repository, and itself.
 *
 * Its build synthesises with the context of cdk.json: what is chosen there is what is deployed.
 *
 *   left out   stages for test and production, manual approval: stages are added here
 */
#include "infra/stacks/pipeline_stack.h"

#include "infra/stacks/golden_path.h"
#include "infra/stacks/golden_stack.h"

#include "infra/cdk/pipelines.h"

#include <string.h>

static struct pipelines_code_pipeline_source *source_of(const struct options *options)
{
	const char *at = strchr(options->pipeline_source, '@');
	const char *repository =
		cdk_fmt("%.*s", (int)(at - options->pipeline_source), options->pipeline_source);
	struct pipelines_connection_source_options connection = {
		.connection_arn = options->pipeline_connection_arn,
	};

	return pipelines_code_pipeline_source_connection(repository, at + 1, &connection);
}

static struct pipelines_shell_step *synth_step(const struct options *options)
{
	const char *synth = cdk_fmt("cd infra && npx cdk synth -c pipeline_source=%s "
				    "-c pipeline_connection_arn=%s",
				    options->pipeline_source, options->pipeline_connection_arn);
	struct pipelines_shell_step_props props = {
		.input = &source_of(options)->ifile_set_producer,
		.install_commands = LIST(string, "tools/deps"),
		.commands = LIST(string, "make", synth),
		.primary_output_directory = "infra/cdk.out",
	};

	return pipelines_shell_step_new("Synth", &props);
}

void pipeline_stack_new(struct constructs_construct *scope, const struct options *options)
{
	struct cdk_stack *stack =
		golden_stack_new(scope, "GoldenPipeline", "deploys the golden path", options);
	struct pipelines_code_pipeline_props props = {
		.pipeline_name = "golden",
		.synth = &synth_step(options)->ifile_set_producer,
		.cross_account_keys = YES,
		.enable_key_rotation = YES,
	};
	struct pipelines_code_pipeline *pipeline =
		pipelines_code_pipeline_new(&stack->construct, "Pipeline", &props);
	struct cdk_environment region = {.region = options->region};
	struct cdk_stage_props stage_props = {.env = &region};
	struct cdk_stage *stage = cdk_stage_new(&stack->construct, "Deploy", &stage_props);

	golden_path_new(&stage->construct, options);
	pipelines_code_pipeline_add_stage(pipeline, stage);
}
