#include "impl/vm_event.h"

#include "impl/argument.h"
#include "impl/lifecycle.h"
#include "impl/range_operation.h"
#include "impl/shim.h"
#include "impl/vcpu.h"

#include <stdbool.h>

/* The host gives a page, or with level 2 a 2 MiB block, to a VM that touched
 * `ipa`. Both are the host's choice; page 0 of a VM is never given. */
static void vm_fault(struct el2 *el2, uint32_t vmid, uint64_t ipa,
                     uint64_t descriptor, uint64_t level)
{
    if (descriptor == 0 || ipa < EL2_PAGE_SIZE || ipa >= EL2_ADDRESS_SPACE) {
        return;
    }
    prot_and_map_vm_s2pt(el2, vmid, ipa, descriptor, level);
}

/* Whether the range is one of guest-physical addresses; no sum can wrap. */
static bool is_ipa_range(uint64_t ipa, uint64_t size)
{
    return size <= EL2_ADDRESS_SPACE && ipa <= EL2_ADDRESS_SPACE - size;
}

static void vm_share(const struct el2 *el2, uint32_t vmid, uint64_t ipa,
                     uint64_t size)
{
    if (is_ipa_range(ipa, size)) {
        grant_stage2_sg_gpa(el2, vmid, ipa, size);
    }
}

static void vm_unshare(const struct el2 *el2, uint32_t vmid, uint64_t ipa,
                       uint64_t size)
{
    if (is_ipa_range(ipa, size)) {
        revoke_stage2_sg_gpa(el2, vmid, ipa, size);
    }
}

uint64_t vm_event(struct el2 *el2, uint32_t number, const uint64_t *a)
{
    uint32_t vmid = argument_vm(el2, a[0]);

    switch (number) {
    case EL2_CALL_vcpu_run:
        vcpu_run(el2, vmid, argument_vcpu(el2, a[1]));
        break;
    case EL2_CALL_vcpu_exit:
        vcpu_exit(el2, vmid, argument_vcpu(el2, a[1]));
        break;
    case EL2_CALL_vm_fault:
        vm_fault(el2, vmid, a[1], a[2], a[3]);
        break;
    case EL2_CALL_vm_share:
        vm_share(el2, vmid, a[1], a[2]);
        break;
    case EL2_CALL_vm_unshare:
        vm_unshare(el2, vmid, a[1], a[2]);
        break;
    case EL2_CALL_vm_poweroff:
        vm_poweroff(el2, vmid);
        break;
    default:
        shim_panic("no such event of a VM");
    }
    return 0;
}
