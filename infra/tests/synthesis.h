/*
 * synthesis.h - for tests: the golden path synthesised with some context, and what is asked of its templates.
 *
 * Questions are aws-cdk-lib.assertions'; what does not hold fails the test with the CDK's own words. There is one
 * kernel for all tests of a program.
 */
#ifndef INFRA_TESTS_SYNTHESIS_H
#define INFRA_TESTS_SYNTHESIS_H

#include "infra/cdk/assertions.h"
#include "infra/cdk/cdk.h"

struct synthesis;

/* cmocka's group setup and teardown. */
int synthesis_open(void **state);
int synthesis_close(void **state);

/* Context values as `-c` gives them: text. Ended by {0}; NULL: none. */
struct context_value {
	const char *name;
	const char *value;
};

/* Freed by synthesis_close(). */
struct synthesis *synthesise(const struct context_value *context);

/* An app before it is synthesised, for tests that add to it. */
struct cdk_app *synthesis_app(const struct context_value *context);
struct synthesis *synthesis_of(struct cdk_app *app);

/* Why the context is refused; NULL: it is not. */
const char *refusal(const struct context_value *context);

/* The template of a stack; NULL: no such stack. Belongs to the synthesis. */
const json_t *template_of(const struct synthesis *synthesis, const char *stack);

/* The properties of the only resource of a type. */
const json_t *only(const struct synthesis *synthesis, const char *stack, const char *type);

void has(struct synthesis *synthesis, const char *stack, const char *type,
	 const json_t *properties);
void has_not(struct synthesis *synthesis, const char *stack, const char *type,
	     const json_t *properties);
void count_is(struct synthesis *synthesis, const char *stack, const char *type, int count);

/* What went wrong in the CDK since the last call; NULL: nothing. Tests that provoke nothing need not ask:
 * the questions above do. */
const char *synthesis_error(void);

#define CONTEXT(...) ((const struct context_value[]){__VA_ARGS__, {NULL, NULL}})

#endif
