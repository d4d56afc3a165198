/*
 * provider.c - CloudFormation types: found in all services, called as the stack's principal.
 */
#include "lab/services/cloudformation/stack.h"

#include <string.h>

struct provider {
	const struct service *service;
	const struct resource *resource;
};

static bool find_provider(struct request *rq, const char *type, struct provider *ret_provider)
{
	const struct service *const *services = lab_services(rq->lab);
	const struct resource *resource;

	for (; *services; services++)
		for (resource = (*services)->resources; resource && resource->type; resource++)
			if (strcmp(resource->type, type) == 0) {
				*ret_provider = (struct provider){*services, resource};
				return true;
			}
	return false;
}

/* NULL, or why nothing of this resource can be done. */
static const char *find_for(struct stack *stack, const json_t *resource,
			    struct provider *ret_provider)
{
	if (!find_provider(stack->rq, json_str(resource, "ResourceType"), ret_provider))
		return "The resource type is not in the lab.";
	return stack->principal ? NULL : "The stack's role is invalid or cannot be assumed";
}

bool provider_exists(struct request *rq, const char *type)
{
	struct provider provider;

	return find_provider(rq, type, &provider);
}

bool provider_updates(struct request *rq, const char *type)
{
	struct provider provider;

	return find_provider(rq, type, &provider) && provider.resource->update;
}

bool provider_snapshots(struct request *rq, const char *type)
{
	struct provider provider;

	return find_provider(rq, type, &provider) && provider.resource->snapshot;
}

bool provider_reads(struct request *rq, const char *type)
{
	struct provider provider;

	return find_provider(rq, type, &provider) && provider.resource->read;
}

/* The stack's tags as the resource gets them: those that CloudFormation adds, too. */
static const json_t *with_own_tags(struct stack *stack, const json_t *resource, const json_t *given)
{
	static const char *const own[][2] = {
		{"aws:cloudformation:stack-name", "StackName"},
		{"aws:cloudformation:stack-id", "StackId"},
		{"aws:cloudformation:logical-id", "LogicalResourceId"},
	};
	json_t *tags = rq_copy(stack->rq, given ? given : rq_array(stack->rq));

	for (size_t i = 0; i < array_len(own); i++) {
		json_t *tag = json_push_object(tags);

		json_set_str(tag, "Key", own[i][0]);
		json_set_str(tag, "Value", json_str(resource, own[i][1]));
	}
	return tags;
}

/* What the provider is given: the resource, and a request in the name of its own service. */
static struct cfn_resource view(struct stack *stack, const json_t *resource, const json_t *props)
{
	return (struct cfn_resource){
		.stack_name = stack->name,
		.stack_id = stack->id,
		.logical_id = json_str(resource, "LogicalResourceId"),
		.physical_id = json_str(resource, "PhysicalResourceId"),
		.props = props ? props : json_get(resource, "_Props"),
		.tags = with_own_tags(stack, resource, json_get(stack->document, "Tags")),
	};
}

static struct request request_of(struct stack *stack, const struct service *service)
{
	struct request rq = *stack->rq;

	rq.model = service->model;
	rq.caller = stack->principal;
	rq.fault = rq.called = (struct fault){0};
	return rq;
}

/* AWS's own kinds of what goes wrong with a resource, from the code of the service's fault. */
static const char *handler_code(const struct fault *fault)
{
	static const struct {
		const char *part, *code;
	} codes[] = {
		{"AlreadyExists", "AlreadyExists"},
		{"Duplicate", "AlreadyExists"},
		{"AlreadyOwned", "AlreadyExists"},
		{"NotFound", "NotFound"},
		{"NoSuch", "NotFound"},
		{"AccessDenied", "AccessDenied"},
		{"Unauthorized", "AccessDenied"},
		{"LimitExceeded", "ServiceLimitExceeded"},
		{"Throttl", "Throttling"},
		{"NotStabilized", "NotStabilized"},
		{"InternalFailure", "InternalFailure"},
	};

	for (size_t i = 0; i < array_len(codes); i++)
		if (strstr(fault->code, codes[i].part))
			return codes[i].code;
	return fault->status < 500 ? "InvalidRequest" : "GeneralServiceException";
}

static const char *reason_of(struct request *rq, int err)
{
	struct fault internal = {
		.code = "InternalFailure", .message = "Internal Failure", .status = 500};
	const struct fault *fault = err > 0 && rq->fault.code ? &rq->fault : &internal;

	return rq_fmt(rq,
		      "Resource handler returned message: \"%s (Service: %s, Status Code: %d, "
		      "Request ID: %s)\" (RequestToken: %s, HandlerErrorCode: %s)",
		      fault->message, rq->model->service_id, fault->status, id_uuid(rq),
		      id_uuid(rq), handler_code(fault));
}

/* Ends what a provider did: kept, or undone and its reason told. */
static const char *end(struct request *rq, int err)
{
	if (err == 0)
		err = tx_error(rq->tx);
	if (err == 0) {
		tx_release(rq->tx);
		return NULL;
	}
	tx_undo(rq->tx);
	return reason_of(rq, err);
}

