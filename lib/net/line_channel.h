/*
 * line_channel.h - JSON lines over a Unix stream socket.
 *
 * How control plane and data planes talk. Lines longer than CHANNEL_LINE_MAX end the connection, as
 * does a peer that runs as another user (SO_PEERCRED; root is always welcome).
 */
#ifndef NET_LINE_CHANNEL_H
#define NET_LINE_CHANNEL_H

#include "lib/base/json.h"

#include <uv.h>

#define CHANNEL_LINE_MAX ((size_t)4 << 20)

struct channel;
struct channel_listener;

struct channel_events {
	void (*opened)(struct channel *channel, void *user); /* may be NULL */
	void (*line)(struct channel *channel, const json_t *message, void *user);
	/* Connection over, or never made (err is -errno, 0 for an orderly end). The channel is
	 * gone after this. */
	void (*closed)(struct channel *channel, int err, void *user);
};

/* path is relative to the working directory where it would be too long for a sockaddr_un. */
int channel_listen(uv_loop_t *loop, const char *path, const struct channel_events *events,
		   void *user, struct channel_listener **ret_listener);
void channel_listener_close(struct channel_listener *listener); /* removes path; NULL is fine */
int channel_connect(uv_loop_t *loop, const char *path, const struct channel_events *events,
		    void *user, struct channel **ret_channel);

void channel_send(struct channel *channel, const json_t *message);
size_t channel_unsent(const struct channel *channel); /* bytes queued: back-pressure */
void channel_close(struct channel *channel);	      /* closed() is still called, later */

#endif
