#include "impl/bank.h"

#include "impl/page_operation.h"
#include "impl/shim.h"
#include "impl/spt.h"
#include "impl/translation_table.h"

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

void smmu_free_pgd(struct el2 *el2, uint32_t bank)
{
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

static void map_for_owner(struct el2 *el2, uint32_t owner, uint32_t bank,
                          uint64_t iova, uint64_t address, uint64_t attributes)
{
    uint64_t descriptor =
        descriptor_address(address) | attributes | EL2_SMMU_PAGE;

    if (owner != EL2_HOSTVISOR) {
        if (el2->vm_state[owner] == EL2_VM_VERIFIED) {
            shim_panic("a mapping for a device of a verified VM");
        }
        assign_pfn_to_smmu(el2, owner, iova >> EL2_PAGE_SHIFT,
                           address >> EL2_PAGE_SHIFT);
    }
    update_smmu_page(el2, owner, bank, iova, descriptor);
}

void smmu_map(struct el2 *el2, uint32_t bank, uint64_t iova, uint64_t address,
              uint64_t attributes)
{
    uint32_t owner;

    shim_lock(EL2_LOCK_SMMU);
    owner = el2->bank_owner[bank];
    if (owner != EL2_INVALID) {
        shim_lock(EL2_LOCK_VM + owner);
        map_for_owner(el2, owner, bank, iova, address, attributes);
        shim_unlock(EL2_LOCK_VM + owner);
    }
    shim_unlock(EL2_LOCK_SMMU);
}

/* After power-off too: the page may meanwhile be the host's and count other
 * mappings (section 10, E9). */
static void unmap_for_owner(const struct el2 *el2, uint32_t owner,
                            uint32_t bank, uint64_t iova)
{
    if (owner != EL2_HOSTVISOR && el2->vm_state[owner] >= EL2_VM_VERIFIED) {
        shim_panic("a mapping of a verified VM's device is to go");
    }
    unmap_smmu_page(el2, bank, iova);
}

void smmu_clear(struct el2 *el2, uint32_t bank, uint64_t iova)
{
    uint32_t owner;

    shim_lock(EL2_LOCK_SMMU);
    owner = el2->bank_owner[bank];
    if (owner != EL2_INVALID) {
        shim_lock(EL2_LOCK_VM + owner);
        unmap_for_owner(el2, owner, bank, iova);
        shim_unlock(EL2_LOCK_VM + owner);
    }
    shim_unlock(EL2_LOCK_SMMU);
}

uint64_t smmu_iova_to_phys(const struct el2 *el2, uint32_t bank, uint64_t iova)
{
    return descriptor_address(spt_walk(el2, bank, iova)) +
           (iova & EL2_PAGE_OFFSET);
}
