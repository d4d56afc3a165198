/*
 * listener.c - a port on one node's address: takes clients in.
 */
#include "lab/planes/alb/alb.h"
#include "lib/base/log.h"

#include <stdlib.h>

#define BACKLOG 1024

struct listener *listener_find(struct alb *alb, const struct sockaddr_in *at)
{
	struct listener *listener;

	LIST_FOREACH(listener, &alb->listeners, link)
	{
		if (listener->at.sin_addr.s_addr == at->sin_addr.s_addr &&
		    listener->at.sin_port == at->sin_port)
			return listener;
	}
	return NULL;
}

static void on_connection(uv_stream_t *tcp, int err)
{
	if (err == 0)
		client_open(tcp->data);
}

static void on_closed(uv_handle_t *handle)
{
	free(handle);
}

static int start(struct listener *listener)
{
	uv_tcp_t *tcp = mem_new(uv_tcp_t);
	int err = uv_tcp_init(listener->alb->loop, tcp);

	if (err < 0) {
		free(tcp);
		return err;
	}
	tcp->data = listener;
	err = uv_tcp_bind(tcp, (const struct sockaddr *)&listener->at, 0);
	if (err == 0)
		err = uv_listen((uv_stream_t *)tcp, BACKLOG, on_connection);
	if (err == 0)
		listener->tcp = tcp;
	else
		uv_close((uv_handle_t *)tcp, on_closed);
	return err;
}

static void try_to_start(struct listener *listener)
{
	int was = listener->error;

	listener->error = start(listener);
	if (!listener->error)
		log_event(LOG_INFO, "alb.listener.open", F_STR("address", listener->ip),
			  F_INT("port", ntohs(listener->at.sin_port)));
	else if (listener->error != was)
		log_event(LOG_ERROR, "alb.listener.failed", F_STR("address", listener->ip),
			  F_INT("port", ntohs(listener->at.sin_port)), F_ERR(listener->error));
}

struct listener *listener_open(struct alb *alb, const struct sockaddr_in *at, int port)
{
	struct listener *listener = mem_new(struct listener);

	listener->alb = alb;
	listener->at = *at;
	listener->port = port;
	inet_ntop(AF_INET, &at->sin_addr, listener->ip, sizeof(listener->ip));
	LIST_INSERT_HEAD(&alb->listeners, listener, link);
	try_to_start(listener);
	return listener;
}

bool listener_retry(struct listener *listener)
{
	if (!listener->error)
		return false;
	try_to_start(listener);
	return !listener->error;
}

void listener_close(struct listener *listener)
{
	if (listener->tcp)
		uv_close((uv_handle_t *)listener->tcp, on_closed);
	LIST_REMOVE(listener, link);
	clients_leave(listener);
	rules_close(listener->rules);
	free(listener);
}
