/*
 * Platforms from device trees. docs/platforms.md says what of a tree is
 * understood and what is refused.
 */
#ifndef DEVICETREE_READER_H
#define DEVICETREE_READER_H

#include "el2/platform.h"

#include <stdbool.h>
#include <stddef.h>

/* Room for any reason that a reader gives. */
#define DEVICETREE_WHY_SIZE 512

/*
 * Read the flattened device tree in the `size` bytes at `tree`, which may be
 * anything and of any alignment, into *platform. Its name is `name`, cut to
 * what fits, with '-' in place of what a platform name cannot have.
 *
 * False when the tree is damaged or describes no possible platform: *platform
 * is then undefined and `why` says what, where and why in one line without
 * its end.
 */
bool devicetree_read(const void *tree, size_t size, const char *name,
                     struct el2_platform *platform, char *why, size_t why_size);

#endif
