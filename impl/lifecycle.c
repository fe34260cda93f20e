#include "impl/lifecycle.h"

#include "impl/shim.h"

/* The vmid is spent before the VM is looked at: vm comes before core in the
 * order of locks, so the two are not held together. */
static uint32_t take_vmid(struct el2 *el2)
{
    uint32_t vmid;

    shim_lock(EL2_LOCK_CORE);
    vmid = el2->next_vmid;
    if (vmid >= el2->core_vmid) {
        shim_panic("no vmid left");
    }
    el2->next_vmid = vmid + 1;
    shim_unlock(EL2_LOCK_CORE);
    return vmid;
}

uint32_t register_kvm(struct el2 *el2)
{
    uint32_t vmid = take_vmid(el2);

    shim_lock(EL2_LOCK_VM + vmid);
    if (el2->vm_state[vmid] != EL2_VM_UNUSED) {
        shim_panic("the VM is already in use");
    }
    el2->vm_state[vmid] = EL2_VM_READY;
    shim_unlock(EL2_LOCK_VM + vmid);
    return vmid;
}

void vm_expect_state(const struct el2 *el2, uint32_t vmid,
                     enum el2_vm_state state)
{
    if (el2->vm_state[vmid] != state) {
        shim_panic("the VM is not in the state for this");
    }
}

void vm_poweroff(struct el2 *el2, uint32_t vmid)
{
    shim_lock(EL2_LOCK_VM + vmid);
    el2->vm_state[vmid] = EL2_VM_POWEROFF;
    shim_unlock(EL2_LOCK_VM + vmid);
}
