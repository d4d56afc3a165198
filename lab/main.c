/*
 * main.c - goldend: the lab's control plane, or one of its data planes.
 */
#include "lab/aws/lab.h"
#include "lab/front/front.h"
#include "lab/home.h"
#include "lab/planes/plane.h"
#include "lab/services/application-autoscaling/application_autoscaling.h"
#include "lab/services/cloudformation/cloudformation.h"
#include "lab/services/cloudwatch/cloudwatch.h"
#include "lab/services/codedeploy/codedeploy.h"
#include "lab/services/ec2/ec2.h"
#include "lab/services/ecr/ecr.h"
#include "lab/services/ecs/ecs.h"
#include "lab/services/elbv2/elbv2.h"
#include "lab/services/events/events.h"
#include "lab/services/golden/golden.h"
#include "lab/services/iam/iam.h"
#include "lab/services/kms/kms.h"
#include "lab/services/lambda/lambda.h"
#include "lab/services/logs/logs.h"
#include "lab/services/rds/rds.h"
#include "lab/services/s3/s3.h"
#include "lab/services/secretsmanager/secretsmanager.h"
#include "lab/services/sns/sns.h"
#include "lab/services/ssm/ssm.h"
#include "lab/services/sts/sts.h"
#include "lab/services/wafv2/wafv2.h"
#include "lab/services/xray/xray.h"
#include "lib/base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FIRST_PORT 4566
#define PORTS_TRIED 200

static const struct service *const services[] = {
	&application_autoscaling_service,
	&cloudformation_service,
	&cloudwatch_service,
	&codedeploy_service,
	&ec2_service,
	&ecr_service,
	&ecs_service,
	&elbv2_service,
	&events_service,
	&golden_service,
	&iam_service,
	&kms_service,
	&lambda_service,
	&logs_service,
	&rds_service,
	&s3_service,
	&secretsmanager_service,
	&sns_service,
	&ssm_service,
	&sts_service,
	&wafv2_service,
	&xray_service,
	NULL,
};

static const struct role {
	const char *name;
	int (*run)(const char *id);
	const char *program; /* how it is called in its log */
} roles[] = {
	{"alb", alb_main, "goldend alb"},
	{"function", function_main, "goldend function"},
	{"postgres", postgres_main, "goldend postgres"},
	{"task", task_main, "goldend task"},
};

static const char help[] =
	"usage: goldend --dir DIR [--port P] [--speed N] [--leash FD]\n"
	"       goldend alb|function|postgres|task ID\n"
	"       goldend xray-daemon\n"
	"\n"
	"The lab: AWS's control plane on one machine, in the foreground. `golden up` starts it.\n"
	"\n"
	"  --dir DIR    the state folder; must be there\n"
	"  --port P     where the AWS endpoint listens on 127.0.0.1 (default: as last time, else "
	"4566\n"
	"               or the next free one)\n"
	"  --speed N    lab seconds a real second, 0 to 3600 (default: as last time, else 1)\n"
	"  --leash FD   end, with all data planes, when this descriptor sees its end of file\n"
	"\n"
	"The other forms are the data planes, which it starts itself.\n";

struct wishes {
	const char *dir;
	int port;      /* 0: none */
	int64_t speed; /* thousandths; -1: none */
	int leash;     /* -1: none */
};

/* The control plane and what it holds; in main's frame. */
struct control {
	uv_loop_t loop;
	uv_signal_t term;
	uv_signal_t interrupt;
	uv_poll_t leash;
	bool leashed;
	struct home *home;
	struct lab *lab;
	struct fleet *fleet;
	struct front *front;
};

/* One sentence for a person; golden repeats it. */
static int complain(const char *fmt, ...) PRINTF_LIKE(1, 2);

static int complain(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	fputs("goldend: ", stderr);
	vfprintf(stderr, fmt, args);
	fputc('\n', stderr);
	va_end(args);
	return EXIT_FAILURE;
}

static bool read_int(const char *text, int least, int most, int *ret_number)
{
	char *end;
	long number = strtol(text, &end, 10);

	if (end == text || *end || number < least || number > most)
		return false;
	*ret_number = (int)number;
	return true;
}

