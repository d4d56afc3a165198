/*
 * parameter.c - parameters by any of their names, their values sealed and revealed, their filters.
 */
#include "lab/services/ssm/parameter.h"
#include "lab/aws/envelope.h"
#include "lab/models/kms.h"
#include "lib/base/base64.h"

#include <errno.h>
#include <string.h>

/* What KMS seals directly; a longer one goes under a data key. */
#define DIRECT_MAX 4096

const char *parameter_arn(struct request *rq, const char *name)
{
	return rq_arn(rq, "ssm", rq_fmt(rq, "parameter%s%s", name[0] == '/' ? "" : "/", name));
}

const char *history_key(struct request *rq, const char *name, int64_t version)
{
	return rq_fmt(rq, "%s:%012lld", name, (long long)version);
}

const char *parameter_name(struct request *rq, const char *text, const char **ret_selector)
{
	const char *prefix = rq_arn(rq, "ssm", "parameter");
	const char *colon;

	if (strncmp(text, prefix, strlen(prefix)) == 0) {
		text += strlen(prefix);
		/* "parameter/x" is of "x", which may also be named "/x". */
		if (!strchr(text + (text[0] == '/'), '/') && !store_has(rq->tx, PARAMETER, text))
			text += text[0] == '/';
	}
	colon = strchr(text, ':');
	if (ret_selector)
		*ret_selector = colon ? rq_strdup(rq, colon + 1) : NULL;
	return colon ? rq_fmt(rq, "%.*s", (int)(colon - text), text) : rq_strdup(rq, text);
}

static const json_t *by_label(struct request *rq, const char *name, const char *label)
{
	const json_t *all = store_list_prefix(rq->tx, HISTORY, rq_fmt(rq, "%s:", name)), *version;
	size_t i;

	json_each (all, i, version)
		if (json_list_has(json_get(version, "Labels"), label))
			return version;
	return NULL;
}

static bool is_number(const char *text)
{
	return *text && text[strspn(text, "0123456789")] == '\0' && strlen(text) < 12;
}

int parameter_get(struct request *rq, const char *text, const json_t **ret_parameter)
{
	const char *selector = NULL;
	/* Asked with each request of the app: most names need no taking apart. */
	const json_t *parameter = store_get(rq->tx, PARAMETER, text);
	const char *name;

	if (!parameter) {
		name = parameter_name(rq, text, &selector);
		parameter = store_get(rq->tx, PARAMETER, name);
		if (!parameter)
			return fault(rq, SSM_ParameterNotFound, "Parameter %s not found.", text);
		if (selector)
			parameter = is_number(selector)
					    ? store_get(rq->tx, HISTORY,
							history_key(rq, name, atoll(selector)))
					    : by_label(rq, name, selector);
		if (!parameter)
			return fault(rq, SSM_ParameterVersionNotFound,
				     "Systems Manager could not find version %s of %s. Verify the "
				     "version and try again.",
				     selector, name);
	}
	*ret_parameter = parameter;
	return 0;
}

static json_t *context_of(struct request *rq, const json_t *parameter)
{
	json_t *context = rq_object(rq);

	json_set(context, "PARAMETER_ARN", json_get(parameter, "ARN"));
	return context;
}

static int seal_long(struct request *rq, json_t *parameter, const char *key, const char *value)
{
	json_t *sealed = rq_object(rq);

	if (envelope_seal(rq, key, context_of(rq, parameter), value, strlen(value), sealed))
		return fault_pass(rq);
	json_set(parameter, "_Sealed", sealed);
	json_set(parameter, "Value", json_get(sealed, "Text"));
	return 0;
}

int parameter_seal(struct request *rq, json_t *parameter, const char *value)
{
	const char *key = rq_strdup(rq, json_str_or(parameter, "KeyId", "alias/aws/ssm"));
	json_t *in = rq_object(rq), *out = rq_object(rq);
	AUTO_BUF struct buf text = {0};
	const json_t *blob;

	json_set_str(parameter, "KeyId", key);
	if (strlen(value) > DIRECT_MAX)
		return seal_long(rq, parameter, key, value);

	json_set_str(in, "KeyId", key);
	json_set_str(in, "Plaintext", value);
	json_set(in, "EncryptionContext", context_of(rq, parameter));
	if (aws_call(rq, rq->caller, &kms_model, KMS_Encrypt, in, out))
		return strcmp(rq->called.code, "NotFoundException") == 0
			       ? fault(rq, SSM_InvalidKeyId, "%s", rq->called.message)
			       : fault_pass(rq);
	blob = json_get(out, "CiphertextBlob");
	base64_encode(&text, json_string_value(blob), json_string_length(blob));
	json_set_str(parameter, "Value", buf_text(&text));
	return 0;
}

