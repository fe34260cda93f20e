/*
 * Addresses: reg, and the ranges of the buses on the way to the root
 * (Devicetree Specification v0.4, sections 2.3.5, 2.3.6 and 2.3.8).
 */
#include "devicetree/tree.h"

#include <inttypes.h>

static bool cells_understood(struct devicetree *tree, uint32_t bus)
{
    const struct devicetree_node *node = &tree->nodes[bus];
    if (node->address_cells < 1 || node->address_cells > 2) {
        return devicetree_refuse(tree, bus, "#address-cells",
                                 "%" PRIu32
                                 ", must be 1 or 2 where addresses are read",
                                 node->address_cells);
    }
    if (node->size_cells < 1 || node->size_cells > 2) {
        return devicetree_refuse(tree, bus, "#size-cells",
                                 "%" PRIu32
                                 ", must be 1 or 2 where addresses are read",
                                 node->size_cells);
    }
    return true;
}

/* Bytes of one (address, size) pair in the reg of a child of `bus`. */
static uint32_t pair_size(const struct devicetree_node *bus)
{
    return 4 * (bus->address_cells + bus->size_cells);
}

bool devicetree_reg_count(struct devicetree *tree, uint32_t node,
                          uint32_t *count)
{
    uint32_t bus = tree->nodes[node].parent;
    uint32_t size;
    *count = 0;
    if (devicetree_property(tree, node, "reg", &size) == NULL) {
        return true;
    }
    if (bus == DEVICETREE_NO_NODE) {
        return devicetree_refuse(tree, node, "reg",
                                 "the root has no place on a bus");
    }
    if (!cells_understood(tree, bus)) {
        return false;
    }
    if (size % pair_size(&tree->nodes[bus]) != 0) {
        return devicetree_refuse(tree, node, "reg",
                                 "%" PRIu32 " bytes, must be a multiple of "
                                 "the %" PRIu32 " that one range takes",
                                 size, pair_size(&tree->nodes[bus]));
    }
    *count = size / pair_size(&tree->nodes[bus]);
    return true;
}

/* From the address space of `bus`, not the root, to its parent's. `node` is
 * whose range it is. */
static bool translate(struct devicetree *tree, uint32_t node, uint32_t bus,
                      struct devicetree_range *range)
{
    const struct devicetree_node *child = &tree->nodes[bus];
    const struct devicetree_node *parent = &tree->nodes[child->parent];
    uint32_t size;
    uint32_t entry_size;
    const unsigned char *ranges =
        devicetree_property(tree, bus, "ranges", &size);
    if (ranges == NULL) {
        return devicetree_refuse(tree, bus, "ranges",
                                 "missing, so that %s has no physical address",
                                 devicetree_name(tree, node));
    }
    if (size == 0) {
        return true;
    }
    if (!cells_understood(tree, bus) ||
        !cells_understood(tree, child->parent)) {
        return false;
    }
    entry_size = pair_size(child) + 4 * parent->address_cells;
    if (size % entry_size != 0) {
        return devicetree_refuse(tree, bus, "ranges",
                                 "%" PRIu32 " bytes, must be a multiple of "
                                 "the %" PRIu32 " that one entry takes",
                                 size, entry_size);
    }
    for (uint32_t at = 0; at < size; at += entry_size) {
        const unsigned char *to = ranges + at + 4 * child->address_cells;
        const unsigned char *length = to + 4 * parent->address_cells;
        uint64_t first = devicetree_cells(ranges + at, child->address_cells);
        uint64_t room = devicetree_cells(length, child->size_cells);
        uint64_t base = devicetree_cells(to, parent->address_cells);
        uint64_t into = range->base - first;
        if (range->base >= first && into <= room &&
            range->size <= room - into && base <= UINT64_MAX - into) {
            range->base = base + into;
            return true;
        }
    }
    return devicetree_refuse(
        tree, bus, "ranges",
        "no entry holds 0x%" PRIx64 ", 0x%" PRIx64 " bytes long, of %s",
        range->base, range->size, devicetree_name(tree, node));
}

bool devicetree_reg(struct devicetree *tree, uint32_t node, uint32_t index,
                    struct devicetree_range *range)
{
    uint32_t bus = tree->nodes[node].parent;
    const struct devicetree_node *parent = &tree->nodes[bus];
    uint32_t size;
    const unsigned char *pair = devicetree_property(tree, node, "reg", &size);
    pair += (size_t)index * pair_size(parent);
    range->base = devicetree_cells(pair, parent->address_cells);
    range->size =
        devicetree_cells(pair + 4 * parent->address_cells, parent->size_cells);
    for (; bus != DEVICETREE_ROOT; bus = tree->nodes[bus].parent) {
        if (!translate(tree, node, bus, range)) {
            return false;
        }
    }
    if (range->size != 0 && range->size - 1 > UINT64_MAX - range->base) {
        return devicetree_refuse(tree, node, "reg",
                                 "0x%" PRIx64 ", 0x%" PRIx64
                                 " bytes long, wraps around",
                                 range->base, range->size);
    }
    return true;
}
