/*
 * The MMU: walks the tables in physical memory as the architecture defines
 * (Arm ARM D8.2, VMSAv8-64 stage 2, 4 KiB granule; SMMUv2 stage 2), and knows
 * nothing of the code that wrote them.
 *
 * Stage 2 of a vmid starts at level 0 with 48 address bits. An SMMU bank
 * translates 40 bits and starts at level 1 with two concatenated tables.
 */
#ifndef IMPL_HOST_MMU_H
#define IMPL_HOST_MMU_H

#include "impl/host/physical.h"

/* Where a walk ends. */
struct mmu_walk {
    uint64_t descriptor; /* raw; 0 when nothing is there */
    uint32_t level;      /* of that descriptor */
    bool valid;          /* a block or page descriptor at its level */
    uint64_t output;     /* the address it translates to, when valid */
};

/* What a valid descriptor allows (Arm ARM D8.4 and D8.5, stage 2). */
struct mmu_attributes {
    bool readable;
    bool writable;
    bool executable;
    bool device;
    bool accessed; /* without the access flag a first use faults */
};

/* `root` is the address of the level-0 table; ipa < 2^48. */
struct mmu_walk mmu_walk_stage2(const struct physical *memory, uint64_t root,
                                uint64_t ipa);

/* `root` is the address of the two level-1 tables; iova < 2^40. */
struct mmu_walk mmu_walk_bank(const struct physical *memory, uint64_t root,
                              uint64_t iova);

struct mmu_attributes mmu_attributes(uint64_t descriptor);

#endif