static bool read_speed(const char *text, int64_t *ret_speed)
{
	char *end;
	double number = strtod(text, &end);

	if (end == text || *end || !isfinite(number) || number < 0 ||
	    number > (double)LAB_SPEED_MAX / 1000)
		return false;
	*ret_speed = (int64_t)(number * 1000);
	return true;
}

static bool read_wish(const char *name, const char *value, struct wishes *wishes)
{
	if (!value)
		return false;
	if (strcmp(name, "--dir") == 0) {
		wishes->dir = value;
		return true;
	}
	if (strcmp(name, "--port") == 0)
		return read_int(value, 1, 65535, &wishes->port);
	if (strcmp(name, "--speed") == 0)
		return read_speed(value, &wishes->speed);
	if (strcmp(name, "--leash") == 0)
		return read_int(value, 3, INT_MAX, &wishes->leash);
	return false;
}

static void on_signal(uv_signal_t *handle, int number)
{
	log_event(LOG_INFO, "lab.stopping", F_INT("signal", number));
	uv_stop(handle->loop);
}

/* Nobody writes to a leash: it is readable when all who held its other end are gone. */
static void on_leash(uv_poll_t *handle, int status, int events)
{
	log_event(LOG_INFO, "lab.leash.gone");
	uv_stop(handle->loop);
}

static int watch(struct control *control, int leash)
{
	int err = uv_signal_init(&control->loop, &control->term);

	if (err == 0)
		err = uv_signal_init(&control->loop, &control->interrupt);
	if (err == 0)
		err = uv_signal_start(&control->term, on_signal, SIGTERM);
	if (err == 0)
		err = uv_signal_start(&control->interrupt, on_signal, SIGINT);
	if (err == 0 && leash >= 0) {
		fcntl(leash, F_SETFD, FD_CLOEXEC);
		err = uv_poll_init(&control->loop, &control->leash, leash);
		control->leashed = err == 0;
		if (err == 0)
			err = uv_poll_start(&control->leash, UV_READABLE, on_leash);
	}
	return err;
}

static int open_lab(struct control *control, const struct wishes *wishes)
{
	const struct lab_options options = {
		.dir = home_dir(control->home),
		.number = home_number(control->home),
		.speed = wishes->speed,
		.services = services,
	};
	int err = lab_open(&control->loop, &options, &control->lab);

	if (err < 0)
		return complain("can't open the lab's state in %s: %s", options.dir,
				strerror(-err));
	lab_set_operator_key(control->lab, home_access_key_id(control->home),
			     home_secret_access_key(control->home));
	lab_set_authority(control->lab, &iam_authority);
	return EXIT_SUCCESS;
}

static int try_port(struct control *control, int port)
{
	const struct front_options options = {.port = port};

	return front_open(&control->loop, control->lab, &options, &control->front);
}

/*
 * A port that was wished for, or that running tasks were told, or the first free one. Only the last may be
 * another than we began with.
 */
static int open_front(struct control *control, int wished)
{
	int port = wished ? wished : home_port(control->home);
	int tries = port ? 1 : PORTS_TRIED;
	int err = -EADDRINUSE;

	if (!port)
		port = FIRST_PORT;
	for (int i = 0; i < tries && err == -EADDRINUSE; i++)
		err = try_port(control, port + i);
	if (err == -EADDRINUSE)
		return complain("port %d is taken by another program; choose one with --port",
				port);
	if (err < 0)
		return complain("can't listen on port %d: %s", port, strerror(-err));
	return EXIT_SUCCESS;
}

static int announce(struct control *control)
{
	int port = front_port(control->front);
	AUTO_FREE char *url = mem_fmt("http://127.0.0.1:%d", port);
	int err;

	lab_set_endpoint(control->lab, url);
	err = home_announce(control->home, url, port);
	if (err < 0)
		return complain("can't write to %s: %s", home_dir(control->home), strerror(-err));
	log_event(LOG_INFO, "lab.ready", F_STR("endpoint", url),
		  F_INT("number", home_number(control->home)));
	return EXIT_SUCCESS;
}

