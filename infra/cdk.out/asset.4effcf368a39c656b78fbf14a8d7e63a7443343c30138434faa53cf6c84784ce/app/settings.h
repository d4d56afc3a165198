/*
 * settings.h - everything the app can be told, read once from the environment.
 *
 * The table in settings.c is what --help prints. Texts belong to the environment.
 */
#ifndef APP_SETTINGS_H
#define APP_SETTINGS_H

#include "lib/base/clock.h"

#include <stdio.h>

struct settings {
	const char *service_name;
	const char *bind_address;
	int64_t port;
	msec stop_timeout;

	int64_t max_connections;
	int64_t max_head_bytes;
	int64_t max_body_bytes;
	msec head_timeout;
	msec body_timeout;
	msec idle_timeout;

	const char *failure_mode_parameter; /* NULL: always none */
	msec failure_mode_max_age;
	msec aws_timeout;
	int64_t aws_attempts;

	const char *db_credentials; /* "env" or "secret" */
	const char *db_secret_arn;
	const char *db_host;
	const char *db_port;
	const char *db_username;
	const char *db_password;
	const char *db_name;
	const char *db_sslmode;
	const char *db_sslrootcert;
	int64_t db_pool_size;
	int64_t db_queue_size;
	msec db_max_connection_age;
	msec db_connect_timeout;
	msec db_acquire_timeout;
	msec db_query_timeout;

	int64_t work_threads;
	int64_t work_queue_size;

	const char *xray_address; /* NULL: no segments */
	const char *metadata_uri; /* NULL: not on ECS */
};

/* 0, or -EINVAL after saying on `complaints` which setting is wrong and what it may be. */
int settings_read(struct settings *ret_settings, FILE *complaints);
void settings_print_help(FILE *out);

#endif
