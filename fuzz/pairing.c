#include "fuzz/pairing.h"

#include <string.h>

/* Against real memory the model leaves content as it is; two machines without
 * memory of their own draw the same values from a formula. */
static struct el2_machine *model(const struct el2_platform *platform,
                                 const char **why)
{
    return el2_create_model(platform, el2_oracle_bytes, why);
}

static struct el2_machine *drawing_model(const struct el2_platform *platform,
                                         const char **why)
{
    return el2_create_model(platform, el2_oracle_formula, why);
}

static struct el2_machine *primitives(const struct el2_platform *platform,
                                      const char **why)
{
    return el2_create_primitives(platform, el2_oracle_formula, why);
}

static struct el2_machine *published_model(const struct el2_platform *platform,
                                           const char **why)
{
    return el2_create_published_model(platform, el2_oracle_formula, why);
}

static struct el2_machine *
published_primitives(const struct el2_platform *platform, const char **why)
{
    return el2_create_published_primitives(platform, el2_oracle_formula, why);
}

/* Page operations, and the hypercalls that their contracts speak of. */
static unsigned weight_of_pages(uint32_t number,
                                const struct el2_call_description *description)
{
    switch (number) {
    case EL2_CALL_register_kvm:
    case EL2_CALL_smmu_alloc_pgd:
    case EL2_CALL_smmu_free_pgd:
    case EL2_CALL_vm_poweroff:
        return 1;
    default:
        return description->issuer == EL2_ISSUER_OPERATION ||
               description->issuer == EL2_ISSUER_TABLES;
    }
}

/* What an attacker holds; page operations only besides. */
static unsigned
weight_of_hypercalls(uint32_t number,
                     const struct el2_call_description *description)
{
    if (number == EL2_CALL_vm_poweroff) {
        return 2; /* not much happens to a VM after it */
    }
    return description->issuer >= EL2_ISSUER_HOST ? 6 : 1;
}

/* Banks, DMA and what devices reach; and of the rest what gives pages to VMs,
 * takes them away, and looks at them. */
static unsigned weight_of_smmu(uint32_t number,
                               const struct el2_call_description *description)
{
    switch (number) {
    case EL2_CALL_smmu_map:
    case EL2_CALL_smmu_clear:
        return 12;
    case EL2_CALL_smmu_alloc_pgd:
    case EL2_CALL_clear_vm_s2_range:
        return 6;
    case EL2_CALL_dev_load:
    case EL2_CALL_dev_store:
    case EL2_CALL_smmu_free_pgd:
    case EL2_CALL_vm_fault:
    case EL2_CALL_host_fault:
        return 4;
    case EL2_CALL_register_kvm:
    case EL2_CALL_verify_vm_image:
    case EL2_CALL_vm_poweroff:
    case EL2_CALL_smmu_write:
        return 3;
    case EL2_CALL_smmu_iova_to_phys:
    case EL2_CALL_vm_share:
    case EL2_CALL_vm_unshare:
    case EL2_CALL_mem_load:
    case EL2_CALL_mem_store:
        return 2;
    case EL2_CALL_smmu_read:
    case EL2_CALL_assign_pfn_to_smmu:
    case EL2_CALL_update_smmu_page:
    case EL2_CALL_unmap_smmu_page:
        return 1;
    default:
        return description->issuer == EL2_ISSUER_TABLES;
    }
}

/* The life of a VM: its images and their signatures, its vCPUs, its state
 * saved and restored, its end. */
