/*
 * types.h - what CloudFormation knows of its resource types: properties, attributes, names.
 *
 * Pure: knows neither store nor lab. A path is a property's name, and behind dots those inside it;
 * positions in lists do not count: "ContainerDefinitions.Image". Types that are not known have every
 * property and attribute, and no change replaces them.
 *
 * Source: the CloudFormation resource specification, as the CDK carries it.
 */
#ifndef SERVICES_CLOUDFORMATION_TYPES_H
#define SERVICES_CLOUDFORMATION_TYPES_H

#include "lib/base/arena.h"
#include "lib/base/json.h"

/*
 * Are these the type's properties, all that it requires, of the right types? props: resolved. NULL,
 * or AWS's text, in the arena: "Properties validation failed for resource Topic with message:
 * #: extraneous key [Nmae] is not permitted".
 */
const char *cfn_type_check(struct arena *arena, const char *type, const char *logical_id,
			   const json_t *props);

/* Does a change of this property need a new resource? MAYBE: it depends on the values. */
enum cfn_replaces { CFN_REPLACES_NEVER, CFN_REPLACES_MAYBE, CFN_REPLACES_ALWAYS };
enum cfn_replaces cfn_type_replaces(const char *type, const char *path);

/* Is there such a type at AWS, in the lab or not? Else its name is "unrecognized". */
bool cfn_type_exists(const char *type);

bool cfn_type_has_attribute(const char *type, const char *name); /* for Fn::GetAtt */

bool cfn_type_has_tags(const char *type); /* those of its stack are put on it */

/* The property that gives the resource its own name ("RoleName"): one with such a name cannot be
 * replaced under it. NULL: it has none. */
const char *cfn_type_name_property(const char *type);

#endif
