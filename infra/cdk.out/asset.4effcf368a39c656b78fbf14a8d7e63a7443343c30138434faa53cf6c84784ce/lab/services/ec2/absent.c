/*
 * absent.c - what nobody can make in the lab, and lookups ask for all the same: there is none.
 */
#include "lab/services/ec2/nouns.h"

/* Who asks for one by its id hears that it does not exist. */
int ec2_describe_vpn_gateways(struct request *rq, const json_t *in, json_t *out)
{
	static const struct ec2_noun noun = {
		.ids_in = "VpnGatewayIds",
		.list_out = "VpnGateways",
		.missing_code = "InvalidVpnGatewayID.NotFound",
		.missing_front = "The vpnGateway ID '",
		.missing_back = "' does not exist",
	};
	const char *id = json_string_value(json_at(json_get(in, noun.ids_in), 0));

	if (id)
		return ec2_missing(rq, &noun, id);
	json_add_array(out, noun.list_out);
	return 0;
}
