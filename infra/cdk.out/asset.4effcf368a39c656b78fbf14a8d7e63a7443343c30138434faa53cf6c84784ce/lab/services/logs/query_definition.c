/*
 * query_definition.c - saved queries of Logs Insights: kept and shown. Nothing runs them yet.
 *
 *   keeps      logs/query-definition   by id   DescribeQueryDefinitions' shape
 */
#include "lab/services/logs/nouns.h"

#include <stdlib.h>
#include <string.h>

int logs_put_query_definition(struct request *rq, const json_t *in, json_t *out)
{
	static const char *const members[] = {"name", "queryString", "queryLanguage",
					      "logGroupNames", "parameters"};
	const char *id = json_str(in, "queryDefinitionId");
	json_t *definition = rq_object(rq);

	if (id && !store_has(rq->tx, QUERY_DEFINITION, id))
		return fault(rq, LOGS_ResourceNotFoundException,
			     "The specified query definition does not exist.");
	if (!id)
		id = id_uuid(rq);
	for (size_t i = 0; i < array_len(members); i++)
		json_set(definition, members[i], json_get(in, members[i]));
	json_set_str(definition, "queryDefinitionId", id);
	json_set_int(definition, "lastModified", rq->now.ms);
	store_put(rq->tx, QUERY_DEFINITION, id, definition);
	json_set_str(out, "queryDefinitionId", id);
	return 0;
}

int logs_delete_query_definition(struct request *rq, const json_t *in, json_t *out)
{
	if (!store_delete(rq->tx, QUERY_DEFINITION, json_str(in, "queryDefinitionId")))
		return fault(rq, LOGS_ResourceNotFoundException,
			     "The specified query definition does not exist.");
	json_set_bool(out, "success", true);
	return 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(json_str(*(const json_t *const *)a, "name"),
		      json_str(*(const json_t *const *)b, "name"));
}

/* By name: so a person looks for them. */
int logs_describe_query_definitions(struct request *rq, const json_t *in, json_t *out)
{
	const char *prefix = json_str_or(in, "queryDefinitionNamePrefix", "");
	const json_t *all = store_list(rq->tx, QUERY_DEFINITION), *definition;
	AUTO_FREE const json_t **sorted = mem_array(const json_t *, json_array_size(all) + 1);
	json_t *chosen = rq_array(rq);
	size_t i, n = 0;

	json_each (all, i, definition)
		if (strncmp(json_str(definition, "name"), prefix, strlen(prefix)) == 0)
			sorted[n++] = definition;
	qsort(sorted, n, sizeof(const json_t *), by_name);
	for (i = 0; i < n; i++)
		json_push(chosen, sorted[i]);
	return logs_show_page(rq, in, chosen, "queryDefinitions", out);
}