static unsigned weight_of_vm(uint32_t number,
                             const struct el2_call_description *description)
{
    switch (number) {
    case EL2_CALL_remap_vm_image:
        return 20;
    case EL2_CALL_set_boot_info:
        return 12;
    case EL2_CALL_verify_vm_image:
        return 8;
    case EL2_CALL_register_vcpu:
    case EL2_CALL_load_crypt_vcpu:
    case EL2_CALL_save_crypt_vcpu:
    case EL2_CALL_encrypt_buf:
    case EL2_CALL_decrypt_buf:
    case EL2_CALL_vcpu_run:
    case EL2_CALL_vcpu_exit:
    case EL2_CALL_host_fault:
    case EL2_CALL_mem_store:
        return 4;
    case EL2_CALL_register_kvm:
    case EL2_CALL_vm_fault:
    case EL2_CALL_clear_vm_s2_range:
        return 3;
    case EL2_CALL_vm_poweroff:
    case EL2_CALL_phys_addr_ioremap:
    case EL2_CALL_mem_load:
        return 2;
    case EL2_CALL_smmu_alloc_pgd:
    case EL2_CALL_smmu_map:
    case EL2_CALL_vm_share:
        return 1;
    default:
        return description->issuer == EL2_ISSUER_TABLES;
    }
}

static const struct pairing pairings[] = {
    {"fuzz_pages", "the specification and the EL2 code", model, el2_create_impl,
     weight_of_pages, true, true, true},
    {"fuzz_hypercalls", "the specification and the EL2 code", model,
     el2_create_impl, weight_of_hypercalls, true, true, true},
    {"fuzz_smmu", "the specification and the EL2 code", model, el2_create_impl,
     weight_of_smmu, true, true, true},
    {"fuzz_vm", "the specification and the EL2 code", model, el2_create_impl,
     weight_of_vm, true, true, true},
    {"fuzz_primitives", "the specification and its primitives", drawing_model,
     primitives, mutator_weight_even, true, false, true},
    {"fuzz_published", "the atomic texts and the primitives, as published",
     published_model, published_primitives, weight_of_pages, false, false,
     false},
};

const struct pairing *pairing_at(size_t index)
{
    return index < sizeof pairings / sizeof pairings[0] ? &pairings[index]
                                                        : NULL;
}

const struct pairing *pairing_find(const char *target)
{
    for (size_t i = 0; pairing_at(i) != NULL; i++) {
        if (strcmp(pairing_at(i)->target, target) == 0) {
            return pairing_at(i);
        }
    }
    return NULL;
}

/* Cells that EL2 code has no notion of. */
#define OF_SPECIFICATIONS                                                      \
    ((UINT32_C(1) << EL2_CELL_DATA_LOG) |                                      \
     (UINT32_C(1) << EL2_CELL_MEMORY_UNKNOWN))

void pairing_scope(const struct pairing *pairing, struct check_scope *scope)
{
    *scope = (struct check_scope){
        .observable = (UINT32_C(1) << EL2_CELL_KIND_COUNT) - 1,
        .invariants = pairing->check_invariants,
        .other_invariants = pairing->check_invariants,
        .guards = pairing->other_is_el2_code,
    };
    if (pairing->other_is_el2_code) {
        scope->observable &= ~OF_SPECIFICATIONS;
    }
    for (uint32_t n = 0; n < EL2_CALL_NUMBER_LIMIT; n++) {
        scope->makes[n] =
            el2_calls[n].name != NULL && pairing->weight(n, &el2_calls[n]) > 0;
    }
}

static void destroy(struct el2_machine *machine)
{
    if (machine != NULL) {
        machine->operations->destroy(machine);
    }
}

bool pairing_boot(const struct pairing *pairing,
                  const struct el2_platform *platform,
                  struct paired_machines *pair, const char **why)
{
    pair->platform = *platform;
    struct el2_machine *specification =
        pairing->create_specification(platform, why);
    struct el2_machine *other =
        specification == NULL ? NULL : pairing->create_other(platform, why);
    if (other == NULL) {
        destroy(specification);
        return false;
    }
    if (!lockstep_create(&pair->lockstep, specification, other,
                         &pair->platform)) {
        destroy(specification);
        destroy(other);
        *why = "not enough memory for the engine";
        return false;
    }
    pair->lockstep.check_invariants = pairing->check_invariants;
    return true;
}

void pairing_shut_down(struct paired_machines *pair)
{
    destroy(pair->lockstep.specification);
    destroy(pair->lockstep.other);
    lockstep_destroy(&pair->lockstep);
}
