/*
 * image_layer_fuzz.c - a layer of an image somebody pushed: whatever it holds stays in its folder.
 */
#include "lab/services/ecr/image_tree.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char folder[] = "/tmp/image-layer-XXXXXX";
	char root[64];
	struct image_tree *tree;
	int parent;

	if (!mkdtemp(folder))
		abort();
	snprintf(root, sizeof(root), "%s/rootfs", folder);
	parent = mkdir(root, 0755) == 0 ? open(folder, O_DIRECTORY | O_RDONLY) : -1;
	if (parent < 0 || image_tree_open(root, &tree) != 0)
		abort();
	image_tree_add_memory(tree, data, size);
	image_tree_close(tree);
	if (tree_remove(parent, "rootfs") != 0)
		abort();
	close(parent);
	if (rmdir(folder) != 0) /* something landed beside the tree */
		abort();
	return 0;
}
