/*
 * role.h - what the files of this service share: roles and policies, by name and ARN.
 */
#ifndef SERVICES_IAM_ROLE_H
#define SERVICES_IAM_ROLE_H

#include "lab/aws/tags.h"
#include "lab/aws/lab.h"
#include "lab/models/iam.h"

/* By name: Role, and _Trust, _Inline {name: document}, _Attached [ARN]. */
#define IAM_ROLE "iam/role"
/* By ARN: Policy, and _Versions {"v1": {…PolicyVersion, "_Document": {…}}}. Customers' own. */
#define IAM_POLICY "iam/policy"

/* A role; a service-linked one is made when somebody first names it. NULL: there is none. */
const json_t *role_find(struct request *rq, const char *name);
int role_get(struct request *rq, const json_t *in, const json_t **ret_role);
int role_edit(struct request *rq, const json_t *in, json_t **ret_role);
void role_put(struct request *rq, const json_t *role);

/* A customer's or AWS's policy, NULL if there is none; the document that is in force. */
const json_t *policy_find(struct request *rq, const char *arn);
const json_t *policy_document(const json_t *policy);

/* AWS's own, by ARN: Policy with _Versions. Lives as long as the process. */
const json_t *aws_policy_find(const char *arn);
const json_t *aws_policy_list(void);

/* A document out of its text, checked; a fault says what is wrong with it. */
int document_read(struct request *rq, const char *text, json_t **ret_document);
/* As IAM's answers have it: percent-encoded JSON. */
void document_set(json_t *object, const char *name, const json_t *document);

/* A page of `all`: Marker and MaxItems of `in`, IsTruncated and Marker in `out`. The new list
 * `name` of out; the elements are copied. `key` is the member that tells them apart, in order. */
void page_set(const json_t *in, json_t *out, const char *name, const json_t *all, const char *key);

op_fn iam_create_policy, iam_get_policy, iam_get_policy_version, iam_delete_policy,
	iam_list_policies, iam_list_policy_versions, iam_create_policy_version,
	iam_delete_policy_version, iam_set_default_policy_version, iam_list_entities_for_policy,
	iam_attach_role_policy, iam_detach_role_policy, iam_list_attached_role_policies,
	iam_put_role_policy, iam_get_role_policy, iam_delete_role_policy, iam_list_role_policies,
	iam_simulate_principal_policy;

/* The policy documents of a session: its role's inline and managed ones. */
const json_t *iam_authority_policies(struct request *rq, const struct principal *who);

extern const struct resource iam_resources[];

#endif