static int open_fleet(struct control *control, int leash)
{
	char program[PATH_MAX] = "";
	const struct fleet_options options = {
		.dir = home_dir(control->home),
		.program = program,
		.plane_user = "postgres",
		.leash = leash,
	};
	int err;

	if (readlink("/proc/self/exe", program, sizeof(program) - 1) < 0)
		return complain("can't find my own program: %s", strerror(errno));
	err = fleet_open(&control->loop, &options, &lab_fleet_events, control->lab,
			 &control->fleet);
	if (err == -ENOENT)
		return complain(
			"there is no user postgres; install it: apt-get install postgresql-15");
	if (err < 0)
		return complain("can't start data planes: %s", strerror(-err));
	lab_set_fleet(control->lab, control->fleet);
	return EXIT_SUCCESS;
}

static int open_control(struct control *control, const struct wishes *wishes)
{
	int status = open_lab(control, wishes);

	if (status == EXIT_SUCCESS)
		status = open_front(control, wishes->port);
	/* The endpoint is known before the first task could be told it. */
	if (status == EXIT_SUCCESS)
		status = announce(control);
	if (status == EXIT_SUCCESS)
		status = open_fleet(control, wishes->leash);
	if (status == EXIT_SUCCESS && watch(control, wishes->leash) < 0)
		status = complain("can't watch for signals");
	return status;
}

static void close_control(struct control *control)
{
	front_close(control->front);
	lab_close(control->lab);
	fleet_close(control->fleet); /* the planes go on */
	uv_close((uv_handle_t *)&control->term, NULL);
	uv_close((uv_handle_t *)&control->interrupt, NULL);
	if (control->leashed)
		uv_close((uv_handle_t *)&control->leash, NULL);
	uv_run(&control->loop, UV_RUN_DEFAULT);
	uv_loop_close(&control->loop);
	home_close(control->home);
}

static int control_main(const struct wishes *wishes)
{
	struct control control = {0};
	char *why;
	int status;

	log_set_program("goldend");
	umask(077); /* what others may read says so itself */
	signal(SIGPIPE, SIG_IGN);
	if (home_open(wishes->dir, &control.home, &why) < 0) {
		status = complain("%s", why);
		free(why);
		return status;
	}
	uv_loop_init(&control.loop);
	status = open_control(&control, wishes);
	if (status != EXIT_SUCCESS) {
		home_close(control.home);
		exit(status); /* nothing runs yet that would have to be ended in order */
	}
	uv_run(&control.loop, UV_RUN_DEFAULT);
	close_control(&control);
	return EXIT_SUCCESS;
}

static int plane_main(const char *name, const char *id)
{
	for (size_t i = 0; i < array_len(roles); i++) {
		if (strcmp(roles[i].name, name) == 0) {
			log_set_program(roles[i].program);
			return roles[i].run(id);
		}
	}
	return complain("'%s' is no data plane; see goldend --help", name);
}

int main(int argc, char **argv)
{
	struct wishes wishes = {.speed = -1, .leash = -1};

	if (argc == 2 && strcmp(argv[1], "--help") == 0) {
		fputs(help, stdout);
		return EXIT_SUCCESS;
	}
	if (argc == 2 && strcmp(argv[1], "--version") == 0) {
		puts("goldend " GOLDEN_VERSION);
		return EXIT_SUCCESS;
	}
	if (argc >= 2 && strcmp(argv[1], "xray-daemon") == 0) {
		log_set_program("goldend xray-daemon");
		return xray_daemon_main((const char *const *)argv + 2);
	}
	if (argc == 3 && strncmp(argv[1], "--", 2) != 0)
		return plane_main(argv[1], argv[2]);

	for (int i = 1; i < argc; i += 2) {
		if (!read_wish(argv[i], i + 1 < argc ? argv[i + 1] : NULL, &wishes))
			return complain("can't make sense of '%s'; see goldend --help", argv[i]);
	}
	if (!wishes.dir)
		return complain("--dir is missing; see goldend --help");
	return control_main(&wishes);
}
