#include "impl/el2.h"

#include "impl/bank.h"
#include "impl/lifecycle.h"
#include "impl/npt.h"
#include "impl/page_operation.h"
#include "impl/range_operation.h"
#include "impl/shim.h"
#include "impl/spt.h"

/*
 * Registers hold what the caller put there. What indexes an array of EL2's is
 * checked here for every call, whoever makes it.
 */

static uint32_t any_vmid(const struct el2 *el2, uint64_t value)
{
    if (value > el2->core_vmid) {
        shim_panic("argument: no such vmid");
    }
    return (uint32_t)value;
}

static uint32_t vm(const struct el2 *el2, uint64_t value)
{
    if (value == EL2_HOSTVISOR || value >= el2->core_vmid) {
        shim_panic("argument: no such VM");
    }
    return (uint32_t)value;
}

static uint32_t vm_or_host(const struct el2 *el2, uint64_t value)
{
    return value == EL2_HOSTVISOR ? EL2_HOSTVISOR : vm(el2, value);
}

static uint32_t bank_index(uint64_t value)
{
    if (value >= EL2_BANKS_PER_SMMU) {
        shim_panic("argument: no such bank");
    }
    return (uint32_t)value;
}

static uint32_t smmu_index(const struct el2 *el2, uint64_t value)
{
    if (value >= el2->smmu_count) {
        shim_panic("argument: no such SMMU");
    }
    return (uint32_t)value;
}

static uint32_t any_bank(const struct el2 *el2, uint64_t index, uint64_t smmu)
{
    return bank_id(bank_index(index), smmu_index(el2, smmu));
}

/* Section 3. */
static uint64_t table_call(struct el2 *el2, uint32_t number, const uint64_t *a)
{
    switch (number) {
    case EL2_CALL_npt_map:
        npt_map(el2, any_vmid(el2, a[0]), a[1], a[3], a[2]);
        return 0;
    case EL2_CALL_npt_walk:
        return npt_walk(el2, any_vmid(el2, a[0]), a[1]);
    case EL2_CALL_npt_level:
        return npt_level(el2, any_vmid(el2, a[0]), a[1]);
    case EL2_CALL_clear_pfn_host:
        clear_pfn_host(el2, a[0]);
        return 0;
    case EL2_CALL_spt_init:
        spt_init(el2, any_bank(el2, a[0], a[1]));
        return 0;
    case EL2_CALL_spt_map:
        spt_map(el2, any_bank(el2, a[0], a[1]), a[2], a[3]);
        return 0;
    case EL2_CALL_spt_walk:
        return spt_walk(el2, any_bank(el2, a[0], a[1]), a[2]);
    case EL2_CALL_spt_unmap:
        return spt_unmap(el2, any_bank(el2, a[0], a[1]), a[2]);
    default:
        shim_panic("no such call");
    }
}

/* Section 4. */
static uint64_t page_call(struct el2 *el2, uint32_t number, const uint64_t *a)
{
    switch (number) {
    case EL2_CALL_map_page_host:
        map_page_host(el2, a[0]);
        return 0;
    case EL2_CALL_clear_vm_page:
        clear_vm_pages(el2, any_vmid(el2, a[0]), a[1], 1);
        return 0;
    case EL2_CALL_assign_pfn_to_vm:
        assign_pfns_to_vm(el2, any_vmid(el2, a[0]), a[1], a[2], 1);
        return 0;
    case EL2_CALL_map_pfn_vm:
        map_pfn_vm(el2, any_vmid(el2, a[0]), a[1], a[2], a[3]);
        return 0;
    case EL2_CALL_map_vm_io:
        map_vm_io(el2, any_vmid(el2, a[0]), a[1], a[2]);
        return 0;
    case EL2_CALL_grant_vm_page:
        grant_vm_page(el2, any_vmid(el2, a[0]), a[1]);
        return 0;
    case EL2_CALL_revoke_vm_page:
        revoke_vm_page(el2, any_vmid(el2, a[0]), a[1]);
        return 0;
    case EL2_CALL_assign_pfn_to_smmu:
        assign_pfn_to_smmu(el2, any_vmid(el2, a[0]), a[1], a[2]);
        return 0;
    case EL2_CALL_update_smmu_page:
        update_smmu_page(el2, any_vmid(el2, a[0]), any_bank(el2, a[1], a[2]),
                         a[3], a[4]);
        return 0;
    case EL2_CALL_unmap_smmu_page:
        unmap_smmu_page(el2, any_bank(el2, a[0], a[1]), a[2]);
        return 0;
    default:
        shim_panic("no such call");
    }
}

/* Section 5. */
static uint64_t range_call(struct el2 *el2, uint32_t number, const uint64_t *a)
{
    uint32_t vmid = any_vmid(el2, a[0]);

    switch (number) {
    case EL2_CALL_clear_vm_range:
        clear_vm_pages(el2, vmid, a[1], a[2]);
        return 0;
    case EL2_CALL_prot_and_map_vm_s2pt:
        prot_and_map_vm_s2pt(el2, vmid, a[1], a[2], a[3]);
        return 0;
    case EL2_CALL_grant_stage2_sg_gpa:
        grant_stage2_sg_gpa(el2, vmid, a[1], a[2]);
        return 0;
    case EL2_CALL_revoke_stage2_sg_gpa:
        revoke_stage2_sg_gpa(el2, vmid, a[1], a[2]);
        return 0;
    default:
        shim_panic("no such call");
    }
}

/* Section 6: hypercalls of the host and events of a VM. */
static uint64_t hypercall(struct el2 *el2, uint32_t number, const uint64_t *a)
{
    switch (number) {
    case EL2_CALL_register_kvm:
        return register_kvm(el2);
    case EL2_CALL_smmu_alloc_pgd:
        smmu_alloc_pgd(el2, bank_index(a[0]), vm_or_host(el2, a[1]),
                       smmu_index(el2, a[2]));
        return 0;
    case EL2_CALL_smmu_free_pgd:
        smmu_free_pgd(el2, bank_index(a[0]), smmu_index(el2, a[1]));
        return 0;
    case EL2_CALL_vm_poweroff:
        vm_poweroff(el2, vm(el2, a[0]));
        return 0;
    default:
        shim_panic("no such call");
    }
}

uint64_t el2_dispatch(struct el2 *el2, const struct el2_call *call)
{
    if (call->number < EL2_CALL_map_page_host) {
        return table_call(el2, call->number, call->arguments);
    }
    if (call->number < EL2_CALL_clear_vm_range) {
        return page_call(el2, call->number, call->arguments);
    }
    if (call->number < EL2_CALL_register_kvm) {
        return range_call(el2, call->number, call->arguments);
    }
    return hypercall(el2, call->number, call->arguments);
}
