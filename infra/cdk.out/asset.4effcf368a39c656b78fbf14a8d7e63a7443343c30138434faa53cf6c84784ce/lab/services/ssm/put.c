/*
 * put.c - parameters are made, changed, labelled and deleted.
 *
 * Source: Systems Manager User Guide, "Requirements and constraints for parameter names"; API
 * Reference, PutParameter.
 */
#include "lab/services/ssm/parameter.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define STANDARD_MAX 4096
#define ADVANCED_MAX 8192
#define LEVELS_MAX 15
#define VERSIONS_MAX 100
#define LABELS_MAX 10
#define MATCH_LIMIT 100000

static int invalid(struct request *rq, const char *message)
{
	return fault_named(rq, "ValidationException", "%s", message);
}

static int check_name(struct request *rq, const char *name)
{
	const char *bare = name + (name[0] == '/');
	size_t i, levels = 0;

	if (strncasecmp(bare, "aws", 3) == 0)
		return fault_named(rq, "AccessDeniedException",
				   "No access to reserved parameter name: %s.", name);
	if (strncasecmp(bare, "ssm", 3) == 0)
		return invalid(rq, "Parameter name: can't be prefixed with \"ssm\" "
				   "(case-insensitive). If formed as a path, it can consist of "
				   "sub-paths divided by slash symbol; each sub-path can be formed "
				   "as a mix of letters, numbers and the following 3 symbols .-_");
	for (i = 0; name[i]; i++) {
		levels += name[i] == '/';
		if (!isalnum((unsigned char)name[i]) && !strchr("/.-_", name[i]))
			return invalid(rq,
				       "Parameter name: can't be prefixed with \"aws\" or "
				       "\"ssm\" (case-insensitive). If formed as a path, it can "
				       "consist of sub-paths divided by slash symbol; each "
				       "sub-path can be formed as a mix of letters, numbers and "
				       "the following 3 symbols .-_");
	}
	if (levels > 0 && name[0] != '/')
		return invalid(rq, "Parameter name must be a fully qualified name.");
	if (i > 0 && (name[i - 1] == '/' || strstr(name, "//")))
		return invalid(rq, "Parameter name must not end with a slash or have an empty "
				   "part.");
	if (levels > LEVELS_MAX)
		return fault(rq, SSM_HierarchyLevelLimitExceededException,
			     "The hierarchy depth of a parameter name is at most 15 levels.");
	return 0;
}

static int check_pattern(struct request *rq, const char *pattern, const char *value)
{
	pcre2_match_context *context = NULL;
	pcre2_match_data *data = NULL;
	PCRE2_SIZE at;
	int error, matched;
	pcre2_code *code =
		pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED,
			      PCRE2_UTF | PCRE2_ANCHORED | PCRE2_ENDANCHORED, &error, &at, NULL);

	if (!code)
		return fault(rq, SSM_InvalidAllowedPatternException,
			     "The request does not meet the regular expression requirement.");
	context = pcre2_match_context_create(NULL);
	data = pcre2_match_data_create_from_pattern(code, NULL);
	pcre2_set_match_limit(context, MATCH_LIMIT);
	matched = pcre2_match(code, (PCRE2_SPTR)value, strlen(value), 0, 0, data, context);
	pcre2_match_data_free(data);
	pcre2_match_context_free(context);
	pcre2_code_free(code);
	if (matched < 0)
		return fault(rq, SSM_ParameterPatternMismatchException,
			     "Parameter value, cannot be validated against allowedPattern: {%s}",
			     pattern);
	return 0;
}

/* ret_tier: what it is kept in. */
static int check_size(struct request *rq, const json_t *in, const json_t *old,
		      const char **ret_tier)
{
	const char *was = json_str_or(old, "Tier", "Standard");
	const char *tier = json_str_or(in, "Tier", was);
	size_t len = strlen(json_str(in, "Value"));

	if (strcmp(tier, "Intelligent-Tiering") == 0)
		tier = len > STANDARD_MAX || strcmp(was, "Advanced") == 0 ? "Advanced" : "Standard";
	if (strcmp(tier, "Standard") == 0 && strcmp(was, "Advanced") == 0)
		return invalid(rq, "This parameter uses the advanced-parameter tier. You can't "
				   "downgrade a parameter from the advanced-parameter tier to the "
				   "standard-parameter tier. If necessary, you can delete the "
				   "advanced parameter and recreate it as a standard parameter.");
	if (strcmp(tier, "Standard") == 0 && len > STANDARD_MAX)
		return invalid(rq,
			       "Standard tier parameters support a maximum parameter value of "
			       "4096 characters. To create a larger parameter value, upgrade the "
			       "parameter to use the advanced-parameter tier. For more "
			       "information, see https://docs.aws.amazon.com/systems-manager/"
			       "latest/userguide/parameter-store-advanced-parameters.html");
	if (len > ADVANCED_MAX)
		return invalid(rq, "Advanced tier parameters support a maximum parameter value of "
				   "8192 characters.");
	*ret_tier = tier;
	return 0;
}

