#include "devicetree/ranges.h"

#include "el2/constants.h"

#include <inttypes.h>
#include <stdlib.h>

bool devicetree_extents_add(struct devicetree *tree,
                            struct devicetree_extents *list,
                            const struct devicetree_range *range, uint32_t node,
                            const char *property)
{
    if (range->size == 0) {
        return true;
    }
    if (range->size > EL2_PHYSICAL_SPACE ||
        range->base > EL2_PHYSICAL_SPACE - range->size) {
        return devicetree_refuse(tree, node, property,
                                 "0x%" PRIx64 ", 0x%" PRIx64
                                 " bytes long, goes past 2^40",
                                 range->base, range->size);
    }
    if (list->count == DEVICETREE_RANGE_LIMIT) {
        return devicetree_refuse(tree, node, property,
                                 "one range of this kind more than the %d "
                                 "that are understood",
                                 DEVICETREE_RANGE_LIMIT);
    }
    list->extents[list->count++] = (struct devicetree_extent){
        range->base, range->base + range->size, node};
    return true;
}

bool devicetree_extents_add_reg(struct devicetree *tree,
                                struct devicetree_extents *list, uint32_t node)
{
    uint32_t count;
    if (!devicetree_reg_count(tree, node, &count)) {
        return false;
    }
    if (count > DEVICETREE_RANGE_LIMIT) {
        return devicetree_refuse(tree, node, "reg",
                                 "%" PRIu32 " ranges, more than the %d that "
                                 "are understood",
                                 count, DEVICETREE_RANGE_LIMIT);
    }
    for (uint32_t i = 0; i < count; i++) {
        struct devicetree_range range;
        if (!devicetree_reg(tree, node, i, &range) ||
            !devicetree_extents_add(tree, list, &range, node, "reg")) {
            return false;
        }
    }
    return true;
}

static int compare_bases(const void *a, const void *b)
{
    const struct devicetree_extent *left = a;
    const struct devicetree_extent *right = b;
    return (left->base > right->base) - (left->base < right->base);
}

void devicetree_extents_sort(struct devicetree_extents *list)
{
    qsort(list->extents, list->count, sizeof(list->extents[0]), compare_bases);
}

void devicetree_extents_merge(struct devicetree_extents *list)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < list->count; i++) {
        struct devicetree_extent next = list->extents[i];
        if (count > 0 && next.base <= list->extents[count - 1].end) {
            if (next.end > list->extents[count - 1].end) {
                list->extents[count - 1].end = next.end;
            }
        } else {
            list->extents[count++] = next;
        }
    }
    list->count = count;
}

static uint64_t page_up(uint64_t address)
{
    return (address + EL2_PAGE_OFFSET) & ~EL2_PAGE_OFFSET;
}

static uint64_t page_down(uint64_t address)
{
    return address & ~EL2_PAGE_OFFSET;
}

void devicetree_extents_shrink_to_pages(struct devicetree_extents *list)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < list->count; i++) {
        struct devicetree_extent extent = list->extents[i];
        extent.base = page_up(extent.base);
        extent.end = page_down(extent.end);
        if (extent.base < extent.end) {
            list->extents[count++] = extent;
        }
    }
    list->count = count;
}

void devicetree_extents_grow_to_pages(struct devicetree_extents *list)
{
    for (uint32_t i = 0; i < list->count; i++) {
        list->extents[i].base = page_down(list->extents[i].base);
        list->extents[i].end = page_up(list->extents[i].end);
    }
    devicetree_extents_merge(list);
}

bool devicetree_extents_subtract(const struct devicetree_extents *from,
                                 const struct devicetree_extents *holes,
                                 struct devicetree_extents *left)
{
    uint32_t hole = 0;
    left->count = 0;
    for (uint32_t i = 0; i < from->count; i++) {
        struct devicetree_extent rest = from->extents[i];
        while (hole < holes->count && holes->extents[hole].end <= rest.base) {
            hole++;
        }
        /* The last hole of this extent may reach into the next one, so it is
         * looked at again there. */
        for (uint32_t j = hole; rest.base < rest.end; j++) {
            struct devicetree_extent piece = rest;
            if (j < holes->count && holes->extents[j].base < rest.end) {
                piece.end = holes->extents[j].base;
                rest.base = holes->extents[j].end;
            } else {
                rest.base = rest.end;
            }
            if (piece.base >= piece.end) {
                continue;
            }
            if (left->count == DEVICETREE_RANGE_LIMIT) {
                return false;
            }
            left->extents[left->count++] = piece;
        }
    }
    return true;
}
