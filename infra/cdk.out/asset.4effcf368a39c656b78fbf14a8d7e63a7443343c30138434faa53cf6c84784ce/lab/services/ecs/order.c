/*
 * order.c - what a task's plane was told, kept for the next time it is told: sealed, because the
 * values of its secrets and its role's credentials are in it.
 *
 *   keeps  ecs/order  by task id  {"sealed"}, under the lab's key
 */
#include "lab/aws/seal.h"
#include "lab/services/ecs/nouns.h"

#include "lib/base/base64.h"

#include <string.h>

#define ORDER "ecs/order"

void task_order_keep(struct request *rq, const char *id, const json_t *order)
{
	json_t *kept = store_new(rq->tx);
	AUTO_FREE char *text = json_text(order);
	struct buf sealed AUTO_BUF = {0};
	struct buf readable AUTO_BUF = {0};

	seal(lab_master_key(rq->lab), id, text, strlen(text), &sealed);
	base64_encode(&readable, sealed.data, sealed.len);
	json_set_str(kept, "sealed", buf_text(&readable));
	store_put(rq->tx, ORDER, id, kept);
}

json_t *task_order(struct request *rq, const char *id)
{
	const char *text = json_str(store_get(rq->tx, ORDER, id), "sealed");
	struct buf sealed AUTO_BUF = {0};
	struct buf order AUTO_BUF = {0};

	if (!text || !base64_decode(&sealed, text, strlen(text)) ||
	    !seal_open(lab_master_key(rq->lab), id, sealed.data, sealed.len, &order))
		return NULL;
	return rq_keep(rq, json_read(order.data, order.len));
}

void task_order_forget(struct request *rq, const char *id)
{
	store_delete(rq->tx, ORDER, id);
}
