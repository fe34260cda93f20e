/*
 * The SMMUs of a device tree (Linux binding iommu/arm,smmu.yaml): register
 * windows and context banks.
 */
#ifndef DEVICETREE_SMMU_H
#define DEVICETREE_SMMU_H

#include "devicetree/tree.h"
#include "el2/platform.h"

/*
 * Every enabled node that is compatible with arm,mmu-500, arm,mmu-401 or
 * arm,smmu-v2 into platform->smmus, in the order of the tree, which is that of
 * their indices. nodes[i] is where smmus[i] was found. False when there are
 * more than EL2_SMMU_LIMIT, or one is malformed, has no context bank or more
 * than EL2_BANKS_PER_SMMU, or a window without room for its registers, not
 * page-aligned, past the physical address space or overlapping another.
 */
bool devicetree_read_smmus(struct devicetree *tree,
                           struct el2_platform *platform,
                           uint32_t nodes[EL2_SMMU_LIMIT]);

#endif
