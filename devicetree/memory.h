/*
 * The memory of a device tree: what is RAM, what of it is reserved, what is
 * EL2's own (Devicetree Specification v0.4, sections 3.4 and 3.5).
 */
#ifndef DEVICETREE_MEMORY_H
#define DEVICETREE_MEMORY_H

#include "devicetree/tree.h"
#include "el2/platform.h"

/* The compatible string of the reserved range that is EL2's own, when no
 * memory-region says which one is. */
#define DEVICETREE_EL2_MEMORY_COMPATIBLE "el2diff,el2-memory"

/*
 * Bytes of its own memory that EL2 can count on when its platform has
 * `page_count` pages with records: a record of 16 bytes a page, rounded up to
 * a page; the root and every table of the pools for each vmid from 0 to
 * core_vmid; two pages of root for each of EL2_BANK_LIMIT banks; and the
 * tables of the SMMU pools. Limits and pools of `platform` must be set.
 */
uint64_t devicetree_el2_memory_needed(const struct el2_platform *platform,
                                      uint64_t page_count);

/*
 * Regions and EL2's memory into a platform whose limits and SMMUs are read.
 * el2 is the node of the limits or DEVICETREE_NO_NODE; smmu_nodes are where
 * the SMMUs come from. False, with the reason, when the memory cannot be
 * that of a platform.
 */
bool devicetree_read_memory(struct devicetree *tree, uint32_t el2,
                            const uint32_t *smmu_nodes,
                            struct el2_platform *platform);

#endif
