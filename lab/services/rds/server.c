/*
 * server.c - the PostgreSQL behind a cluster, wanted while the cluster has an instance, or behind
 * an instance that stands alone.
 *
 * The password is kept sealed under the lab's key, and numbered: the server takes each number once, so
 * that a password that was changed in SQL since (as a rotation does) stays changed.
 */
#include "lab/aws/seal.h"
#include "lab/services/rds/nouns.h"
#include "lab/wire/postgres.h"
#include "lib/base/base64.h"
#include "lib/base/folder.h"
#include "lib/base/log.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define GRACE (10 * SECOND)
#define LOOK (5 * SECOND)
#define CONNECTIONS_MOST 100 /* of a laptop: each one is a process */

const char *rds_seal_password(struct request *rq, const char *resource_id, const char *password)
{
	struct buf sealed AUTO_BUF = {0};
	struct buf text AUTO_BUF = {0};

	seal(lab_master_key(rq->lab), resource_id, password, strlen(password), &sealed);
	base64_encode(&text, sealed.data, sealed.len);
	return rq_strdup(rq, buf_text(&text));
}

static const char *open_password(struct request *rq, const char *resource_id,
				 const json_t *database)
{
	const char *text = json_str_or(database, "_Password", "");
	struct buf sealed AUTO_BUF = {0};
	struct buf password AUTO_BUF = {0};

	if (!base64_decode(&sealed, text, strlen(text)) ||
	    !seal_open(lab_master_key(rq->lab), resource_id, sealed.data, sealed.len, &password))
		return NULL;
	return rq_strdup(rq, buf_text(&password));
}

/* Aurora: from the most ACUs, round(211.4 × ACU - 22.6), 5000 at most, and 2000 when it may shrink to
 * half an ACU. A laptop has less. */
static int64_t max_connections(const json_t *cluster)
{
	const json_t *scaling = json_get(cluster, "ServerlessV2ScalingConfiguration");
	double most = json_num_or(scaling, "MaxCapacity", 1);
	double least = json_num_or(scaling, "MinCapacity", most);
	int64_t connections = lround(211.4 * most - 22.6);
	int64_t limit = least <= 0.5 ? 2000 : 5000;

	if (limit > CONNECTIONS_MOST)
		limit = CONNECTIONS_MOST;
	if (connections > limit)
		connections = limit;
	return connections < 20 ? 20 : connections;
}

static bool stands_alone(const json_t *instance)
{
	return !json_has(instance, "DBClusterIdentifier");
}

/* database: a cluster, or an instance that stands alone. */
static const char *resource_id(const json_t *database)
{
	const char *cluster = json_str(database, "DbClusterResourceId");

	return cluster ? cluster : json_str(database, "DbiResourceId");
}

static const char *plane_of(struct request *rq, const json_t *database)
{
	return rds_id(rq, resource_id(database));
}

static const char *address_of(const json_t *database)
{
	const char *alone = json_str(database, "_Address");

	return alone ? alone : json_str(database, "Endpoint");
}

static int64_t port_of(const json_t *database)
{
	return json_int_or(database, "_Port", json_int_or(database, "Port", DB_PORT));
}

static void want(struct request *rq, const json_t *database)
{
	bool alone = json_has(database, "_Address");
	const char *plane = plane_of(rq, database);
	json_t *desired = rq_object(rq);

	json_set_str(desired, "data", rq_fmt(rq, "postgres/%s", plane));
	json_set_str(desired, "address", address_of(database));
	json_set_int(desired, "port", port_of(database));
	json_set_str(desired, "database", json_str(database, alone ? "DBName" : "DatabaseName"));
	json_set_str(desired, "username", json_str(database, "MasterUsername"));
	json_set_str(desired, "password", open_password(rq, resource_id(database), database));
	json_set_int(desired, "password_number", json_int_or(database, "_PasswordNumber", 1));
	json_set_int(desired, "max_connections",
		     alone ? CONNECTIONS_MOST : max_connections(database));
	json_set_bool(desired, "fsync", true);
	plane_want(rq, POSTGRES_ROLE, plane, desired);
}

static bool runs(struct request *rq, const char *plane)
{
	const struct fleet *fleet = lab_fleet(rq->lab);

	return fleet && fleet_has(fleet, POSTGRES_ROLE, plane);
}

static void remove_data(struct request *rq, const char *plane)
{
	const char *dir = lab_dir(rq->lab);

	if (dir)
		folder_remove(rq_fmt(rq, "%s/postgres/%s", dir, plane));
}

