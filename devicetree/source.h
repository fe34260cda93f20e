/* Device tree blobs from files. */
#ifndef DEVICETREE_SOURCE_H
#define DEVICETREE_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Both read at most DEVICETREE_SIZE_LIMIT + 1 bytes into *tree, which the
 * caller frees after true; a blob of that size is too large, and whoever
 * reads it says so. False with the reason in `why`, in one line, and nothing
 * to free.
 */

/* The bytes of a file. */
bool devicetree_source_read(const char *path, void **tree, size_t *size,
                            char *why, size_t why_size);

/* What the program dtc, found by PATH, makes of a device tree source. */
bool devicetree_source_compile(const char *path, void **tree, size_t *size,
                               char *why, size_t why_size);

#endif
