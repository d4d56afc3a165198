/*
 * lab.c - the control plane: opened, closed, and what belongs to it.
 *
 *   keeps      lab/clock "clock"    the lab clock's anchor and speed
 */
#include "lab/aws/inside.h"
#include "lab/aws/session.h"
#include "lib/base/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CLOCK "lab/clock"
#define REAL_TIME ((int64_t)1000)

static void on_prepare(uv_prepare_t *handle)
{
	struct lab *lab = handle->data;

	if (lab->tx)
		lab_turn(lab);
}

static void on_check(uv_check_t *handle)
{
	struct lab *lab = handle->data;

	if (lab->tx)
		lab_turn(lab);
}

static void start_handles(struct lab *lab)
{
	uv_prepare_init(lab->loop, &lab->prepare);
	uv_check_init(lab->loop, &lab->check);
	uv_timer_init(lab->loop, &lab->timer);
	lab->prepare.data = lab;
	lab->check.data = lab;
	lab->timer.data = lab;

	/* Both: what a timer ran is answered before the loop sleeps, what a socket ran after. */
	uv_prepare_start(&lab->prepare, on_prepare);
	uv_check_start(&lab->check, on_check);
	uv_unref((uv_handle_t *)&lab->prepare);
	uv_unref((uv_handle_t *)&lab->check);
	uv_unref((uv_handle_t *)&lab->timer);
}

static json_t *clock_document(const struct lab_clock *clock)
{
	json_t *document = json_object();

	json_set_int(document, "Real", clock->real.ms);
	json_set_int(document, "Lab", clock->lab.ms);
	json_set_int(document, "Speed", clock->speed);
	return document;
}

static void keep_clock(struct lab *lab)
{
	AUTO_JSON json_t *document = clock_document(&lab->clock);

	store_put(turn_tx(lab), CLOCK, "clock", document);
}

/* As it was kept: while we were away it went on, as the data planes did. */
static void find_clock(struct lab *lab, int64_t speed)
{
	const json_t *kept = store_get(turn_tx(lab), CLOCK, "clock");

	if (!kept) {
		lab->clock =
			lab_clock_start((lab_ms){clock_real().ms}, speed < 0 ? REAL_TIME : speed);
		keep_clock(lab);
		return;
	}
	lab->clock = (struct lab_clock){
		.real = {json_int_or(kept, "Real", 0)},
		.lab = {json_int_or(kept, "Lab", 0)},
		.speed = json_int_or(kept, "Speed", REAL_TIME),
	};
	if (speed >= 0 && speed != lab->clock.speed) {
		lab_clock_set_speed(&lab->clock, speed);
		keep_clock(lab);
	}
}

static size_t count_services(const struct service *const *services)
{
	size_t count = 0;

	while (services && services[count])
		count++;
	return count;
}

int lab_open(uv_loop_t *loop, const struct lab_options *options, struct lab **ret_lab)
{
	AUTO_FREE char *path = options->dir ? mem_fmt("%s/state.db", options->dir) : NULL;
	struct lab *lab = mem_new(struct lab);
	int err;

	err = master_key_find(options->dir, lab->master_key);
	if (err == 0)
		err = store_open(path, &lab->store);
	if (err < 0) {
		free(lab);
		return err;
	}

	lab->dir = mem_strdup(options->dir);
	lab->region = mem_strdup(options->region ? options->region : "us-east-1");
	lab->number = options->number;
	lab->services = options->services;
	lab->nservices = count_services(options->services);
	lab->due = mem_array(lab_ms, lab->nservices + 1);
	lab->arenas = mem_array(struct arena *, ARENAS_KEPT);
	lab->ordered = json_object();
	lab->person = (struct principal){
		.kind = PRINCIPAL_OPERATOR,
		.arn = "arn:" LAB_PARTITION ":iam::" LAB_ACCOUNT ":root",
		.user_id = LAB_ACCOUNT,
	};

	find_clock(lab, options->speed);
	ids_seed(lab, options->seed, store_next(turn_tx(lab), "lab/start"));
	err = tx_commit(lab->tx);
	lab->tx = NULL;
	if (err < 0) {
		lab_close(lab);
		return err;
	}

	lab->loop = loop;
	if (loop) {
		start_handles(lab);
		ticks_schedule(lab);
	}
	*ret_lab = lab;
	return 0;
}

/* The loop lets go of its handles one by one; the last one takes the lab along. */
static void on_closed(uv_handle_t *handle)
{
	struct lab *lab = handle->data;

	if (--lab->open_handles == 0)
		free(lab);
}

