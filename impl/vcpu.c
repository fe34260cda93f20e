#include "impl/vcpu.h"

#include "impl/lifecycle.h"
#include "impl/shim.h"

void vcpus_boot(struct el2 *el2, uint32_t vmid)
{
    for (uint32_t vcpu = 0; vcpu < EL2_VCPU_LIMIT; vcpu++) {
        el2->vcpu_state[vmid][vcpu] = EL2_VM_UNUSED;
    }
    el2->inc_exe[vmid] = 0;
}

static void expect_vcpu(const struct el2 *el2, uint32_t vmid, uint32_t vcpu,
                        enum el2_vm_state state)
{
    if (el2->vcpu_state[vmid][vcpu] != state) {
        shim_panic("the vCPU is not in the state for this");
    }
}

void register_vcpu(struct el2 *el2, uint32_t vmid, uint32_t vcpu)
{
    shim_lock(EL2_LOCK_VM + vmid);
    vm_expect_state(el2, vmid, EL2_VM_READY);
    expect_vcpu(el2, vmid, vcpu, EL2_VM_UNUSED);
    el2->vcpu_state[vmid][vcpu] = EL2_VM_READY;
    shim_unlock(EL2_LOCK_VM + vmid);
}

void load_crypt_vcpu(struct el2 *el2, uint32_t vmid, uint32_t vcpu)
{
    shim_lock(EL2_LOCK_VM + vmid);
    vm_expect_state(el2, vmid, EL2_VM_READY);
    expect_vcpu(el2, vmid, vcpu, EL2_VM_READY);
    el2->inc_exe[vmid] = 1;
    shim_unlock(EL2_LOCK_VM + vmid);
}

void vcpu_run(struct el2 *el2, uint32_t vmid, uint32_t vcpu)
{
    shim_lock(EL2_LOCK_VM + vmid);
    vm_expect_state(el2, vmid, EL2_VM_VERIFIED);
    expect_vcpu(el2, vmid, vcpu, EL2_VM_READY);
    el2->vcpu_state[vmid][vcpu] = EL2_VM_ACTIVE;
    shim_unlock(EL2_LOCK_VM + vmid);
}

void vcpu_exit(struct el2 *el2, uint32_t vmid, uint32_t vcpu)
{
    shim_lock(EL2_LOCK_VM + vmid);
    expect_vcpu(el2, vmid, vcpu, EL2_VM_ACTIVE);
    el2->vcpu_state[vmid][vcpu] = EL2_VM_READY;
    shim_unlock(EL2_LOCK_VM + vmid);
}
