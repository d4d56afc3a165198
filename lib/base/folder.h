/*
 * folder.h - whole folders.
 */
#ifndef BASE_FOLDER_H
#define BASE_FOLDER_H

/*
 * Removes a folder with all that is in it; a link is removed, not followed, and what is mounted inside
 * stays. What can't be removed does not keep the rest. 0, also when there is none, or -errno of the first.
 */
int folder_remove(const char *path);

#endif
