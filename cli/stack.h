/*
 * stack.h - the app's stacks: templates from a folder, in the order in which they need each other, created
 * one after the other with progress on the terminal.
 */
#ifndef CLI_STACK_H
#define CLI_STACK_H

#include "cli/account.h"

struct stack {
	char *name; /* GoldenNetwork, of GoldenNetwork.template.json */
	json_t *template;
};

struct stacks {
	char *folder; /* where they, and the CDK's assets, were read from */
	struct stack *list;
	size_t count;
};

/* Reads every *.template.json of the folder. Has said why when it is not EXIT_DONE. */
int stacks_read(const char *folder, struct stacks *ret_stacks);
void stacks_free(struct stacks *stacks);

/* Creates the stack unless it stands already, and waits, showing each resource with its time. */
int stack_deploy(struct account *account, const struct stack *stack, double speed);

/* The first string in any template that begins with `prefix`, after Fn::Sub's ${…} are taken away;
 * what follows it. NULL: nowhere. Owned by the caller. */
char *stacks_find_suffix(const struct stacks *stacks, const char *marker);

#endif
