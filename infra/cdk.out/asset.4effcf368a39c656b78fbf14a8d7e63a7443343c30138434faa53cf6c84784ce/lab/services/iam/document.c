/*
 * document.c - policy documents in and out, tags and pages: what roles and policies have in common.
 */
#include "lab/aws/policy.h"
#include "lab/services/iam/role.h"
#include "lib/aws/sigv4.h"

#include <string.h>

int document_read(struct request *rq, const char *text, json_t **ret_document)
{
	json_t *document = rq_keep(rq, json_read(text, strlen(text)));
	const char *wrong = document ? policy_check(document) : "Syntax errors in policy.";

	if (wrong)
		return fault(rq, IAM_MalformedPolicyDocumentException, "%s", wrong);
	*ret_document = document;
	return 0;
}

void document_set(json_t *object, const char *name, const json_t *document)
{
	AUTO_FREE char *text = json_text(document);
	AUTO_BUF struct buf encoded = {0};

	sigv4_uri_encode(&encoded, text, strlen(text), false);
	json_set_str(object, name, buf_text(&encoded));
}

void page_set(const json_t *in, json_t *out, const char *name, const json_t *all, const char *key)
{
	const char *after = json_str_or(in, "Marker", "");
	size_t room = (size_t)json_int_or(in, "MaxItems", 100);
	json_t *list = json_add_array(out, name);
	const json_t *element, *last = NULL;
	bool more = false;
	size_t i;

	json_each (all, i, element) {
		const char *at = key ? json_str(element, key) : json_string_value(element);

		if (*after && strcmp(at, after) <= 0)
			continue;
		if (json_array_size(list) == room) {
			more = true;
			break;
		}
		json_push(list, element);
		last = element;
	}
	json_set_bool(out, "IsTruncated", more);
	if (more)
		json_set_str(out, "Marker", key ? json_str(last, key) : json_string_value(last));
}
