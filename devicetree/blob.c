#include "devicetree/blob.h"

#include <inttypes.h>
#include <libfdt.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* The structure block and how far the walk through it has come. */
struct walk {
    const unsigned char *structure;
    uint32_t structure_size;
    const unsigned char *strings;
    uint32_t strings_size;

    uint32_t offset; /* of the next tag; a multiple of 4 */
    uint32_t depth;  /* of the nodes that are open */
    uint32_t node_count;
    bool children_began; /* in the innermost open node */

    char *why;
    size_t why_size;
};

static bool __attribute__((format(printf, 3, 4)))
refuse(char *why, size_t why_size, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(why, why_size, format, arguments);
    va_end(arguments);
    return false;
}

static bool refuse_tag(struct walk *walk, const char *what)
{
    return refuse(walk->why, walk->why_size,
                  "structure block, offset 0x%" PRIx32 ": %s", walk->offset,
                  what);
}

/* Length of the name at `name`, of which `room` bytes may be looked at. False
 * when it is too long, not terminated or not printable. */
static bool name_length(const unsigned char *name, uint32_t room,
                        uint32_t *length)
{
    for (uint32_t i = 0; i < room && i <= DEVICETREE_NAME_LIMIT; i++) {
        if (name[i] == '\0') {
            *length = i;
            return true;
        }
        if (name[i] <= ' ' || name[i] > '~') {
            return false;
        }
    }
    return false;
}

static uint32_t round_up_to_cell(uint32_t bytes)
{
    return (bytes + 3) & ~UINT32_C(3);
}

/* Each of these starts behind the tag, at walk->offset + 4, and on success
 * moves walk->offset to the next tag. Sizes stay below DEVICETREE_SIZE_LIMIT,
 * so that sums of them do not wrap. */

static bool walk_begin_node(struct walk *walk)
{
    uint32_t at = walk->offset + 4;
    uint32_t length = 0;
    if (walk->depth == 0 && walk->node_count > 0) {
        return refuse_tag(walk, "a second root node");
    }
    if (walk->depth == DEVICETREE_DEPTH_LIMIT) {
        return refuse_tag(walk, "nodes are nested too deeply");
    }
    if (!name_length(walk->structure + at, walk->structure_size - at,
                     &length)) {
        return refuse_tag(walk, "the name of a node is too long, not "
                                "terminated or not printable");
    }
    if ((length == 0) != (walk->depth == 0)) {
        return refuse_tag(walk, walk->depth == 0 ? "the root node has a name"
                                                 : "a node without a name");
    }
    walk->offset = at + round_up_to_cell(length + 1);
    walk->depth++;
    walk->node_count++;
    walk->children_began = false;
    return true;
}

static bool walk_end_node(struct walk *walk)
{
    if (walk->depth == 0) {
        return refuse_tag(walk, "a node ends that did not begin");
    }
    walk->depth--;
    walk->children_began = true;
    walk->offset += 4;
    return true;
}

static bool walk_property(struct walk *walk)
{
    uint32_t at = walk->offset + 4;
    uint32_t length;
    uint32_t name;
    uint32_t name_size;
    if (walk->depth == 0) {
        return refuse_tag(walk, "a property outside of any node");
    }
    if (walk->children_began) {
        return refuse_tag(walk, "a property after a child node");
    }
    if (walk->structure_size - at < 8) {
        return refuse_tag(walk, "the block ends within a property");
    }
    length = fdt32_ld((const fdt32_t *)(walk->structure + at));
    name = fdt32_ld((const fdt32_t *)(walk->structure + at + 4));
    at += 8;
    if (length > walk->structure_size - at) {
        return refuse_tag(walk, "a property goes past the end of the block");
    }
    if (name >= walk->strings_size ||
        !name_length(walk->strings + name, walk->strings_size - name,
                     &name_size)) {
        return refuse_tag(walk, "the name of a property lies outside of the "
                                "strings block, is too long, not terminated "
                                "or not printable");
    }
    walk->offset = at + round_up_to_cell(length);
    return true;
}

