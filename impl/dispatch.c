#include "impl/el2.h"

#include "impl/argument.h"
#include "impl/hypercall.h"
#include "impl/npt.h"
#include "impl/page_operation.h"
#include "impl/range_operation.h"
#include "impl/shim.h"
#include "impl/spt.h"
#include "impl/vm_event.h"

/*
 * Sections 3 to 5 are calls of EL2 to itself, which only a harness makes from
 * outside. Of their arguments only what indexes an array is checked.
 */

/* Section 3. */
static uint64_t table_call(struct el2 *el2, uint32_t number, const uint64_t *a)
{
    switch (number) {
    case EL2_CALL_npt_map:
        npt_map(el2, argument_vmid(el2, a[0]), a[1], a[3], a[2]);
        return 0;
    case EL2_CALL_npt_walk:
        return npt_walk(el2, argument_vmid(el2, a[0]), a[1]);
    case EL2_CALL_npt_level:
        return npt_level(el2, argument_vmid(el2, a[0]), a[1]);
    case EL2_CALL_clear_pfn_host:
        clear_pfn_host(el2, a[0]);
        return 0;
    case EL2_CALL_spt_init:
        spt_init(el2, argument_bank_id(el2, a[0], a[1]));
        return 0;
    case EL2_CALL_spt_map:
        spt_map(el2, argument_bank_id(el2, a[0], a[1]), a[2], a[3]);
        return 0;
    case EL2_CALL_spt_walk:
        return spt_walk(el2, argument_bank_id(el2, a[0], a[1]), a[2]);
    case EL2_CALL_spt_unmap:
        return spt_unmap(el2, argument_bank_id(el2, a[0], a[1]), a[2]);
    default:
        shim_panic("no such call");
    }
}

/* Section 4, what a VM and the host do with pages. */
static void page_call(struct el2 *el2, uint32_t number, const uint64_t *a)
{
    uint32_t vmid = argument_vmid(el2, a[0]);

    switch (number) {
    case EL2_CALL_clear_vm_page:
        clear_vm_pages(el2, vmid, a[1], 1);
        break;
    case EL2_CALL_assign_pfn_to_vm:
        assign_pfns_to_vm(el2, vmid, a[1], a[2], 1);
        break;
    case EL2_CALL_map_pfn_vm:
        map_pfn_vm(el2, vmid, a[1], a[2], a[3]);
        break;
    case EL2_CALL_map_vm_io:
        map_vm_io_pages(el2, vmid, a[1], a[2], 1);
        break;
    case EL2_CALL_grant_vm_page:
        grant_vm_page(el2, vmid, a[1]);
        break;
    case EL2_CALL_revoke_vm_page:
        revoke_vm_page(el2, vmid, a[1]);
        break;
    case EL2_CALL_assign_pfn_to_smmu:
        assign_pfn_to_smmu(el2, vmid, a[1], a[2]);
        break;
    case EL2_CALL_update_smmu_page:
        update_smmu_page(el2, vmid, argument_bank_id(el2, a[1], a[2]), a[3],
                         a[4]);
        break;
    default:
        shim_panic("no such call");
    }
}

/* Section 5. */
static void range_call(struct el2 *el2, uint32_t number, const uint64_t *a)
{
    uint32_t vmid = argument_vmid(el2, a[0]);

    switch (number) {
    case EL2_CALL_clear_vm_range:
        clear_vm_pages(el2, vmid, a[1], a[2]);
        break;
    case EL2_CALL_prot_and_map_vm_s2pt:
        prot_and_map_vm_s2pt(el2, vmid, a[1], a[2], a[3]);
        break;
    case EL2_CALL_grant_stage2_sg_gpa:
        grant_stage2_sg_gpa(el2, vmid, a[1], a[2]);
        break;
    case EL2_CALL_revoke_stage2_sg_gpa:
        revoke_stage2_sg_gpa(el2, vmid, a[1], a[2]);
        break;
    default:
        shim_panic("no such call");
    }
}

/* Sections 4 and 5; two calls have no vmid. */
static uint64_t operation_call(struct el2 *el2, uint32_t number,
                               const uint64_t *a)
{
    if (number == EL2_CALL_map_page_host) {
        map_page_host(el2, a[0]);
    } else if (number == EL2_CALL_unmap_smmu_page) {
        unmap_smmu_page(el2, argument_bank_id(el2, a[0], a[1]), a[2]);
    } else if (number < EL2_CALL_clear_vm_range) {
        page_call(el2, number, a);
    } else {
        range_call(el2, number, a);
    }
    return 0;
}

uint64_t el2_dispatch(struct el2 *el2, const struct el2_call *call)
{
    if (call->number < EL2_CALL_map_page_host) {
        return table_call(el2, call->number, call->arguments);
    }
    if (call->number < EL2_CALL_register_kvm) {
        return operation_call(el2, call->number, call->arguments);
    }
    if (call->number < EL2_CALL_vcpu_run) {
        return hypercall(el2, call->number, call->arguments);
    }
    return vm_event(el2, call->number, call->arguments);
}
