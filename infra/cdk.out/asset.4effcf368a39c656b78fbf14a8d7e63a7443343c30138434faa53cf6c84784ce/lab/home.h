/*
 * home.h - the state folder of a lab, as the control plane finds it: whose it is, its lock, its number
 * on this machine, its port, the person's key.
 *
 *   goldend.lock  flock held while control runs; its pid inside
 *   credentials   the operator's key, mode 0600, as AWS's shared credentials file has it
 *   number, port  what the data planes were told and must find again after a restart
 *   endpoint      the URL, while control answers
 *
 * When it runs as root, PostgreSQL and tasks run as others who must reach their own folders here: the
 * folder may be passed through by everybody, and what is in it is closed one by one.
 */
#ifndef LAB_HOME_H
#define LAB_HOME_H

#include <stdbool.h>

struct home;

/*
 * dir must be there. 0, or -errno, and then ret_why, owned by the caller, is one sentence for a person.
 */
int home_open(const char *dir, struct home **ret_home, char **ret_why);
void home_close(struct home *home); /* removes `endpoint`; NULL is fine */

const char *home_dir(const struct home *home); /* absolute */
int home_number(const struct home *home);      /* 1 to 254, claimed until home_close() */
int home_port(const struct home *home);	       /* of last time; 0: there was none */
const char *home_access_key_id(const struct home *home);
const char *home_secret_access_key(const struct home *home);

/* Control answers at this port from now on. 0 or -errno. */
int home_announce(struct home *home, const char *url, int port);

#endif
