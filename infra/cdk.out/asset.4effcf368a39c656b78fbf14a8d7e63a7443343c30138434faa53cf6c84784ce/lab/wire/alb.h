/*
 * alb.h - what control tells a load balancer, and what it hears from it. Role "alb"; the id is the
 * load balancer's 16 hex digits.
 *
 * desired {
 *   "name": "golden-Alb…", "full_name": "app/…/…", "arn": "…",
 *   "nodes": [{"zone": "us-east-1a", "address": "127.7.0.4"}],
 *   "attributes": {"idle_timeout.timeout_seconds": "60", …},            as elbv2 keeps them
 *   "listeners": [{"arn", "port": 80, "bind_port": 8080,
 *                  "rules": [{"arn", "priority": 1 | "default", "conditions": […], "actions": […]}]}],
 *   "target_groups": [{"arn", "port", "health_check": {"path", "port", "interval_ms", "timeout_ms",
 *                      "healthy", "unhealthy", "matcher"}, "attributes": {…},
 *                      "targets": [{"id": "10.0.4.17", "address": "127.7.4.17", "port": 8000,
 *                                   "zone", "draining": false}]}]
 * }
 * conditions and actions have elbv2's own shape (Field/Values/…Config; Type/ForwardConfig/…).
 *
 * fact {"target": {"group": arn, "id", "port", "state", "reason", "description"}}    a transition
 * fact {"targets": [… the same …], "listening": [{"port", "bind_port", "address",
 *                                                        "error"}]}         the whole state
 *
 * A port is listened on at each node's address: "listening" has them all, and error where it failed.
 * state, reason and description are AWS's (lab/services/elbv2); a healthy target has the state only.
 */
#ifndef WIRE_ALB_H
#define WIRE_ALB_H

#define ALB_ROLE "alb"

#endif