static int check_put(struct request *rq, const json_t *in, const json_t *old)
{
	bool overwrite = json_bool_or(in, "Overwrite", false);

	if (old && !overwrite)
		return fault(rq, SSM_ParameterAlreadyExists,
			     "The parameter already exists. To overwrite this value, set the "
			     "overwrite option in the request to true.");
	if (overwrite && json_array_size(json_get(in, "Tags")) > 0)
		return invalid(rq, "Invalid request: tags and overwrite can't be used together. To "
				   "create a parameter with tags, please remove overwrite flag. To "
				   "update tags for an existing parameter, please use "
				   "AddTagsToResource or RemoveTagsFromResource.");
	if (!old && !json_has(in, "Type"))
		return invalid(rq, "A parameter type is required when you create a parameter.");
	if (!*json_str(in, "Value"))
		return invalid(rq, "Parameter value can't be empty.");
	if (json_has(in, "Policies") && *json_str(in, "Policies"))
		return invalid(rq, "Parameter policies are not in the lab.");
	return 0;
}

/* The oldest of a hundred versions makes room, unless somebody labelled it. */
static int make_room(struct request *rq, const char *name, int64_t version)
{
	const char *key = history_key(rq, name, version - VERSIONS_MAX);
	const json_t *oldest = store_get(rq->tx, HISTORY, key);

	if (json_array_size(json_get(oldest, "Labels")) > 0)
		return fault(rq, SSM_ParameterMaxVersionLimitExceeded,
			     "You attempted to create a new version of %s by calling the "
			     "PutParameter API. Version %lld, the oldest version, can't be deleted "
			     "because it has a label associated with it. Move the label to another "
			     "version of the parameter, and try again.",
			     name, (long long)(version - VERSIONS_MAX));
	store_delete(rq->tx, HISTORY, key);
	return 0;
}

static const char *const kept_on_overwrite[] = {"Type",	 "Description", "AllowedPattern",
						"KeyId", "DataType",	"_Tags"};

static json_t *new_version(struct request *rq, const json_t *in, const json_t *old)
{
	json_t *parameter = store_new(rq->tx);
	const char *name = json_str(in, "Name");
	size_t i;

	json_set_str(parameter, "Name", name);
	json_set_str(parameter, "ARN", parameter_arn(rq, name));
	json_set_int(parameter, "Version", json_int_or(old, "Version", 0) + 1);
	json_set_time(parameter, "LastModifiedDate", rq->now);
	json_set_str(parameter, "LastModifiedUser", rq->caller->arn);
	json_set_str(parameter, "DataType", "text");
	for (i = 0; i < array_len(kept_on_overwrite); i++) {
		json_set(parameter, kept_on_overwrite[i], json_get(old, kept_on_overwrite[i]));
		json_set(parameter, kept_on_overwrite[i], json_get(in, kept_on_overwrite[i]));
	}
	if (!old)
		json_set(parameter, "_Tags", json_get(in, "Tags"));
	return parameter;
}

static int set_value(struct request *rq, json_t *parameter, const char *value)
{
	if (strcmp(json_str(parameter, "Type"), "SecureString") == 0)
		return parameter_seal(rq, parameter, value);
	json_drop(parameter, "KeyId");
	json_set_str(parameter, "Value", value);
	return 0;
}

static int put_version(struct request *rq, json_t *parameter, const char *value)
{
	const char *name = json_str(parameter, "Name");
	int64_t version = json_int_or(parameter, "Version", 0);
	int result = set_value(rq, parameter, value);

	if (result == 0)
		result = make_room(rq, name, version);
	if (result != 0)
		return result;
	store_put(rq->tx, PARAMETER, name, parameter);
	store_put(rq->tx, HISTORY, history_key(rq, name, version), parameter);
	return 0;
}

int ssm_put_parameter(struct request *rq, const json_t *in, json_t *out)
{
	const json_t *old = store_get(rq->tx, PARAMETER, json_str(in, "Name"));
	const char *pattern = json_str(in, "AllowedPattern"), *tier = NULL;
	json_t *parameter, *detail;
	int result = check_name(rq, json_str(in, "Name"));

	if (result == 0)
		result = check_put(rq, in, old);
	if (result == 0)
		result = check_size(rq, in, old, &tier);
	if (!pattern)
		pattern = json_str(old, "AllowedPattern");
	if (result == 0 && pattern && *pattern)
		result = check_pattern(rq, pattern, json_str(in, "Value"));
	if (result != 0)
		return result;

	parameter = new_version(rq, in, old);
	json_set_str(parameter, "Tier", tier);
	result = put_version(rq, parameter, json_str(in, "Value"));
	if (result != 0)
		return result;
	detail = rq_object(rq);
	json_set(detail, "Name", json_get(in, "Name"));
	publish(rq->tx, "ssm.parameter.changed", detail);
	json_set(out, "Version", json_get(parameter, "Version"));
	json_set_str(out, "Tier", tier);
	return 0;
}

