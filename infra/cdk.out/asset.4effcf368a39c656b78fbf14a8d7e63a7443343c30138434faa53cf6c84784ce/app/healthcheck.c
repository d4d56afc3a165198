/*
 * healthcheck.c - golden-app --healthcheck.
 *
 * One blocking socket and no library: it runs every few seconds in a container with little CPU.
 */
#include "app/healthcheck.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define TIMEOUT_SECONDS 2

static int complain(const char *what, const char *why)
{
	fprintf(stderr, "golden-app: health check: %s%s%s\n", what, *why ? ": " : "", why);
	return 1;
}

/* "Anywhere" is no address to connect to. */
static const char *own_address(const char *bind_address)
{
	if (strcmp(bind_address, "0.0.0.0") == 0)
		return "127.0.0.1";
	return strcmp(bind_address, "::") == 0 ? "::1" : bind_address;
}

static int connect_to(const char *address, const char *port)
{
	const struct addrinfo hints = {
		.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
	};
	const struct timeval timeout = {.tv_sec = TIMEOUT_SECONDS};
	struct addrinfo *found;
	int fd, err = 0;

	if (getaddrinfo(address, port, &hints, &found) != 0)
		return -EINVAL;
	fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0) {
		err = -errno;
	} else {
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
		setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
		if (connect(fd, found->ai_addr, found->ai_addrlen) < 0) {
			err = -errno;
			close(fd);
		}
	}
	freeaddrinfo(found);
	return err < 0 ? err : fd;
}

int healthcheck(const struct settings *settings)
{
	static const char request[] = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n"
				      "User-Agent: golden-app-healthcheck\r\n"
				      "Connection: close\r\n\r\n";
	const char *address = own_address(settings->bind_address);
	AUTO_FREE char *port = mem_fmt("%lld", (long long)settings->port);
	AUTO_FD int fd = connect_to(address, port);
	char answer[16] = "";
	ssize_t len;

	if (fd < 0)
		return complain("cannot connect", log_strerror(fd));
	if (send(fd, request, sizeof(request) - 1, MSG_NOSIGNAL) < 0)
		return complain("cannot ask", log_strerror(errno));
	len = recv(fd, answer, sizeof("HTTP/1.1 200") - 1, MSG_WAITALL);
	if (len < 0)
		return complain("no answer", log_strerror(errno));
	if (strcmp(answer, "HTTP/1.1 200") != 0)
		return complain("not healthy", answer);
	return 0;
}
