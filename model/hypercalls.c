#include "model/hypercalls.h"

#include "model/tables.h"

/* Section 8: what a panic leaves locked, besides what was held already. */
static enum el2_outcome panic_holding(struct model *m, el2_lock_set locks,
                                      enum el2_outcome outcome)
{
    m->held |= locks;
    return outcome;
}

enum el2_outcome model_register_kvm(struct model *m, uint64_t *v)
{
    uint32_t vmid = core_next_vmid(m);
    if (vmid >= m->platform.core_vmid) {
        return panic_holding(m, el2_lock_bit(EL2_LOCK_CORE),
                             EL2_OUTCOME_PANIC_NO_VMID_LEFT);
    }
    core_set_next_vmid(m, vmid + 1);
    if (vm_state(m, vmid) != EL2_VM_UNUSED) {
        return panic_holding(m, el2_lock_bit(EL2_LOCK_VM + vmid),
                             EL2_OUTCOME_PANIC_VM_STATE);
    }
    vm_set_state(m, vmid, EL2_VM_READY);
    *v = vmid;
    return EL2_OUTCOME_REGISTERED;
}

enum el2_outcome model_vm_poweroff(struct model *m, uint32_t v)
{
    vm_set_state(m, v, EL2_VM_POWEROFF);
    return EL2_OUTCOME_POWERED_OFF;
}

static bool is_bank(const struct model *m, uint64_t bank, uint64_t smmu)
{
    return bank < EL2_BANKS_PER_SMMU && smmu < m->platform.smmu_count;
}

static uint32_t bank_id(uint64_t bank, uint64_t smmu)
{
    return (uint32_t)(smmu * EL2_BANKS_PER_SMMU + bank);
}

enum el2_outcome model_smmu_alloc_pgd(struct model *m, uint64_t bank,
                                      uint64_t v, uint64_t smmu)
{
    if (!is_bank(m, bank, smmu) ||
        !(v == EL2_HOSTVISOR || el2_platform_is_vm(&m->platform, v))) {
        return EL2_OUTCOME_PANIC_ARGUMENT;
    }
    if (bank >= m->platform.smmus[smmu].bank_count) {
        return panic_holding(m, el2_lock_bit(EL2_LOCK_SMMU),
                             EL2_OUTCOME_PANIC_NO_SUCH_BANK);
    }
    uint32_t id = bank_id(bank, smmu);
    if (bank_owner(m, id) != EL2_INVALID) {
        return EL2_OUTCOME_BANK_IN_USE;
    }
    if (v != EL2_HOSTVISOR && vm_state(m, (uint32_t)v) == EL2_VM_VERIFIED) {
        return panic_holding(m,
                             el2_lock_bit(EL2_LOCK_SMMU) |
                                 el2_lock_bit(EL2_LOCK_VM + (unsigned)v),
                             EL2_OUTCOME_PANIC_VM_STATE);
    }
    bank_set_owner(m, id, (uint32_t)v);
    model_spt_init(m, id);
    return EL2_OUTCOME_BANK_TAKEN;
}

enum el2_outcome model_smmu_free_pgd(struct model *m, uint64_t bank,
                                     uint64_t smmu)
{
    if (!is_bank(m, bank, smmu)) {
        return EL2_OUTCOME_PANIC_ARGUMENT;
    }
    uint32_t id = bank_id(bank, smmu);
    uint32_t owner = bank_owner(m, id);
    if (owner == EL2_INVALID) {
        return EL2_OUTCOME_BANK_NOT_IN_USE;
    }
    if (vm_state(m, owner) != EL2_VM_POWEROFF) {
        return panic_holding(
            m, el2_lock_bit(EL2_LOCK_SMMU) | el2_lock_bit(EL2_LOCK_VM + owner),
            EL2_OUTCOME_PANIC_VM_STATE);
    }
    bank_set_owner(m, id, EL2_INVALID);
    return EL2_OUTCOME_BANK_RELEASED;
}
