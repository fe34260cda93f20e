/* Context banks and what they map: semantics.md section 6. */
#include "model/arguments.h"
#include "model/hypercalls.h"
#include "model/tables.h"

/* What a mapping may ask for: neither an address nor bit 63. */
#define PROT_NOT_ALLOWED ((UINT64_C(1) << 63) | EL2_DESCRIPTOR_ADDRESS)

enum el2_outcome model_smmu_alloc_pgd(struct model *m, uint64_t cbndx,
                                      uint64_t v, uint64_t index)
{
    if (!is_bank(m, cbndx, index) || !(v == EL2_HOSTVISOR || is_vm(m, v))) {
        return EL2_OUTCOME_PANIC_ARGUMENT;
    }
    hold_lock(m, EL2_LOCK_SMMU);
    if (cbndx >= m->platform.smmus[index].bank_count) {
        return EL2_OUTCOME_PANIC_NO_SUCH_BANK;
    }
    uint32_t bank = bank_id(cbndx, index);
    if (bank_owner(m, bank) != EL2_INVALID) {
        return EL2_OUTCOME_BANK_IN_USE;
    }
    hold_lock(m, EL2_LOCK_VM + (unsigned)v);
    if (is_vm(m, v) && vm_state(m, (uint32_t)v) == EL2_VM_VERIFIED) {
        return EL2_OUTCOME_PANIC_VM_STATE;
    }
    bank_set_owner(m, bank, (uint32_t)v);
    model_spt_init(m, bank);
    return EL2_OUTCOME_BANK_TAKEN;
}

enum el2_outcome model_smmu_free_pgd(struct model *m, uint64_t cbndx,
                                     uint64_t index)
{
    if (!is_bank(m, cbndx, index)) {
        return EL2_OUTCOME_PANIC_ARGUMENT;
    }
    hold_lock(m, EL2_LOCK_SMMU);
    uint32_t bank = bank_id(cbndx, index);
    uint32_t owner = bank_owner(m, bank);
    if (owner == EL2_INVALID) {
        return EL2_OUTCOME_BANK_NOT_IN_USE;
    }
    hold_lock(m, EL2_LOCK_VM + owner);
    if (vm_state(m, owner) != EL2_VM_POWEROFF) {
        return EL2_OUTCOME_PANIC_VM_STATE;
    }
    bank_set_owner(m, bank, EL2_INVALID);
    return EL2_OUTCOME_BANK_RELEASED;
}

enum el2_outcome model_smmu_map(struct model *m, uint64_t iova, uint64_t pa,
                                uint64_t prot, uint64_t cbndx, uint64_t index)
{
    if (!is_smmu_addr(iova) || !is_paddr(pa) ||
        (prot & PROT_NOT_ALLOWED) != 0 || !is_bank(m, cbndx, index)) {
        return EL2_OUTCOME_PANIC_ARGUMENT;
    }
    hold_lock(m, EL2_LOCK_SMMU);
    uint32_t bank = bank_id(cbndx, index);
    uint32_t owner = bank_owner(m, bank);
    if (owner == EL2_INVALID) {
        return EL2_OUTCOME_BANK_NOT_IN_USE;
    }
    hold_lock(m, EL2_LOCK_VM + owner);
    enum el2_outcome assigned = EL2_OUTCOME_NONE;
    if (is_vm(m, owner)) {
        if (vm_state(m, owner) == EL2_VM_VERIFIED) {
            return EL2_OUTCOME_PANIC_VM_STATE;
        }
        assigned = m->operations.assign_pfn_to_smmu(
            m, owner, iova / EL2_PAGE_SIZE, pa / EL2_PAGE_SIZE);
        if (el2_outcome_is_panic(assigned)) {
            return assigned;
        }
    }
    enum el2_outcome mapped = m->operations.update_smmu_page(
        m, owner, bank, iova, phys_page(pa) | prot | EL2_SMMU_PAGE);
    return assigned == EL2_OUTCOME_ASSIGNED_TO_DEVICE &&
                   !el2_outcome_is_panic(mapped)
               ? assigned
               : mapped;
}

enum el2_outcome model_smmu_iova_to_phys(struct model *m, uint64_t iova,
                                         uint64_t cbndx, uint64_t index,
                                         uint64_t *pa)
{
    if (!is_smmu_addr(iova) || !is_bank(m, cbndx, index)) {
        return EL2_OUTCOME_PANIC_ARGUMENT;
    }
    uint64_t page = phys_page(model_spt_walk(m, bank_id(cbndx, index), iova));
    *pa = page + (iova & EL2_PAGE_OFFSET);
    return page != 0 ? EL2_OUTCOME_FOUND_ENTRY : EL2_OUTCOME_FOUND_NOTHING;
}

enum el2_outcome model_smmu_clear(struct model *m, uint64_t iova,
                                  uint64_t cbndx, uint64_t index)
{
    if (!is_smmu_addr(iova) || !is_bank(m, cbndx, index)) {
        return EL2_OUTCOME_PANIC_ARGUMENT;
    }
    hold_lock(m, EL2_LOCK_SMMU);
    uint32_t bank = bank_id(cbndx, index);
    uint32_t owner = bank_owner(m, bank);
    if (owner == EL2_INVALID) {
        return EL2_OUTCOME_BANK_NOT_IN_USE;
    }
    hold_lock(m, EL2_LOCK_VM + owner);
    if (is_vm(m, owner) && vm_state(m, owner) >= EL2_VM_VERIFIED) {
        return EL2_OUTCOME_PANIC_VM_STATE; /* section 10, E9 */
    }
    return m->operations.unmap_smmu_page(m, bank, iova);
}
