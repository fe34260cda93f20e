/* VMs and their vCPUs: semantics.md section 6. */
#include "model/arguments.h"
#include "model/hypercalls.h"

enum el2_outcome model_register_kvm(struct model *m, uint64_t *v)
{
    hold_lock(m, EL2_LOCK_CORE);
    uint32_t vmid = core_next_vmid(m);
    if (vmid >= m->platform.core_vmid) {
        return EL2_OUTCOME_PANIC_NO_VMID_LEFT;
    }
    core_set_next_vmid(m, vmid + 1);
    release_lock(m, EL2_LOCK_CORE);
    hold_lock(m, EL2_LOCK_VM + vmid);
    if (vm_state(m, vmid) != EL2_VM_UNUSED) {
        return EL2_OUTCOME_PANIC_VM_STATE;
    }
    vm_set_state(m, vmid, EL2_VM_READY);
    *v = vmid;
    return EL2_OUTCOME_REGISTERED;
}

/* A vCPU goes from one state to another, and only from that. */
static enum el2_outcome change_vcpu(struct model *m, uint32_t v, uint32_t c,
                                    enum el2_vm_state from,
                                    enum el2_vm_state to,
                                    enum el2_outcome changed)
{
    if (vcpu_state(m, v, c) != from) {
        return EL2_OUTCOME_PANIC_VCPU_STATE;
    }
    vcpu_set_state(m, v, c, to);
    return changed;
}

enum el2_outcome model_register_vcpu(struct model *m, uint64_t v, uint64_t c)
{
    if (!is_vm(m, v) || !is_vcpu(m, c)) {
        return EL2_OUTCOME_PANIC_ARGUMENT;
    }
    hold_lock(m, EL2_LOCK_VM + (unsigned)v);
    if (vm_state(m, (uint32_t)v) != EL2_VM_READY) {
        return EL2_OUTCOME_PANIC_VM_STATE;
    }
    return change_vcpu(m, (uint32_t)v, (uint32_t)c, EL2_VM_UNUSED, EL2_VM_READY,
                       EL2_OUTCOME_VCPU_REGISTERED);
}

enum el2_outcome model_load_crypt_vcpu(struct model *m, uint64_t v, uint64_t c)
{
    if (!is_vm(m, v) || !is_vcpu(m, c)) {
        return EL2_OUTCOME_PANIC_ARGUMENT;
    }
    hold_lock(m, EL2_LOCK_VM + (unsigned)v);
    if (vm_state(m, (uint32_t)v) != EL2_VM_READY) {
        return EL2_OUTCOME_PANIC_VM_STATE;
    }
    if (vcpu_state(m, (uint32_t)v, (uint32_t)c) != EL2_VM_READY) {
        return EL2_OUTCOME_PANIC_VCPU_STATE;
    }
    vm_set_inc_exe(m, (uint32_t)v);
    return EL2_OUTCOME_VCPU_LOADED;
}

enum el2_outcome model_save_crypt_vcpu(struct model *m, uint64_t v, uint64_t c)
{
    if (!is_vm(m, v) || !is_vcpu(m, c)) {
        return EL2_OUTCOME_PANIC_ARGUMENT;
    }
    return EL2_OUTCOME_VCPU_NOT_SAVED;
}

enum el2_outcome model_vcpu_run(struct model *m, uint64_t v, uint64_t c)
{
    if (!is_vm(m, v) || !is_vcpu(m, c)) {
        return EL2_OUTCOME_PANIC_ARGUMENT;
    }
    hold_lock(m, EL2_LOCK_VM + (unsigned)v);
    if (vm_state(m, (uint32_t)v) != EL2_VM_VERIFIED) {
        return EL2_OUTCOME_PANIC_VM_STATE;
    }
    return change_vcpu(m, (uint32_t)v, (uint32_t)c, EL2_VM_READY, EL2_VM_ACTIVE,
                       EL2_OUTCOME_VCPU_RUNS);
}

enum el2_outcome model_vcpu_exit(struct model *m, uint64_t v, uint64_t c)
{
    if (!is_vm(m, v) || !is_vcpu(m, c)) {
        return EL2_OUTCOME_PANIC_ARGUMENT;
    }
    hold_lock(m, EL2_LOCK_VM + (unsigned)v);
    return change_vcpu(m, (uint32_t)v, (uint32_t)c, EL2_VM_ACTIVE, EL2_VM_READY,
                       EL2_OUTCOME_VCPU_LEFT);
}

enum el2_outcome model_vm_poweroff(struct model *m, uint32_t v)
{
    vm_set_state(m, v, EL2_VM_POWEROFF);
    return EL2_OUTCOME_POWERED_OFF;
}
