/*
 * line_channel.h - JSON lines over a Unix stream socket.
 *
 * How control plane and data planes talk. A line is a JSON object. Lines longer than CHANNEL_LINE_MAX
 * end the connection, as do lines that are no object, and a peer that runs as another user
 * (SO_PEERCRED): root is always welcome, and root may connect to anybody.
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
	/* Connection over, or never made (err is -errno, 0 for an orderly end; -EACCES: another
	 * user's, -EMSGSIZE, -EBADMSG: its lines). The channel is gone after this. */
	void (*closed)(struct channel *channel, int err, void *user);
};

/*
 * path is relative to the working directory where it would be too long for a sockaddr_un; what is
 * there already is removed. Events of all clients come with the same user. SIGPIPE is ignored from
 * now on. events must live as long as the channels.
 */
int channel_listen(uv_loop_t *loop, const char *path, const struct channel_events *events,
		   void *user, struct channel_listener **ret_listener);
/* Removes path; NULL is fine. Channels that are open stay. */
void channel_listener_close(struct channel_listener *listener);
int channel_connect(uv_loop_t *loop, const char *path, const struct channel_events *events,
		    void *user, struct channel **ret_channel);

void channel_send(struct channel *channel, const json_t *message); /* also while it connects */
size_t channel_unsent(const struct channel *channel);		   /* bytes queued: back-pressure */
void channel_close(struct channel *channel); /* closed() is still called, later */

#endif
