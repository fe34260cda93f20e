/*
 * SMMU context banks: who owns each, and what it maps (semantics.md section
 * 6). The smmu lock protects the owners and is held over the whole of a call,
 * vm[owner] is then held over what the owner's state decides; vm[0] when the
 * host is the owner. What panics leaves held is said below.
 *
 * A bank is named by its index within an SMMU (< 8) or by its bank id.
 */
#ifndef IMPL_BANK_H
#define IMPL_BANK_H

#include "impl/el2.h"

#include <stdint.h>

/* Bank id, as the tables know a bank. */
static inline uint32_t bank_id(uint32_t index, uint32_t smmu)
{
    return smmu * EL2_BANKS_PER_SMMU + index;
}

/*
 * Give bank `index` of an SMMU to a VM or the host, with an empty table;
 * nothing when it has an owner. Panics when the SMMU has no such bank (smmu
 * stays held) or the VM is verified (also vm[vmid]).
 */
void smmu_alloc_pgd(struct el2 *el2, uint32_t index, uint32_t vmid,
                    uint32_t smmu);

/* Take the bank from its owner, if it has one; panics unless that is a VM that
 * is powered off (smmu and vm[owner] stay held). */
void smmu_free_pgd(struct el2 *el2, uint32_t bank);

/*
 * Map the page at `address` for the bank's owner at `iova`; nothing when the
 * bank has none. A VM is given the page first when it is the host's.
 * `attributes` are the other bits of the descriptor. Panics when the owner is a
 * VM that is verified, or as assign_pfn_to_smmu() and update_smmu_page() do
 * (smmu and vm[owner] stay held, and what these hold).
 */
void smmu_map(struct el2 *el2, uint32_t bank, uint64_t iova, uint64_t address,
              uint64_t attributes);

/* Undo that; nothing when the bank has no owner. Panics when the owner is a VM
 * that is verified or was (smmu and vm[owner] stay held). */
void smmu_clear(struct el2 *el2, uint32_t bank, uint64_t iova);

/* The physical address to which the bank's entry for `iova` points, whatever
 * else the entry says; below 4096 when there is none. Takes only spt. */
uint64_t smmu_iova_to_phys(const struct el2 *el2, uint32_t bank, uint64_t iova);

#endif
