/*
 * seclusion.h - what a process that a plane starts cannot do: by namespaces, as far as the kernel lets us.
 */
#ifndef PLANES_SECLUSION_H
#define PLANES_SECLUSION_H

enum seclusion {
	/* Others of our user that are secluded, too, cannot look into it: its environment, its memory.
	 * For an ordinary user, who has no second one; as root each task has a user of its own. */
	SECLUDE_MEMORY = 1,
	/* Every file system is read-only to it, /tmp and its image too; /dev/shm is its own. */
	SECLUDE_FILES = 2,
};

/* What this machine grants us, tried once in a child that ends at once: SECLUDE_… */
unsigned seclusion_granted(void);

/* In the child, before it changes its user; allocates nothing. 0 or -errno. */
int seclude(unsigned what);

#endif
