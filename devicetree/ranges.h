/*
 * Lists of physical ranges: collected from a device tree in any order, then
 * sorted, and RAM less what is reserved.
 */
#ifndef DEVICETREE_RANGES_H
#define DEVICETREE_RANGES_H

#include "devicetree/tree.h"

/* More than boards have; keeps the time of hostile trees in bounds. */
#define DEVICETREE_RANGE_LIMIT 256

/* [base, end), not empty, end at most 2^40. */
struct devicetree_extent {
    uint64_t base;
    uint64_t end;
    uint32_t node; /* that says so; the root for the reservation block */
};

struct devicetree_extents {
    uint32_t count;
    struct devicetree_extent extents[DEVICETREE_RANGE_LIMIT];
};

/*
 * Add a range. Empty ones are left out. False when it goes past 2^40 or there
 * are DEVICETREE_RANGE_LIMIT already; `property` is where it stands.
 */
bool devicetree_extents_add(struct devicetree *tree,
                            struct devicetree_extents *list,
                            const struct devicetree_range *range, uint32_t node,
                            const char *property);

/* Add every range of the reg property of `node`. */
bool devicetree_extents_add_reg(struct devicetree *tree,
                                struct devicetree_extents *list, uint32_t node);

/* Ascending by base. */
void devicetree_extents_sort(struct devicetree_extents *list);

/* Of a sorted list: those that touch or overlap become one. */
void devicetree_extents_merge(struct devicetree_extents *list);

/* Of a sorted list: each shrinks, or grows, to whole pages; one that holds no
 * whole page is dropped by the first. */
void devicetree_extents_shrink_to_pages(struct devicetree_extents *list);
void devicetree_extents_grow_to_pages(struct devicetree_extents *list);

/*
 * `from` less `holes` into `left`; both sorted and merged. False when what is
 * left is more than DEVICETREE_RANGE_LIMIT extents.
 */
bool devicetree_extents_subtract(const struct devicetree_extents *from,
                                 const struct devicetree_extents *holes,
                                 struct devicetree_extents *left);

#endif