const char *provider_create(struct stack *stack, json_t *resource, const json_t *props)
{
	struct cfn_resource r = view(stack, resource, props);
	const char *id = NULL, *reason;
	struct provider provider;
	struct request rq;

	reason = find_for(stack, resource, &provider);
	if (reason)
		return reason;
	rq = request_of(stack, provider.service);
	tx_savepoint(rq.tx);
	reason = end(&rq, provider.resource->create(&rq, &r, &id));
	if (!reason)
		json_set_str(resource, "PhysicalResourceId", id ? id : r.logical_id);
	return reason;
}

const char *provider_update(struct stack *stack, const json_t *resource, const json_t *props,
			    const json_t *old)
{
	struct cfn_resource r = view(stack, resource, props);
	struct provider provider;
	struct request rq;
	const char *reason = find_for(stack, resource, &provider);

	if (reason)
		return reason;
	r.old_tags = with_own_tags(stack, resource, json_get(resource, "_Tags"));
	rq = request_of(stack, provider.service);
	tx_savepoint(rq.tx);
	return end(&rq, provider.resource->update ? provider.resource->update(&rq, &r, old) : 0);
}

const char *provider_snapshot(struct stack *stack, const json_t *resource)
{
	struct cfn_resource r = view(stack, resource, NULL);
	struct provider provider;
	struct request rq;
	const char *reason = find_for(stack, resource, &provider);

	if (reason)
		return reason;
	rq = request_of(stack, provider.service);
	tx_savepoint(rq.tx);
	return end(&rq, provider.resource->snapshot ? provider.resource->snapshot(&rq, &r) : 0);
}

const json_t *provider_read(struct stack *stack, const json_t *resource, const json_t *props,
			    const char **ret_reason)
{
	struct cfn_resource r = view(stack, resource, props);
	json_t *now = rq_object(stack->rq);
	struct provider provider;
	struct request rq;
	int there = 1;

	*ret_reason = find_for(stack, resource, &provider);
	if (*ret_reason)
		return NULL;
	rq = request_of(stack, provider.service);
	tx_savepoint(rq.tx);
	*ret_reason = end(&rq, provider.resource->read(&rq, &r, now, &there));
	return *ret_reason || !there ? NULL : now;
}

/* A question of the provider's: settled or gone. It may be NULL: then the answer is yes. */
static const char *ask(struct stack *stack, const json_t *resource, const struct provider *provider,
		       int (*question)(struct request *rq, const struct cfn_resource *r,
				       int *ret_answer),
		       bool *ret_answer)
{
	struct cfn_resource r = view(stack, resource, NULL);
	struct request rq = request_of(stack, provider->service);
	int answer = 1, err = 0;
	const char *reason;

	tx_savepoint(rq.tx);
	if (question)
		err = question(&rq, &r, &answer);
	reason = end(&rq, err);
	*ret_answer = answer != 0;
	return reason;
}

const char *provider_settled(struct stack *stack, const json_t *resource, bool *ret_there)
{
	struct provider provider;
	const char *reason = find_for(stack, resource, &provider);

	return reason ? reason
		      : ask(stack, resource, &provider, provider.resource->settled, ret_there);
}

const char *provider_gone(struct stack *stack, const json_t *resource, bool *ret_gone)
{
	struct provider provider;
	const char *reason = find_for(stack, resource, &provider);

	return reason ? reason : ask(stack, resource, &provider, provider.resource->gone, ret_gone);
}

/* Codes of faults that say: not yet, somebody still uses it. */
static bool may_pass(const struct fault *fault)
{
	static const char *const parts[] = {"DependencyViolation",
					    "InUse",
					    "ClusterContains",
					    "DeleteConflict",
					    "OperationAborted",
					    "InvalidDBState",
					    "StateFault",
					    "InvalidDBInstanceState",
					    "DBSubnetGroupState",
					    "ResourceNotReady",
					    "Throttl"};

	for (size_t i = 0; fault->code && i < array_len(parts); i++)
		if (strstr(fault->code, parts[i]))
			return true;
	return false;
}

const char *provider_delete(struct stack *stack, const json_t *resource, bool *ret_again)
{
	struct cfn_resource r = view(stack, resource, NULL);
	struct provider provider;
	struct request rq;
	const char *reason;
	int err = 0;

	*ret_again = false;
	reason = find_for(stack, resource, &provider);
	if (reason)
		return reason;
	rq = request_of(stack, provider.service);
	tx_savepoint(rq.tx);
	if (provider.resource->delete)
		err = provider.resource->delete (&rq, &r);
	reason = end(&rq, err);
	*ret_again = reason && may_pass(&rq.fault);
	return reason;
}

json_t *provider_get_att(struct stack *stack, const json_t *resource, const char *name)
{
	struct cfn_resource r = view(stack, resource, NULL);
	struct provider provider;
	struct request rq;

	if (find_for(stack, resource, &provider) || !provider.resource->get_att)
		return NULL;
	rq = request_of(stack, provider.service);
	return provider.resource->get_att(&rq, &r, name);
}
