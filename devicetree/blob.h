/*
 * Is this a flattened device tree that libfdt can read?
 *
 * libfdt trusts more of a blob than a fuzzer or a damaged file deserves: a
 * property length near 2^32 makes fdt_next_tag() of libfdt 1.6.1 step in
 * place for ever, and its fdt_check_full() can dereference NULL. So every tag,
 * length and string is checked here, once, before libfdt sees the blob.
 */
#ifndef DEVICETREE_BLOB_H
#define DEVICETREE_BLOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* arm64 Linux takes no larger blob either (its MAX_FDT_SIZE). */
#define DEVICETREE_SIZE_LIMIT (UINT32_C(2) << 20)

/* Nodes on the way from the root to the deepest one, the root included. */
#define DEVICETREE_DEPTH_LIMIT 64

/* Longest name of a node or property, without its NUL. */
#define DEVICETREE_NAME_LIMIT 255

/*
 * Whether the `size` bytes at `blob`, which is aligned to 8 bytes, start with
 * a sound device tree of format version 17:
 *
 *   - its blocks lie within its total size, and that within `size`, which is
 *     at most DEVICETREE_SIZE_LIMIT;
 *   - its reservation block ends;
 *   - its structure block is one root node, properly nested, at most
 *     DEVICETREE_DEPTH_LIMIT deep, properties before child nodes, nothing
 *     past the end of the block;
 *   - its names are terminated, printable and within DEVICETREE_NAME_LIMIT.
 *
 * True: *node_count is how many nodes it has. False: `why` says what is wrong
 * and where, in one line without its end. Time is linear in `size`.
 */
bool devicetree_blob_check(const void *blob, size_t size, uint32_t *node_count,
                           char *why, size_t why_size);

#endif