void lab_close(struct lab *lab)
{
	if (!lab)
		return;
	if (lab->tx)
		lab_turn(lab);
	/* What came up meanwhile comes again after the next start: ticks need nothing but the store. */
	if (lab->tx)
		tx_rollback(lab->tx);
	store_close(lab->store);
	while (lab->narenas > 0)
		arena_close(lab->arenas[--lab->narenas]);
	free(lab->arenas);
	free(lab->waiting);
	free(lab->due);
	free(lab->dir);
	free(lab->endpoint);
	free(lab->region);
	free(lab->operator_key);
	free(lab->operator_secret);
	json_decref(lab->ordered);

	if (!lab->loop) {
		free(lab);
		return;
	}
	lab->open_handles = 3;
	uv_close((uv_handle_t *)&lab->prepare, on_closed);
	uv_close((uv_handle_t *)&lab->check, on_closed);
	uv_close((uv_handle_t *)&lab->timer, on_closed);
}

const struct service *lab_service(const struct lab *lab, const char *name)
{
	size_t i;

	for (i = 0; i < lab->nservices; i++)
		if (strcmp(lab->services[i]->model->name, name) == 0)
			return lab->services[i];
	return NULL;
}

const struct service *const *lab_services(const struct lab *lab)
{
	return lab->services;
}

const struct resource *lab_resource(const struct lab *lab, const char *type)
{
	const struct resource *resource;
	size_t i;

	for (i = 0; i < lab->nservices; i++)
		for (resource = lab->services[i]->resources; resource && resource->type; resource++)
			if (strcmp(resource->type, type) == 0)
				return resource;
	return NULL;
}

const struct lab_clock *lab_clock(const struct lab *lab)
{
	return &lab->clock;
}

void lab_clock_change(struct lab *lab, const struct lab_clock *clock)
{
	lab->clock = *clock;
	lab->clock_changed = true;
	keep_clock(lab);
}

struct store *lab_store(const struct lab *lab)
{
	return lab->store;
}

void lab_set_endpoint(struct lab *lab, const char *endpoint)
{
	free(lab->endpoint);
	lab->endpoint = mem_strdup(endpoint);
}

const char *lab_endpoint(const struct lab *lab)
{
	return lab->endpoint;
}

const char *lab_dir(const struct lab *lab)
{
	return lab->dir;
}

int lab_number(const struct lab *lab)
{
	return lab->number;
}

const char *lab_address(struct request *rq, const char *address)
{
	int a, b, c, end = 0;

	if (sscanf(address, "10.%3d.%3d.%3d%n", &a, &b, &c, &end) != 3 || address[end] != '\0')
		return address;
	return rq_fmt(rq, "127.%d.%d.%d", rq->lab->number, b, c);
}

void lab_set_authority(struct lab *lab, const struct authority *authority)
{
	lab->authority = authority;
}

void lab_set_operator_key(struct lab *lab, const char *access_key_id, const char *secret)
{
	free(lab->operator_key);
	free(lab->operator_secret);
	lab->operator_key = mem_strdup(access_key_id);
	lab->operator_secret = mem_strdup(secret);
}

const unsigned char *lab_master_key(const struct lab *lab)
{
	return lab->master_key;
}

const json_t *lab_role(struct request *rq, const char *role_name)
{
	const struct authority *authority = rq->lab->authority;

	return authority ? authority->role_of(rq, role_name) : NULL;
}

const struct principal *lab_operator(const struct lab *lab)
{
	return &lab->person;
}

bool lab_find_key(struct lab *lab, struct arena *arena, const char *access_key_id,
		  struct key_owner *ret_owner)
{
	struct request *rq;

	if (lab->operator_key && strcmp(lab->operator_key, access_key_id) == 0) {
		*ret_owner = (struct key_owner){
			.secret_access_key = arena_strdup(arena, lab->operator_secret),
			.principal = lab->person,
		};
		return true;
	}
	rq = arena_alloc(arena, sizeof(*rq));
	*rq = (struct request){
		.lab = lab,
		.tx = turn_tx(lab),
		.arena = arena,
		.real = clock_real(),
		.now = lab_clock_now(&lab->clock),
		.region = lab->region,
		.account = LAB_ACCOUNT,
		.partition = LAB_PARTITION,
		.caller = &lab->person,
	};
	return session_find(rq, access_key_id, ret_owner);
}
