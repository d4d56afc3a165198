/*
 * rules.h - a listener's rules: conditions on the request, and the action of the first that holds.
 *
 * Source: ALB User Guide, "Listener rules"; elbv2 API, RuleCondition and Action.
 */
#ifndef ALB_RULES_H
#define ALB_RULES_H

#include "lib/base/buf.h"
#include "lib/base/json.h"
#include "lib/net/http1.h"

#include <netinet/in.h>

struct group;
struct rules;

struct fixed {
	int status;
	char *content_type; /* or NULL */
	char *body;	    /* or NULL */
};

/* Each may hold #{protocol} #{host} #{port} #{path} #{query}. */
struct redirect {
	int status; /* 301, 302 */
	char *protocol, *host, *port, *path, *query;
};

enum action_kind { ACTION_FORWARD, ACTION_FIXED, ACTION_REDIRECT };

struct action {
	enum action_kind kind;
	struct fixed fixed;
	struct redirect redirect;
	struct weighted {
		struct group *group;
		unsigned weight;
	} * groups;
	size_t ngroups;
	unsigned total; /* of the weights */
};

struct group_finder {
	struct group *(*find)(const char *arn, void *user); /* or NULL */
	void *user;
};

/*
 * From the wire (lab/wire/alb.h), in the order of priority, the default last. NULL, and ret_error
 * says why (a literal), if a rule is not one we know.
 */
struct rules *rules_open(const json_t *list, const struct group_finder *finder,
			 const char **ret_error);
void rules_close(struct rules *rules); /* NULL is fine */

/* The action of the first rule that holds; NULL if none does. */
const struct action *rules_match(const struct rules *rules, const struct http1_head *head,
				 struct in_addr source);

/* `chance` below action->total. NULL when all weights are 0. */
struct group *action_group(const struct action *action, unsigned chance);

/* * and ?, and \ before them for themselves. */
bool wildcard_match(struct span pattern, struct span text, bool nocase);

/* Where a redirect sends this request. */
struct redirect_from {
	struct span host, path, query;
	int port;
};
void redirect_location(struct buf *out, const struct redirect *redirect,
		       const struct redirect_from *from);

#endif
