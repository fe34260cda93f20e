/*
 * A device tree in memory: its nodes by number, their properties, and the
 * physical ranges that their reg properties name (Devicetree Specification
 * v0.4, sections 2.3 and 5).
 *
 * A node is an index into nodes[]; parents come before their children and the
 * root is 0. Functions that return bool and can find fault with the tree fill
 * in the reason on false.
 */
#ifndef DEVICETREE_TREE_H
#define DEVICETREE_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DEVICETREE_ROOT    UINT32_C(0)
#define DEVICETREE_NO_NODE UINT32_MAX

struct devicetree_node {
    int offset;             /* libfdt's: within the structure block */
    uint32_t parent;        /* DEVICETREE_NO_NODE of the root */
    uint32_t phandle;       /* 0: none */
    uint32_t address_cells; /* of its children's addresses */
    uint32_t size_cells;
    bool enabled; /* so are all nodes above it */
};

struct devicetree {
    void *blob; /* a sound one, see blob.h */
    uint32_t node_count;
    struct devicetree_node *nodes;
    uint32_t phandle_count;
    uint32_t *by_phandle; /* nodes that have a phandle, ascending by it */
    char *why;            /* where reasons go */
    size_t why_size;
};

/* Physical addresses, bytes. base + size does not exceed 2^64. */
struct devicetree_range {
    uint64_t base;
    uint64_t size;
};

/*
 * Open a copy of the `size` bytes at `bytes`, of any alignment. Reasons, of
 * this call and of later ones, go to `why`, in one line. After true the caller
 * calls devicetree_close(); after false nothing is held.
 */
bool devicetree_open(struct devicetree *tree, const void *bytes, size_t size,
                     char *why, size_t why_size);
void devicetree_close(struct devicetree *tree);

/*
 * Set the reason to "PATH/PROPERTY: what", or "PATH: what" when property is
 * NULL, and return false.
 */
bool devicetree_refuse(struct devicetree *tree, uint32_t node,
                       const char *property, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* The name of a node with its unit address, "" for the root. */
const char *devicetree_name(const struct devicetree *tree, uint32_t node);

/* A path such as "/soc/smmu@9000000"; cut on the left, after "...", when it is
 * longer than `size` - 1. `size` is at least 8. Returns `path`. */
char *devicetree_path(const struct devicetree *tree, uint32_t node, char *path,
                      size_t size);

/* The value of a property and its size in bytes, within the tree; NULL when
 * the node has no such property. Not aligned. */
const unsigned char *devicetree_property(const struct devicetree *tree,
                                         uint32_t node, const char *name,
                                         uint32_t *size);

/* Whether a property is exactly that one string. */
bool devicetree_property_is(const struct devicetree *tree, uint32_t node,
                            const char *name, const char *string);

/* Whether `compatible` lists that string. */
bool devicetree_is_compatible(const struct devicetree *tree, uint32_t node,
                              const char *name);

/* The big-endian number in `count` (1 or 2) cells of 32 bits. */
uint64_t devicetree_cells(const unsigned char *cells, uint32_t count);

/* A property of one cell. *present is false, and *value untouched, when the
 * node has no such property. False when it is not one cell. */
bool devicetree_cell(struct devicetree *tree, uint32_t node, const char *name,
                     bool *present, uint32_t *value);

/* DEVICETREE_NO_NODE when there is no such phandle. Logarithmic. */
uint32_t devicetree_by_phandle(const struct devicetree *tree, uint32_t phandle);

/*
 * How many ranges the reg property of `node` holds; 0 when it has none. False
 * when it is malformed, or its parent's cells are other than 1 or 2.
 */
bool devicetree_reg_count(struct devicetree *tree, uint32_t node,
                          uint32_t *count);

/*
 * Range `index`, below devicetree_reg_count(), translated to a physical one
 * through the ranges of all buses above. False when a bus has no ranges, or
 * none that holds it, or the range wraps around.
 */
bool devicetree_reg(struct devicetree *tree, uint32_t node, uint32_t index,
                    struct devicetree_range *range);

#endif
