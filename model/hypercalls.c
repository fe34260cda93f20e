/* Which function answers which call of the host or event of a VM. */
#include "model/hypercalls.h"

static enum el2_outcome call_of_smmu(struct model *m, uint32_t number,
                                     const uint64_t *a, uint64_t *result)
{
    switch (number) {
    case EL2_CALL_smmu_alloc_pgd:
        return model_smmu_alloc_pgd(m, a[0], a[1], a[2]);
    case EL2_CALL_smmu_free_pgd:
        return model_smmu_free_pgd(m, a[0], a[1]);
    case EL2_CALL_smmu_map:
        return model_smmu_map(m, a[0], a[1], a[2], a[3], a[4]);
    case EL2_CALL_smmu_iova_to_phys:
        return model_smmu_iova_to_phys(m, a[0], a[1], a[2], result);
    case EL2_CALL_smmu_clear:
        return model_smmu_clear(m, a[0], a[1], a[2]);
    case EL2_CALL_smmu_read:
        return model_smmu_read(m, a[0], a[1], a[2]);
    case EL2_CALL_smmu_write:
        return model_smmu_write(m, a[0], a[1], a[2], a[3], result);
    default:
        return EL2_OUTCOME_NONE;
    }
}

static enum el2_outcome call_of_host(struct model *m, uint32_t number,
                                     const uint64_t *a, uint64_t *result)
{
    switch (number) {
    case EL2_CALL_register_kvm:
        return model_register_kvm(m, result);
    case EL2_CALL_register_vcpu:
        return model_register_vcpu(m, a[0], a[1]);
    case EL2_CALL_set_boot_info:
        return model_set_boot_info(m, a[0], a[1], a[2], result);
    case EL2_CALL_remap_vm_image:
        return model_remap_vm_image(m, a[0], a[1], a[2]);
    case EL2_CALL_verify_vm_image:
        return model_verify_vm_image(m, a[0]);
    case EL2_CALL_clear_vm_s2_range:
        return model_clear_vm_s2_range(m, a[0], a[1], a[2]);
    case EL2_CALL_phys_addr_ioremap:
        return model_phys_addr_ioremap(m, a[0], a[1], a[2], a[3]);
    case EL2_CALL_encrypt_buf:
        return model_encrypt_buf(m, a[0], a[1], a[2]);
    case EL2_CALL_decrypt_buf:
        return model_decrypt_buf(m, a[0], a[1]);
    case EL2_CALL_load_crypt_vcpu:
        return model_load_crypt_vcpu(m, a[0], a[1]);
    case EL2_CALL_save_crypt_vcpu:
        return model_save_crypt_vcpu(m, a[0], a[1]);
    case EL2_CALL_host_fault:
        return model_host_fault(m, a[0]);
    default:
        return call_of_smmu(m, number, a, result);
    }
}

static enum el2_outcome event_of_vm(struct model *m, uint32_t number,
                                    const uint64_t *a)
{
    uint32_t v = (uint32_t)a[0];
    switch (number) {
    case EL2_CALL_vcpu_run:
        return model_vcpu_run(m, a[0], a[1]);
    case EL2_CALL_vcpu_exit:
        return model_vcpu_exit(m, a[0], a[1]);
    case EL2_CALL_vm_fault:
        return model_vm_fault(m, v, a[1], a[2], a[3]);
    case EL2_CALL_vm_share:
        return model_vm_share(m, v, a[1], a[2]);
    case EL2_CALL_vm_unshare:
        return model_vm_unshare(m, v, a[1], a[2]);
    case EL2_CALL_vm_poweroff:
        return model_vm_poweroff(m, v);
    default:
        return EL2_OUTCOME_NONE;
    }
}

enum el2_outcome model_hypercall(struct model *m, const struct el2_call *call,
                                 uint64_t *result)
{
    if (el2_calls[call->number].issuer == EL2_ISSUER_VM) {
        return event_of_vm(m, call->number, call->arguments);
    }
    return call_of_host(m, call->number, call->arguments, result);
}
