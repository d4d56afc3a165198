/*
 * task.h - what control tells a task, and what it hears from it. Role "task"; the id is the task's 32
 * hex digits.
 *
 * desired {
 *   "arn", "cluster_arn", "family", "revision": "7", "zone", "address": "127.7.4.17",
 *   "private_address": "10.0.4.17", "cpu": 256, "memory": 512, "launched_lab_ms",
 *   "endpoint": "http://127.0.0.1:4566", "region",
 *   "user": {"uid": 1879076864, "gid": 1879076864},    absent: as we are
 *   "credentials": {"RoleArn", "AccessKeyId", "SecretAccessKey", "Token", "Expiration"},
 *   "containers": [{"name", "image", "runtime_id", "tree": "images/sha256-…" | null,
 *                   "role": "xray-daemon" | null, "entry_point": […], "command": ["/usr/bin/golden-app"],
 *                   "working_directory", "depends_on": [{"container", "condition": "START|COMPLETE|…"}],
 *                   "environment": {…}, "secrets": {…}, "essential", "stop_timeout_ms",
 *                   "cpu", "memory", "memory_reservation", "user", "readonly_root",
 *                   "health_check": {"command", "interval_ms", "timeout_ms", "retries",
 *                                    "start_period_ms"},
 *                   "log": {"group", "stream"}}],
 *   "stop": {"reason", "code"}                          present: SIGTERM, stop timeout, SIGKILL
 * }
 * Members may be absent or null. entry_point and command stand over the image's, as ECS has it: an
 * entry point without a command leaves the image's Cmd out. A role's command are its arguments.
 * What a task consists of is taken from the first desired state; later ones bring credentials and stop.
 *
 * fact {"status": "PENDING|RUNNING|STOPPING|STOPPED", "stop_code", "stopped_reason",
 *       "containers": [{"name", "status", "exit_code", "reason", "health", "runtime_id", "pid"}]}
 * always whole, at each transition and on connecting. A container's status is PENDING, RUNNING or
 * STOPPED, its health HEALTHY, UNHEALTHY or UNKNOWN; without a health check it is UNKNOWN. stop_code
 * and stopped_reason are AWS's; a task that ended is STOPPED until it is dismissed.
 * fact {"logged": [{"group", "stream", "first", "last", "ingested", "bytes", "events"}]}
 *      what was written to log segments (wire/log_segment.h) since the last one, at most once a second
 * fact {"credentials": "expiring"}                       half an hour before, each minute until new ones come
 */
#ifndef WIRE_TASK_H
#define WIRE_TASK_H

#define TASK_ROLE "task"

/*
 * A user from here on is one task's alone, and all its processes end with the task. Each lab has 4096,
 * by its number. systemd's UIDS-GIDS.md lists who assigns which: from 0x70000000 to 2^31 nobody does.
 */
#define TASK_USER_FIRST 0x70000000
#define TASK_USERS 4096 /* of a lab */

#endif
