/*
 * template_yaml.h - a template written in YAML becomes the tree that JSON would have given.
 *
 * Short forms are functions: !Ref, !GetAtt a.b, !Sub, !Condition, … As at AWS there are no aliases,
 * merges, or second documents; dates stay text ("2012-10-17").
 *
 * Source: CloudFormation User Guide, "Template formats"; YAML 1.1.
 */
#ifndef SERVICES_CLOUDFORMATION_TEMPLATE_YAML_H
#define SERVICES_CLOUDFORMATION_TEMPLATE_YAML_H

#include "lib/base/arena.h"
#include "lib/base/json.h"

/* NULL, or a ValidationError's text, in the arena. ret_tree: a new reference. */
const char *template_read_yaml(struct arena *arena, const char *text, size_t len,
			       json_t **ret_tree);

#endif
