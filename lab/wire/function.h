/*
 * function.h - what control tells a Lambda function's execution environment, and what it hears. Role
 * "function"; the id is the function's name.
 *
 * desired {"name", "arn", "tree": "functions/<sha256>", "handler", "timeout_ms", "memory": MB,
 *          "user": {"uid", "gid"},                      absent: as we are
 *          "endpoint", "region", "environment": {…},
 *          "credentials": {"AccessKeyId", "SecretAccessKey", "SessionToken"},
 *          "log": {"group", "stream"},                  absent: its role may not write one
 *          "invocations": [{"id", "event": "<JSON>"}]}  in order; each runs once
 * fact {"done": [{"id", "payload": "<JSON>", "error": "Unhandled", "tail": "…"}]}
 *      until control leaves the invocation out; error is absent when it went well
 * fact {"logged": […]}                                  as a task's (wire/task.h)
 */
#ifndef WIRE_FUNCTION_H
#define WIRE_FUNCTION_H

#define FUNCTION_ROLE "function"

#endif
