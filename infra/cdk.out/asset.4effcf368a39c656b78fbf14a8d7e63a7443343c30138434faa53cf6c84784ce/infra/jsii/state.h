/*
 * state.h - the one kernel of this process, and what is known of it. Only for infra/jsii.
 */
#ifndef JSII_STATE_H
#define JSII_STATE_H

#include "infra/jsii/jsii.h"
#include "infra/jsii/kernel.h"
#include "infra/jsii/packages.h"
#include "lib/base/arena.h"

struct jsii_state {
	struct kernel *kernel; /* NULL: not open */
	struct packages packages;
	struct arena *memory;	      /* what was handed out */
	struct jsii_object **objects; /* by number, from FIRST_OBJECT; those not seen are NULL */
	size_t objects_size;

	const char *file; /* jsii_at */
	int line;
	const char *function;

	struct jsii_override *overrides; /* all that were ever given; a cookie is an index */
	size_t overrides_len;
	char *thrown; /* by the callback that runs */

	jsii_error_fn *on_error;
	void *on_error_context;
};

extern struct jsii_state jsii_state;

/* "../infra/stacks/data.c" as the compiler was told it: "infra/stacks/data.c". */
const char *jsii_source_file(void);

/* Says one request and gives its "ok", or NULL and the whole answer in ret_error, which then is the
 * caller's: {"error": …, "name": …, "stack": …}. Runs the callbacks that come before. */
json_t *jsii_exchange(json_t *request, json_t **ret_error);

/* Tells whoever listens, or prints and exits. `request` may be NULL. */
void jsii_fail(const json_t *request, const json_t *error);
void jsii_fail_text(const char *message);

/* Runs what the kernel asks for and gives {"cbid": …, "result" or "err": …}. */
json_t *jsii_run_callback(const json_t *callback);
json_t *jsii_add_overrides(const struct jsii_override *overrides);

#endif
