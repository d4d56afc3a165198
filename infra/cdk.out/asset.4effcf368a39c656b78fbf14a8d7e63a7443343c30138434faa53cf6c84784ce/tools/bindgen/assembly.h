/*
 * assembly.h - the jsii metadata of npm packages: every type they have, by name.
 *
 * aws-cdk-lib's is 87 MB of JSON for 23,000 types, of which an app reaches a thousand. So the text is
 * unpacked and its types found in it, and a type is parsed when it is asked for.
 */
#ifndef BINDGEN_ASSEMBLY_H
#define BINDGEN_ASSEMBLY_H

#include "lib/base/json.h"

struct assembly;

struct assembly *assembly_open(void);
void assembly_close(struct assembly *assembly);

/* Adds the package in `folder` (its .jsii or .jsii.gz). Ends the program if there is none. */
void assembly_add(struct assembly *assembly, const char *folder);

/* Adds the types of a text, which is kept. False if it is no assembly. */
bool assembly_add_text(struct assembly *assembly, char *text, size_t len);

/* NULL if no package has it. Belongs to the assembly. */
const json_t *assembly_type(struct assembly *assembly, const char *fqn);

/* All names, in the packages' order: walk with json_each_member. */
const json_t *assembly_names(const struct assembly *assembly);

#endif
