#include "devicetree/interrupts.h"

#include "devicetree/blob.h"

#include <inttypes.h>

static const char interrupts[] = "interrupts";
static const char interrupts_extended[] = "interrupts-extended";
static const char interrupt_parent[] = "interrupt-parent";

/* Cells of one specifier of an interrupt controller; 0 when it is none. */
static bool read_specifier_cells(struct devicetree *tree, uint32_t controller,
                                 uint32_t *cells)
{
    bool present;
    *cells = 0;
    if (!devicetree_cell(tree, controller, "#interrupt-cells", &present,
                         cells)) {
        return false;
    }
    if (present && *cells == 0) {
        return devicetree_refuse(tree, controller, "#interrupt-cells",
                                 "0, so that interrupts cannot be told apart");
    }
    return true;
}

/* One step up the interrupt tree: where interrupt-parent points to, or else
 * the parent node. */
static bool step_up(struct devicetree *tree, uint32_t *node)
{
    bool present;
    uint32_t phandle = 0;
    uint32_t parent;
    if (!devicetree_cell(tree, *node, interrupt_parent, &present, &phandle)) {
        return false;
    }
    if (!present) {
        *node = tree->nodes[*node].parent;
        return true;
    }
    parent = devicetree_by_phandle(tree, phandle);
    if (parent == DEVICETREE_NO_NODE) {
        return devicetree_refuse(tree, *node, interrupt_parent,
                                 "no node has phandle 0x%" PRIx32, phandle);
    }
    *node = parent;
    return true;
}

/* Cells of one specifier in the interrupts property of `node`. */
static bool inherited_specifier_cells(struct devicetree *tree, uint32_t node,
                                      uint32_t *cells)
{
    uint32_t at = node;
    /* Phandles may lead in a circle; no board needs as many steps. */
    for (uint32_t steps = 0; steps < 2 * DEVICETREE_DEPTH_LIMIT; steps++) {
        if (!step_up(tree, &at)) {
            return false;
        }
        if (at == DEVICETREE_NO_NODE) {
            break;
        }
        if (!read_specifier_cells(tree, at, cells)) {
            return false;
        }
        if (*cells != 0) {
            return true;
        }
    }
    return devicetree_refuse(tree, node, interrupts,
                             "no interrupt parent with #interrupt-cells");
}

static bool check_interrupt_limit(struct devicetree *tree, uint32_t node,
                                  const char *property, uint32_t count)
{
    if (count > DEVICETREE_INTERRUPT_LIMIT) {
        return devicetree_refuse(tree, node, property,
                                 "more than %d interrupts",
                                 DEVICETREE_INTERRUPT_LIMIT);
    }
    return true;
}

static bool count_plain(struct devicetree *tree, uint32_t node, uint32_t size,
                        uint32_t *count)
{
    uint32_t cells = 1;
    if (!inherited_specifier_cells(tree, node, &cells)) {
        return false;
    }
    if (size % 4 != 0 || size / 4 % cells != 0) {
        return devicetree_refuse(tree, node, interrupts,
                                 "%" PRIu32 " bytes, must be a multiple of "
                                 "%" PRIu32 " cells of 4",
                                 size, cells);
    }
    *count = size / 4 / cells;
    return check_interrupt_limit(tree, node, interrupts, *count);
}

/* Each entry is a phandle and then a specifier of that controller. */
static bool count_extended(struct devicetree *tree, uint32_t node,
                           const unsigned char *entries, uint32_t size,
                           uint32_t *count)
{
    uint32_t at = 0;
    *count = 0;
    while (at < size) {
        uint32_t phandle;
        uint32_t controller;
        uint32_t cells;
        if (size - at < 4) {
            return devicetree_refuse(tree, node, interrupts_extended,
                                     "ends within a cell");
        }
        phandle = (uint32_t)devicetree_cells(entries + at, 1);
        controller = devicetree_by_phandle(tree, phandle);
        if (controller == DEVICETREE_NO_NODE) {
            return devicetree_refuse(tree, node, interrupts_extended,
                                     "no node has phandle 0x%" PRIx32, phandle);
        }
        if (!read_specifier_cells(tree, controller, &cells)) {
            return false;
        }
        if (cells == 0) {
            return devicetree_refuse(tree, controller, "#interrupt-cells",
                                     "missing, but %s names it as a controller",
                                     devicetree_name(tree, node));
        }
        at += 4;
        if (cells > (size - at) / 4) {
            return devicetree_refuse(
                tree, node, interrupts_extended,
                "ends within a specifier of %" PRIu32 " cells", cells);
        }
        at += 4 * cells;
        ++*count;
        if (!check_interrupt_limit(tree, node, interrupts_extended, *count)) {
            return false;
        }
    }
    return true;
}

bool devicetree_interrupt_count(struct devicetree *tree, uint32_t node,
                                uint32_t *count)
{
    uint32_t size;
    const unsigned char *entries =
        devicetree_property(tree, node, interrupts_extended, &size);
    *count = 0;
    if (entries != NULL) {
        return count_extended(tree, node, entries, size, count);
    }
    if (devicetree_property(tree, node, interrupts, &size) == NULL) {
        return true;
    }
    return count_plain(tree, node, size, count);
}