static bool delete_one(struct request *rq, const char *name)
{
	const json_t *versions, *key;
	json_t *detail = rq_object(rq);
	size_t i;

	if (!store_delete(rq->tx, PARAMETER, name))
		return false;
	versions = store_keys(rq->tx, HISTORY, rq_fmt(rq, "%s:", name));
	json_each (versions, i, key)
		store_delete(rq->tx, HISTORY, json_string_value(key));
	json_set_str(detail, "Name", name);
	publish(rq->tx, "ssm.parameter.changed", detail);
	return true;
}

int ssm_delete_parameter(struct request *rq, const json_t *in, json_t *out)
{
	const char *name = parameter_name(rq, json_str(in, "Name"), NULL);

	if (!delete_one(rq, name))
		return fault(rq, SSM_ParameterNotFound, "Parameter %s not found.", name);
	return 0;
}

int ssm_delete_parameters(struct request *rq, const json_t *in, json_t *out)
{
	json_t *deleted = json_add_array(out, "DeletedParameters");
	json_t *missing = json_add_array(out, "InvalidParameters");
	const json_t *text;
	size_t i;

	json_each (json_get(in, "Names"), i, text) {
		const char *name = parameter_name(rq, json_string_value(text), NULL);
		int result = permit(rq, "ssm:DeleteParameters", parameter_arn(rq, name));

		if (result != 0)
			return result;
		json_push_str(delete_one(rq, name) ? deleted : missing, name);
	}
	return 0;
}

static bool label_is_fine(const char *label)
{
	size_t i;

	if (isdigit((unsigned char)label[0]) || strncasecmp(label, "aws", 3) == 0 ||
	    strncasecmp(label, "ssm", 3) == 0)
		return false;
	for (i = 0; label[i]; i++)
		if (!isalnum((unsigned char)label[i]) && !strchr(".-_", label[i]))
			return false;
	return i <= 100;
}

static void drop_label(json_t *labels, const char *label)
{
	size_t i;

	for (i = json_array_size(labels); i > 0; i--)
		if (strcmp(json_string_value(json_at(labels, i - 1)), label) == 0)
			json_array_remove(labels, i - 1);
}

/* A label is on one version of a parameter at a time. */
static void take_label(struct request *rq, const char *name, const char *label)
{
	const json_t *keys = store_keys(rq->tx, HISTORY, rq_fmt(rq, "%s:", name)), *key;
	size_t i;

	json_each (keys, i, key) {
		json_t *version = store_edit(rq->tx, HISTORY, json_string_value(key));

		if (!json_list_has(json_get(version, "Labels"), label))
			continue;
		drop_label(json_object_get(version, "Labels"), label);
		store_put(rq->tx, HISTORY, json_string_value(key), version);
	}
}

int ssm_label_parameter_version(struct request *rq, const json_t *in, json_t *out)
{
	const char *name = parameter_name(rq, json_str(in, "Name"), NULL);
	const json_t *latest = store_get(rq->tx, PARAMETER, name), *label;
	int64_t version = json_int_or(in, "ParameterVersion", json_int_or(latest, "Version", 0));
	const char *key = history_key(rq, name, version);
	json_t *bad = json_add_array(out, "InvalidLabels"), *document, *labels;
	size_t i;

	if (!latest)
		return fault(rq, SSM_ParameterNotFound, "Parameter %s not found.", name);
	if (!store_has(rq->tx, HISTORY, key))
		return fault(rq, SSM_ParameterVersionNotFound,
			     "Systems Manager could not find version %lld of %s. Verify the "
			     "version and try again.",
			     (long long)version, name);

	json_each (json_get(in, "Labels"), i, label)
		if (label_is_fine(json_string_value(label)))
			take_label(rq, name, json_string_value(label));
	document = store_edit(rq->tx, HISTORY, key);
	labels = json_object_get(document, "Labels");
	labels = labels ? labels : json_add_array(document, "Labels");
	json_each (json_get(in, "Labels"), i, label)
		json_push(label_is_fine(json_string_value(label)) ? labels : bad, label);
	if (json_array_size(labels) > LABELS_MAX)
		return fault(rq, SSM_ParameterVersionLabelLimitExceeded,
			     "A parameter version can have maximum of ten labels.");
	store_put(rq->tx, HISTORY, key, document);
	json_set_int(out, "ParameterVersion", version);
	return 0;
}
