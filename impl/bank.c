#include "impl/bank.h"

#include "impl/shim.h"
#include "impl/spt.h"

/* A verified VM's devices are settled: it must not find one that it did not
 * have when it was checked. */
static void take_bank(struct el2 *el2, uint32_t bank, uint32_t vmid)
{
    shim_lock(EL2_LOCK_VM + vmid);
    if (vmid != EL2_HOSTVISOR && el2->vm_state[vmid] == EL2_VM_VERIFIED) {
        shim_panic("a bank for a verified VM");
    }
    el2->bank_owner[bank] = vmid;
    spt_init(el2, bank);
    shim_unlock(EL2_LOCK_VM + vmid);
}

void smmu_alloc_pgd(struct el2 *el2, uint32_t index, uint32_t vmid,
                    uint32_t smmu)
{
    uint32_t bank = bank_id(index, smmu);

    shim_lock(EL2_LOCK_SMMU);
    if (index >= el2->smmu_banks[smmu]) {
        shim_panic("the SMMU has no such bank");
    }
    if (el2->bank_owner[bank] == EL2_INVALID) {
        take_bank(el2, bank, vmid);
    }
    shim_unlock(EL2_LOCK_SMMU);
}

void smmu_free_pgd(struct el2 *el2, uint32_t index, uint32_t smmu)
{
    uint32_t bank = bank_id(index, smmu);
    uint32_t owner;

    shim_lock(EL2_LOCK_SMMU);
    owner = el2->bank_owner[bank];
    if (owner != EL2_INVALID) {
        shim_lock(EL2_LOCK_VM + owner);
        if (el2->vm_state[owner] != EL2_VM_POWEROFF) {
            shim_panic("the bank of an owner that is not powered off");
        }
        el2->bank_owner[bank] = EL2_INVALID;
        shim_unlock(EL2_LOCK_VM + owner);
    }
    shim_unlock(EL2_LOCK_SMMU);
}