/* One tag. *done when it was the last one. */
static bool walk_tag(struct walk *walk, bool *done)
{
    if (walk->offset > walk->structure_size ||
        walk->structure_size - walk->offset < 4) {
        return refuse_tag(walk, "the block ends before the tree does");
    }
    switch (fdt32_ld((const fdt32_t *)(walk->structure + walk->offset))) {
    case FDT_BEGIN_NODE:
        return walk_begin_node(walk);
    case FDT_END_NODE:
        return walk_end_node(walk);
    case FDT_PROP:
        return walk_property(walk);
    case FDT_NOP:
        walk->offset += 4;
        return true;
    case FDT_END:
        if (walk->depth > 0 || walk->node_count == 0) {
            return refuse_tag(walk, "the tree ends within a node or has none");
        }
        *done = true;
        return true;
    default:
        return refuse_tag(walk, "not a tag");
    }
}

static bool block_fits(uint32_t offset, uint32_t size, uint32_t alignment,
                       uint32_t total)
{
    return offset % alignment == 0 && offset <= total && size <= total - offset;
}

/* Whether the list of reservations ends within the blob. */
static bool reservations_end(const void *blob)
{
    return fdt_num_mem_rsv(blob) >= 0;
}

static bool header_check(const void *blob, size_t size, char *why,
                         size_t why_size)
{
    uint32_t total;
    int result;
    if (size < sizeof(struct fdt_header)) {
        return refuse(why, why_size,
                      "header: %zu bytes are too few for a device tree blob",
                      size);
    }
    if (size > DEVICETREE_SIZE_LIMIT) {
        return refuse(why, why_size,
                      "header: more than the %" PRIu32
                      " bytes that a device tree blob may have",
                      DEVICETREE_SIZE_LIMIT);
    }
    result = fdt_check_header(blob);
    if (result != 0) {
        return refuse(why, why_size, "header: not a device tree blob (%s)",
                      fdt_strerror(result));
    }
    total = fdt_totalsize(blob);
    if (total > size) {
        return refuse(why, why_size,
                      "header: truncated, %" PRIu32
                      " bytes announced and %zu given",
                      total, size);
    }
    if (fdt_version(blob) < 17) {
        return refuse(why, why_size,
                      "header: format version %" PRIu32
                      " is older than 17, the oldest understood",
                      fdt_version(blob));
    }
    if (!block_fits(fdt_off_dt_struct(blob), fdt_size_dt_struct(blob), 4,
                    total)) {
        return refuse(why, why_size,
                      "header: structure block misplaced or too large");
    }
    if (!block_fits(fdt_off_dt_strings(blob), fdt_size_dt_strings(blob), 1,
                    total)) {
        return refuse(why, why_size,
                      "header: strings block misplaced or too large");
    }
    if (!block_fits(fdt_off_mem_rsvmap(blob), sizeof(struct fdt_reserve_entry),
                    8, total) ||
        !reservations_end(blob)) {
        return refuse(why, why_size,
                      "header: memory reservation block misplaced or without "
                      "an end");
    }
    return true;
}

bool devicetree_blob_check(const void *blob, size_t size, uint32_t *node_count,
                           char *why, size_t why_size)
{
    bool done = false;
    struct walk walk;
    if (!header_check(blob, size, why, why_size)) {
        return false;
    }
    walk = (struct walk){
        .structure = (const unsigned char *)blob + fdt_off_dt_struct(blob),
        .structure_size = fdt_size_dt_struct(blob),
        .strings = (const unsigned char *)blob + fdt_off_dt_strings(blob),
        .strings_size = fdt_size_dt_strings(blob),
        .why = why,
        .why_size = why_size,
    };
    while (!done) {
        if (!walk_tag(&walk, &done)) {
            return false;
        }
    }
    *node_count = walk.node_count;
    return true;
}
