/*
 * synthesis.c - for tests: the golden path synthesised with some context, and what is asked of its templates.
 */
#include "infra/tests/synthesis.h"

#include "infra/stacks/golden_app.h"

#include "lib/base/folder.h"
#include "lib/base/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct synthesis {
	json_t *templates; /* by stack */
	struct {
		const char *stack;
		struct assertions_template *template;
	} asked[8];
	size_t nasked;
};

static char *wrong;
static char folder[] = "/tmp/golden-infra-test-XXXXXX";
static int napps;

static void on_error(void *context, const struct jsii_error *error)
{
	if (!wrong)
		wrong = mem_fmt("%s (%s, %s:%d)", error->message, error->path ? error->path : "-",
				error->file ? error->file : "-", error->line);
}

const char *synthesis_error(void)
{
	const char *text = wrong ? cdk_fmt("%s", wrong) : NULL;

	free(wrong);
	wrong = NULL;
	return text;
}

static void must_be_fine(void)
{
	const char *text = synthesis_error();

	if (text)
		fail_msg("%s", text);
}

int synthesis_open(void **state)
{
	if (!mkdtemp(folder))
		return -1;
	cdk_open(NULL);
	jsii_on_error(on_error, NULL);
	return 0;
}

int synthesis_close(void **state)
{
	free(wrong);
	wrong = NULL;
	cdk_close();
	return folder_remove(folder);
}

/* ---- apps ---- */

static const json_t *context_json(const struct context_value *context)
{
	json_t *all = json_object();

	/* The assets' hashes are of interest, copies of them are not. */
	json_set_bool(all, "aws:cdk:disable-asset-staging", true);
	for (; context && context->name; context++)
		json_set_str(all, context->name, context->value);
	return cdk_keep_json(all);
}

static struct cdk_app *new_app(const struct context_value *context, const char **ret_refusal)
{
	struct golden_app_props props = {
		.outdir = cdk_fmt("%s/%d", folder, napps++),
		.context = context_json(context),
	};

	return golden_app_new(&props, ret_refusal);
}

struct cdk_app *synthesis_app(const struct context_value *context)
{
	const char *refused = NULL;
	struct cdk_app *app = new_app(context, &refused);

	if (!app)
		fail_msg("%s", refused);
	must_be_fine();
	return app;
}

const char *refusal(const struct context_value *context)
{
	const char *refused = NULL;

	new_app(context, &refused);
	must_be_fine();
	return refused;
}

static void read_templates(json_t *templates, const char *outdir)
{
	static const char *const stacks[] = {"GoldenNetwork",	 "GoldenData",
					     "GoldenCompute",	 "GoldenObservability",
					     "GoldenDeployment", "GoldenPipeline"};

	for (size_t i = 0; i < array_len(stacks); i++) {
		AUTO_FREE char *path = mem_fmt("%s/%s.template.json", outdir, stacks[i]);
		json_t *template = json_load_file(path, 0, NULL);

		if (template)
			json_give(templates, stacks[i], template);
	}
}

struct synthesis *synthesis_of(struct cdk_app *app)
{
	struct synthesis *it = cdk_keep(&(struct synthesis){0}, sizeof(*it));
	json_t *templates = json_object();

	cdk_app_synth(app);
	must_be_fine();
	read_templates(templates, cdk_app_outdir(app));
	cdk_keep_json(templates);
	it->templates = templates;
	return it;
}

struct synthesis *synthesise(const struct context_value *context)
{
	return synthesis_of(synthesis_app(context));
}

/* ---- questions ---- */

const json_t *template_of(const struct synthesis *synthesis, const char *stack)
{
	return json_get(synthesis->templates, stack);
}

static struct assertions_template *asked_of(struct synthesis *synthesis, const char *stack)
{
	struct assertions_template *template;

	for (size_t i = 0; i < synthesis->nasked; i++)
		if (strcmp(synthesis->asked[i].stack, stack) == 0)
			return synthesis->asked[i].template;
	assert_non_null(template_of(synthesis, stack));
	template = assertions_template_from_json(template_of(synthesis, stack));
	must_be_fine();
	synthesis->asked[synthesis->nasked].stack = stack;
	synthesis->asked[synthesis->nasked++].template = template;
	return template;
}

const json_t *only(const struct synthesis *synthesis, const char *stack, const char *type)
{
	const json_t *resources = json_get(template_of(synthesis, stack), "Resources");
	const json_t *found = NULL;
	const json_t *resource;
	const char *id;

	json_each_member (resources, id, resource) {
		if (strcmp(json_str(resource, "Type"), type) != 0)
			continue;
		assert_null(found);
		found = json_get(resource, "Properties");
	}
	assert_non_null(found);
	return found;
}

void has(struct synthesis *synthesis, const char *stack, const char *type, const json_t *properties)
{
	assertions_template_has_resource_properties(asked_of(synthesis, stack), type, properties);
	must_be_fine();
}

void has_not(struct synthesis *synthesis, const char *stack, const char *type,
	     const json_t *properties)
{
	assertions_template_has_resource_properties(asked_of(synthesis, stack), type, properties);
	if (!synthesis_error())
		fail_msg("%s has such a %s", stack, type);
}

void count_is(struct synthesis *synthesis, const char *stack, const char *type, int count)
{
	assertions_template_resource_count_is(asked_of(synthesis, stack), type, count);
	must_be_fine();
}