static void drop_deleted_instances(struct request *rq, const char *cluster_id)
{
	const json_t *instance;
	size_t i;

	json_each (store_list(rq->tx, DB_INSTANCE), i, instance) {
		if (rds_is(instance, "DBClusterIdentifier", cluster_id) &&
		    rds_is(instance, "DBInstanceStatus", "deleting"))
			store_delete(rq->tx, DB_INSTANCE,
				     json_str(instance, "DBInstanceIdentifier"));
	}
}

/* Brings one cluster on: true while it waits for its server to be gone. */
static bool move_cluster(struct request *rq, const json_t *cluster)
{
	const char *id = json_str(cluster, "DBClusterIdentifier");
	const char *plane = plane_of(rq, cluster);

	if (rds_is(cluster, "Status", "creating")) {
		json_t *edited = store_edit(rq->tx, DB_CLUSTER, id);

		json_set_str(edited, "Status", "available");
		store_put(rq->tx, DB_CLUSTER, id, edited);
	}
	if (rds_writer_of(rq, id)) {
		want(rq, cluster);
		return false;
	}
	if (runs(rq, plane)) {
		plane_dismiss(rq, POSTGRES_ROLE, plane, GRACE);
		return true;
	}
	drop_deleted_instances(rq, id);
	if (rds_is(cluster, "Status", "deleting")) {
		remove_data(rq, plane);
		store_delete(rq->tx, DB_CLUSTER, id);
	}
	return false;
}

/* The same for an instance that stands alone. */
static bool move_instance(struct request *rq, const json_t *instance)
{
	const char *plane = plane_of(rq, instance);

	if (!rds_is(instance, "DBInstanceStatus", "deleting")) {
		want(rq, instance);
		return false;
	}
	if (runs(rq, plane)) {
		plane_dismiss(rq, POSTGRES_ROLE, plane, GRACE);
		return true;
	}
	remove_data(rq, plane);
	store_delete(rq->tx, DB_INSTANCE, json_str(instance, "DBInstanceIdentifier"));
	return false;
}

msec rds_tick(struct request *rq)
{
	const json_t *cluster, *instance;
	bool waits = false;
	size_t i;

	json_each (store_list(rq->tx, DB_CLUSTER), i, cluster)
		waits = move_cluster(rq, cluster) || waits;
	json_each (store_list(rq->tx, DB_INSTANCE), i, instance)
		if (stands_alone(instance))
			waits = move_instance(rq, instance) || waits;
	return waits ? LOOK : TICK_NEVER;
}

static const json_t *cluster_of(struct request *rq, const char *plane_id)
{
	const json_t *cluster;
	size_t i;

	json_each (store_list(rq->tx, DB_CLUSTER), i, cluster) {
		if (strcmp(plane_of(rq, cluster), plane_id) == 0)
			return cluster;
	}
	return NULL;
}

/* The one that stands alone, on this server, and stays; or NULL. */
static const json_t *instance_of(struct request *rq, const char *plane_id)
{
	const json_t *instance;
	size_t i;

	json_each (store_list(rq->tx, DB_INSTANCE), i, instance) {
		if (stands_alone(instance) && strcmp(plane_of(rq, instance), plane_id) == 0 &&
		    !rds_is(instance, "DBInstanceStatus", "deleting"))
			return instance;
	}
	return NULL;
}

static const char *instance_status(const char *status)
{
	if (strcmp(status, "available") == 0 || strcmp(status, "failed") == 0)
		return status;
	return "creating";
}

void rds_fact(struct request *rq, const char *plane_id, const json_t *fact)
{
	const json_t *cluster = cluster_of(rq, plane_id);
	const char *status = instance_status(json_str_or(fact, "status", ""));
	const json_t *writer = cluster ? rds_writer_of(rq, json_str(cluster, "DBClusterIdentifier"))
				       : instance_of(rq, plane_id);
	const json_t *database = cluster ? cluster : writer;
	const char *id = json_str(writer, "DBInstanceIdentifier");
	json_t *instance;

	if (!writer)
		return;
	instance = store_edit(rq->tx, DB_INSTANCE, id);
	json_set_str(instance, "DBInstanceStatus", status);
	json_set_str(instance, "_Reason", json_str_or(fact, "reason", ""));
	if (strcmp(status, "available") == 0) {
		json_t *endpoint = json_add_object(instance, "Endpoint");

		json_set_str(endpoint, "Address", address_of(database));
		json_set_int(endpoint, "Port", port_of(database));
		json_set_str(endpoint, "HostedZoneId", HOSTED_ZONE);
	}
	store_put(rq->tx, DB_INSTANCE, id, instance);
	publish(rq->tx, "rds.instance.changed", instance);
}

/* Wanted again if it still is, else the rest of what was deleted goes. */
void rds_plane_gone(struct request *rq, const char *plane_id)
{
	lab_wake(rq->lab, &rds_model);
}
