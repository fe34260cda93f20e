/*
 * Who owns each SMMU context bank (semantics.md section 6). The smmu lock
 * protects it; what panics leaves held is said below.
 */
#ifndef IMPL_BANK_H
#define IMPL_BANK_H

#include "impl/el2.h"

#include <stdint.h>

/*
 * Give bank `index` (< 8) of an SMMU to a VM or the host, with an empty table;
 * nothing when it has an owner. Panics when the SMMU has no such bank (smmu
 * stays held) or the VM is verified (also vm[vmid]).
 */
void smmu_alloc_pgd(struct el2 *el2, uint32_t index, uint32_t vmid,
                    uint32_t smmu);

/* Take the bank from its owner, if it has one; panics unless that is a VM that
 * is powered off (smmu and vm[owner] stay held). */
void smmu_free_pgd(struct el2 *el2, uint32_t index, uint32_t smmu);

/* Bank id, as the tables know a bank. */
static inline uint32_t bank_id(uint32_t index, uint32_t smmu)
{
    return smmu * EL2_BANKS_PER_SMMU + index;
}

#endif