static int reveal_long(struct request *rq, json_t *out)
{
	AUTO_BUF struct buf text = {0};
	int result = envelope_open(rq, json_get(out, "_Sealed"), context_of(rq, out), &text);

	if (result != 0)
		return result > 0 ? fault_pass(rq) : result;
	json_set_str(out, "Value", buf_text(&text));
	return 0;
}

int parameter_reveal(struct request *rq, json_t *out, bool decrypt)
{
	const char *sealed = json_str(out, "Value");
	json_t *in, *answer;
	AUTO_BUF struct buf blob = {0};

	if (!decrypt || strcmp(json_str(out, "Type"), "SecureString") != 0)
		return 0;
	if (json_has(out, "_Sealed"))
		return reveal_long(rq, out);
	if (!base64_decode(&blob, sealed, strlen(sealed)))
		return -EUCLEAN;

	in = rq_object(rq);
	answer = rq_object(rq);
	json_give(in, "CiphertextBlob", json_stringn_nocheck(buf_text(&blob), blob.len));
	json_set(in, "EncryptionContext", context_of(rq, out));
	if (aws_call(rq, rq->caller, &kms_model, KMS_Decrypt, in, answer))
		return fault_pass(rq);
	json_set(out, "Value", json_get(answer, "Plaintext"));
	return 0;
}

static bool begins(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* Below `path`, at any depth or directly. */
static bool is_below(const char *name, const char *path, bool recursive)
{
	size_t len = strlen(path);

	while (len > 0 && path[len - 1] == '/')
		len--;
	if (strncmp(name, path, len) != 0 || name[len] != '/')
		return false;
	return recursive || !strchr(name + len + 1, '/');
}

static bool value_matches(const char *key, const char *option, const char *wanted, const char *is)
{
	if (strcmp(key, "Path") == 0)
		return is_below(is, wanted, strcmp(option, "Recursive") == 0);
	if (strcmp(option, "BeginsWith") == 0)
		return begins(is, wanted) || (is[0] == '/' && begins(is + 1, wanted));
	if (strcmp(option, "Contains") == 0)
		return strstr(is, wanted) != NULL;
	return strcmp(is, wanted) == 0;
}

static const char *tag_value(const json_t *parameter, const char *key)
{
	const json_t *tag;
	size_t i;

	json_each (json_get(parameter, "_Tags"), i, tag)
		if (strcmp(json_str(tag, "Key"), key) == 0)
			return json_str(tag, "Value");
	return NULL;
}

static bool filter_matches(const json_t *filter, const json_t *parameter)
{
	const char *key = json_str(filter, "Key");
	const char *option = json_str_or(filter, "Option", "Equals");
	const json_t *values = json_get(filter, "Values"), *value;
	const char *is;
	size_t i;

	if (begins(key, "tag:"))
		is = tag_value(parameter, key + 4);
	else
		is = json_str(parameter, strcmp(key, "Path") == 0 ? "Name" : key);
	if (!is)
		return false;
	/* A tag's filter may do without values: it is there. */
	if (json_array_size(values) == 0)
		return true;
	json_each (values, i, value)
		if (value_matches(key, option, json_string_value(value), is))
			return true;
	return false;
}

static const char *const filter_keys[] = {"DataType", "KeyId", "Label", "Name",
					  "Path",     "Tier",  "Type"};

int filters_match(struct request *rq, const json_t *filters, const json_t *parameter,
		  bool *ret_match)
{
	const json_t *filter;
	bool match = true;
	size_t i, j;

	json_each (filters, i, filter) {
		const char *key = json_str_or(filter, "Key", "");
		bool known = begins(key, "tag:");

		for (j = 0; j < array_len(filter_keys); j++)
			known = known || strcmp(key, filter_keys[j]) == 0;
		if (!known)
			return fault(rq, SSM_InvalidFilterKey,
				     "The following filter key is not valid: %s. Valid filter keys "
				     "include: [DataType, KeyId, Name, Path, Tier, Type].",
				     key);
		match = match && filter_matches(filter, parameter);
	}
	*ret_match = match;
	return 0;
}
