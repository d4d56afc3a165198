/*
 * region.c - the region and its two zones. Nothing is kept.
 */
#include "lab/services/ec2/nouns.h"

#include <string.h>

static const char zone_letters[] = "ab";

static bool listed(const json_t *list, const char *text)
{
	return json_array_size(list) == 0 || json_list_has(list, text);
}

/* Filters of both calls: a name and the member it looks at. */
static int pick(struct request *rq, const json_t *filters, const json_t *shown, bool *ret_wanted)
{
	static const struct {
		const char *filter, *member;
	} known[] = {
		{"zone-name", "ZoneName"},   {"zone-id", "ZoneId"},
		{"state", "State"},	     {"region-name", "RegionName"},
		{"zone-type", "ZoneType"},   {"opt-in-status", "OptInStatus"},
		{"group-name", "GroupName"}, {"endpoint", "Endpoint"},
	};
	const json_t *filter, *pattern;
	bool wanted = true;
	size_t i, j;

	json_each (filters, i, filter) {
		const char *name = json_str_or(filter, "Name", ""), *member = NULL;
		bool found = false;

		for (j = 0; j < array_len(known); j++)
			if (strcmp(known[j].filter, name) == 0)
				member = known[j].member;
		if (!member)
			return fault_named(rq, "InvalidParameterValue",
					   "The filter '%s' is invalid", name);
		json_each (json_get(filter, "Values"), j, pattern)
			found |= ec2_filter_match(json_string_value(pattern),
						  json_str_or(shown, member, ""));
		wanted &= found;
	}
	*ret_wanted = wanted;
	return 0;
}

int ec2_describe_availability_zones(struct request *rq, const json_t *in, json_t *out)
{
	json_t *list = json_add_array(out, "AvailabilityZones");
	bool wanted;
	int err;

	for (const char *letter = zone_letters; *letter; letter++) {
		json_t *zone = rq_object(rq);
		const char *name = rq_fmt(rq, "%s%c", rq->region, *letter);
		const char *id = rq_fmt(rq, "use1-az%d", (int)(letter - zone_letters) + 1);

		json_set_str(zone, "State", "available");
		json_set_str(zone, "OptInStatus", "opt-in-not-required");
		json_add_array(zone, "Messages");
		json_set_str(zone, "RegionName", rq->region);
		json_set_str(zone, "ZoneName", name);
		json_set_str(zone, "ZoneId", id);
		json_set_str(zone, "GroupName", rq->region);
		json_set_str(zone, "NetworkBorderGroup", rq->region);
		json_set_str(zone, "ZoneType", "availability-zone");
		err = pick(rq, json_get(in, "Filters"), zone, &wanted);
		if (err)
			return err;
		if (wanted && listed(json_get(in, "ZoneNames"), name) &&
		    listed(json_get(in, "ZoneIds"), id))
			json_push(list, zone);
	}
	return 0;
}

int ec2_describe_regions(struct request *rq, const json_t *in, json_t *out)
{
	json_t *list = json_add_array(out, "Regions"), *region = rq_object(rq);
	bool wanted;
	int err;

	json_set_str(region, "RegionName", rq->region);
	json_set_str(region, "Endpoint", rq_fmt(rq, "ec2.%s.amazonaws.com", rq->region));
	json_set_str(region, "OptInStatus", "opt-in-not-required");
	err = pick(rq, json_get(in, "Filters"), region, &wanted);
	if (err)
		return err;
	if (wanted && listed(json_get(in, "RegionNames"), rq->region))
		json_push(list, region);
	return 0;
}
