/*
 * plane.h - how the control plane and a data plane talk: JSON lines on run/<role>-<id>.sock.
 *
 * The plane listens, control connects.
 *
 *   plane → control   {"hello": {"role": "alb", "id": "…", "pid": 4711, "applied": 17}, "fact": {…}}
 *                     the first line; its fact is the plane's whole state
 *   control → plane   {"clock": {"real": ms, "lab": ms, "speed": thousandths}}
 *   control → plane   {"desired": {…}, "number": 18}
 *   plane → control   {"applied": 18}          once it was taken up; or {"applied": 18, "error": "…"}
 *   plane → control   {"fact": {…}}            transitions at once, counts as they come
 *   control → plane   {"stop": true}           in order: drain, then exit 0
 *
 * A plane that loses everything is told again; a plane that is not connected goes on with what it was
 * told. What "desired" and "fact" hold is in one header a role: alb.h, task.h, postgres.h.
 */
#ifndef WIRE_PLANE_H
#define WIRE_PLANE_H

/* In a plane's environment: the number of a descriptor; its end of file ends the plane. */
#define PLANE_LEASH "GOLDEN_LEASH"

#define PLANE_HELLO "hello"
#define PLANE_ROLE "role"
#define PLANE_ID "id"
#define PLANE_PID "pid"
#define PLANE_APPLIED "applied"
#define PLANE_FACT "fact"
#define PLANE_CLOCK "clock"
#define PLANE_DESIRED "desired"
#define PLANE_NUMBER "number"
#define PLANE_STOP "stop"
#define PLANE_ERROR "error"

#endif
