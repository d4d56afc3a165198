/*
 * main.c - golden-function: all our Lambda functions in one program. The Handler setting chooses.
 */
#include "functions/deploy_hook.h"
#include "functions/reset.h"
#include "functions/runtime.h"

#include "lib/base/log.h"

static const struct handler handlers[] = {
	{"deploy_hook", deploy_hook},
	{"reset", reset},
	{NULL, NULL},
};

int main(void)
{
	log_set_program("golden-function");
	return runtime_run(handlers);
}
