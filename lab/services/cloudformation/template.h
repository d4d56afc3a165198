/*
 * template.h - the CloudFormation template language. Pure: knows neither store nor lab.
 *
 * Source: CloudFormation User Guide, "Template anatomy", "Intrinsic function reference". What goes
 * wrong is said in AWS's words. Functions answer NULL, or the text of a ValidationError, which lives
 * as long as the arena. Trees handed out belong to the arena too.
 */
#ifndef SERVICES_CLOUDFORMATION_TEMPLATE_H
#define SERVICES_CLOUDFORMATION_TEMPLATE_H

#include "lib/base/arena.h"
#include "lib/base/buf.h"
#include "lib/base/json.h"

/* Limits of AWS's: TemplateBody, what TemplateURL points at, and how many of each. */
#define TEMPLATE_BODY_MAX ((size_t)51200)
#define TEMPLATE_URL_MAX ((size_t)1 << 20)
#define TEMPLATE_RESOURCES_MAX 500
#define TEMPLATE_PARAMETERS_MAX 200
#define TEMPLATE_OUTPUTS_MAX 200
#define TEMPLATE_MAPPINGS_MAX 200
#define TEMPLATE_DEPTH_MAX 64 /* ours: of nesting */

/* Reads the text and checks its form: sections, members, names, functions that exist. */
const char *template_read(struct arena *arena, const char *text, size_t len,
			  const json_t **ret_template);

/*
 * Which resources wait for which: logical id → [logical ids], for those whose Condition holds.
 * Counts DependsOn, Ref, Fn::GetAtt and Fn::Sub; of Fn::If only the branch that is taken. Says what
 * is named and not there, and names the members of a circle.
 */
const char *template_dependencies(struct arena *arena, const json_t *template,
				  const json_t *conditions, const json_t **ret_dependencies);

/*
 * What a tree of the template names: [{Name, Attribute}], parameters and resources, each once;
 * without Attribute it is a Ref. Of Fn::If only the branch that is taken. tree NULL: what all
 * resources' properties and outputs name that are there.
 */
const json_t *template_references(struct arena *arena, const json_t *template,
				  const json_t *conditions, const json_t *tree);

/* Is this resource or output there? It has no Condition, or one that holds. */
bool template_included(const json_t *member, const json_t *conditions);

/* What of the caller's trust it needs ("CAPABILITY_IAM"), and the types that need it. Arrays. */
void template_capabilities(const json_t *template, json_t *ret_capabilities, json_t *ret_types);

/* All values of Fn::ImportValue that are in the tree: a new array, in the arena. */
const json_t *template_imports(struct arena *arena, const json_t *tree);

/*
 * Parameters. given: [{ParameterKey, ParameterValue}]. ret_texts: name → text, with defaults,
 * checked against the constraints; of an AWS::SSM::Parameter::Value<…> the name of the parameter.
 */
const char *parameters_read(struct arena *arena, const json_t *template, const json_t *given,
			    const json_t **ret_texts);
bool parameter_is_ssm(const json_t *declaration);    /* its value stands in the parameter store */
bool parameter_is_secret(const json_t *declaration); /* NoEcho */
/* The texts as Ref gives them: lists are arrays. */
const json_t *parameters_values(struct arena *arena, const json_t *template, const json_t *texts);

/* Gives the tree to the arena; returns it. */
json_t *template_keep(struct arena *arena, json_t *tree);

/* A piece of the text of Fn::Sub. */
struct sub_piece {
	const char *text; /* not NUL-terminated: len */
	size_t len;
	bool variable; /* ${text}; else it stands for itself */
};

/* The text in the argument of Fn::Sub, a string or [string, {name: value}]; NULL: it has none. */
const char *sub_format(const json_t *argument);

/* The next piece of *at, which moves on; false at the end or, *ret_bad set, at a bad variable. */
bool sub_next(const char **at, struct sub_piece *ret_piece, bool *ret_bad);

/* {{resolve:ssm:name:version}} and its kind, inside a text. */
struct dynamic_reference {
	size_t start, end;   /* where it stands in the text */
	const char *service; /* "ssm", "ssm-secure", "secretsmanager" */
	const char *name;    /* of the parameter (":version" behind it); the secret's id or ARN */
	const char *key;     /* of the secret's JSON; NULL: all of it */
	const char *stage;   /* NULL: AWSCURRENT */
	const char *version; /* of the secret; NULL */
};

/* The first one from `from` on. ret_found false: there is none. */
const char *dynamic_reference_find(struct arena *arena, const char *text, size_t from,
				   bool *ret_found, struct dynamic_reference *ret_reference);

#endif
