/*
 * image_tree.h - an image's layers, unpacked one over the other into a folder that can run.
 *
 * Nothing leaves the folder: no "..", no absolute paths, links of all kinds stay inside (absolute ones
 * mean the image's own root), no devices, no setuid, everything readable by all and writable by none
 * but us. Sizes and counts have limits. Knows nothing of the lab.
 *
 * Source: OCI image specification, "Image Layer Filesystem Changeset" (whiteouts).
 */
#ifndef ECR_IMAGE_TREE_H
#define ECR_IMAGE_TREE_H

#include <stddef.h>
#include <stdint.h>

#define TREE_ENTRIES_MAX 200000
#define TREE_BYTES_MAX ((int64_t)4 << 30)

struct image_tree;

/* rootfs: a folder that is there and empty. -errno. */
int image_tree_open(const char *rootfs, struct image_tree **ret_tree);
void image_tree_close(struct image_tree *tree); /* NULL is fine */

/* The next layer up: tar, or tar.gz. 0, or -errno with image_tree_error() to say it in words. */
int image_tree_add(struct image_tree *tree, const char *path);
int image_tree_add_memory(struct image_tree *tree, const void *data, size_t len);
const char *image_tree_error(const struct image_tree *tree);

/* A folder and all that is in it, never through a link. -errno; -ENOENT if it is not there. */
int tree_remove(int parent, const char *name);

#endif
