/*
 * postgres.h - what control tells a database, and what it hears. Role "postgres"; the id is the
 * cluster's or instance's resource id in lower case.
 *
 * desired {"data": "postgres/<id>", "address": "127.7.12.5", "port": 5432, "database": "golden",
 *          "username": "golden", "password": "…", "password_number": 1, "max_connections": 90,
 *          "fsync": true}
 *          A password is set once, when its number is above the last one that was: what was changed in
 *          SQL since stays. Connections that are open stay open.
 * fact {"status": "creating|available|stopped|failed", "reason": "…", "pid"}
 */
#ifndef WIRE_POSTGRES_H
#define WIRE_POSTGRES_H

#define POSTGRES_ROLE "postgres"

#endif
