#include "model/contracts.h"

#include "model/arguments.h"

void contract_maxima(const struct el2_platform *platform, uint64_t *maxima)
{
    maxima[EL2_ARGUMENT_VMID] = platform->core_vmid;
    maxima[EL2_ARGUMENT_PFN] = EL2_PFN_SPACE - 1;
    maxima[EL2_ARGUMENT_GFN] = EL2_GFN_SPACE - 1;
    maxima[EL2_ARGUMENT_PHYSICAL] = EL2_PHYSICAL_SPACE - 1;
    maxima[EL2_ARGUMENT_IPA] = EL2_ADDRESS_SPACE - 1;
    maxima[EL2_ARGUMENT_IOVA] = EL2_IOVA_SPACE - 1;
    maxima[EL2_ARGUMENT_DESCRIPTOR] = UINT64_MAX;
    maxima[EL2_ARGUMENT_LEVEL] = UINT64_MAX;
    maxima[EL2_ARGUMENT_PAGES] = EL2_RANGE_PAGES_MAX;
    maxima[EL2_ARGUMENT_SIZE] = EL2_RANGE_PAGES_MAX * EL2_PAGE_SIZE;
    maxima[EL2_ARGUMENT_BANK] = EL2_BANKS_PER_SMMU - 1;
    maxima[EL2_ARGUMENT_SMMU] = EL2_SMMU_LIMIT - 1;
    maxima[EL2_ARGUMENT_VCPU] = platform->vcpus_per_vm - 1;
    maxima[EL2_ARGUMENT_IMAGE] = platform->images_per_vm - 1;
    maxima[EL2_ARGUMENT_LENGTH] = UINT64_MAX;
    maxima[EL2_ARGUMENT_ATTRIBUTES] = UINT64_MAX;
    maxima[EL2_ARGUMENT_OFFSET] = UINT64_MAX;
    maxima[EL2_ARGUMENT_WIDTH] = UINT64_MAX;
    maxima[EL2_ARGUMENT_VALUE] = UINT64_MAX;
}

static bool arguments_in_range(const struct model *m,
                               const struct el2_call *call)
{
    const struct el2_call_description *description = &el2_calls[call->number];
    for (uint32_t i = 0; i < description->argument_count; i++) {
        enum el2_argument_kind kind = description->arguments[i].kind;
        uint64_t value = call->arguments[i];
        if (value > m->argument_maxima[kind] ||
            (kind == EL2_ARGUMENT_SMMU && value >= m->platform.smmu_count)) {
            return false;
        }
    }
    return true;
}

/* Section 3: what npt_map leaves undefined. */
static bool npt_map_defined(uint64_t descriptor, uint64_t level)
{
    if (level != 2) {
        return descriptor != 0;
    }
    return descriptor != 0 &&
           (descriptor & EL2_DESCRIPTOR_TYPE) != EL2_DESCRIPTOR_TABLE &&
           phys_page(descriptor) % EL2_BLOCK_SIZE == 0;
}

static bool table_call_admitted(const struct el2_call *call)
{
    return call->number != EL2_CALL_npt_map ||
           npt_map_defined(call->arguments[2], call->arguments[3]);
}

static bool state_is(const struct model *m, uint64_t v, enum el2_vm_state state)
{
    return vm_state(m, (uint32_t)v) == state;
}

/* Every page that the mapping reaches belongs to v, or v is powered off; a
 * block is aligned. */
static bool map_pfn_vm_admitted(const struct model *m, uint32_t v,
                                uint64_t descriptor, uint64_t level)
{
    uint64_t pfn = phys_page(descriptor) / EL2_PAGE_SIZE;
    uint64_t n = level == 2 ? EL2_PAGES_PER_BLOCK : 1;
    if (pfn % n != 0) {
        return false;
    }
    for (uint64_t i = 0; i < n && !state_is(m, v, EL2_VM_POWEROFF); i++) {
        if (page_get(m, pfn + i).owner != v) {
            return false;
        }
    }
    return true;
}

/* The bank has an owner, v or (with EL2_INVALID) any; when that is a VM, its
 * state is below `limit` or is not VERIFIED. */
static bool bank_admitted(const struct model *m, uint64_t bank, uint64_t smmu,
                          uint32_t v, bool for_unmap)
{
    uint32_t owner = bank_owner(m, bank_id(bank, smmu));
    if (owner == EL2_INVALID || (v != EL2_INVALID && owner != v)) {
        return false;
    }
    if (owner == EL2_HOSTVISOR) {
        return true;
    }
    enum el2_vm_state state = vm_state(m, owner);
    return for_unmap ? state < EL2_VM_VERIFIED : state != EL2_VM_VERIFIED;
}

/* The table of contracts in section 4, and is_vm(v) for all of its calls. */
static bool operation_admitted(const struct model *m,
                               const struct el2_call *call)
{
    const uint64_t *a = call->arguments;
    switch (call->number) {
    case EL2_CALL_map_page_host:
        return true;
    case EL2_CALL_clear_vm_page:
        return is_vm(m, a[0]) && state_is(m, a[0], EL2_VM_POWEROFF);
    case EL2_CALL_clear_vm_range:
        return is_vm(m, a[0]) && state_is(m, a[0], EL2_VM_POWEROFF) &&
               a[1] + a[2] <= EL2_PFN_SPACE;
    case EL2_CALL_map_pfn_vm:
        return is_vm(m, a[0]) &&
               map_pfn_vm_admitted(m, (uint32_t)a[0], a[2], a[3]);
    case EL2_CALL_map_vm_io:
        return is_vm(m, a[0]) && state_is(m, a[0], EL2_VM_READY);
    case EL2_CALL_assign_pfn_to_smmu:
        return is_vm(m, a[0]) && !state_is(m, a[0], EL2_VM_VERIFIED);
    case EL2_CALL_update_smmu_page:
        return (a[0] == EL2_HOSTVISOR || is_vm(m, a[0])) &&
               bank_admitted(m, a[1], a[2], (uint32_t)a[0], false);
    case EL2_CALL_unmap_smmu_page:
        return bank_admitted(m, a[0], a[1], EL2_INVALID, true);
    case EL2_CALL_grant_stage2_sg_gpa:
    case EL2_CALL_revoke_stage2_sg_gpa:
        return is_vm(m, a[0]) && a[1] + a[2] <= EL2_ADDRESS_SPACE;
    default:
        return is_vm(m, a[0]);
    }
}

/*
 * Whether an image's blocks end within the address space: its size may be
 * less than its last page, so that the end of that page lies past 2^48. What
 * a map does there, section 3 leaves undefined.
 */
static bool images_end_in_space(const struct model *m, uint64_t v)
{
    for (uint64_t i = 0; is_vm(m, v) && i < m->platform.images_per_vm; i++) {
        struct image image = image_get(m, (uint32_t)v, i);
        if (!range_fits(image.load_addr, image.mapped * EL2_PAGE_SIZE,
                        EL2_ADDRESS_SPACE)) {
            return false;
        }
    }
    return true;
}

/* The host is not trusted and may put anything into its registers; but a
 * range must be one that a harness can walk. */
static bool hypercall_admitted(const struct model *m,
                               const struct el2_call *call)
{
    const uint64_t *a = call->arguments;
    switch (call->number) {
    case EL2_CALL_clear_vm_s2_range:
        return a[2] / EL2_PAGE_SIZE <= EL2_RANGE_PAGES_MAX ||
               !clear_arguments(m, a[0], a[1], a[2]);
    case EL2_CALL_phys_addr_ioremap:
        return pages_of(a[3]) <= EL2_RANGE_PAGES_MAX ||
               !ioremap_arguments(m, a[0], a[1], a[2], a[3]);
    case EL2_CALL_verify_vm_image:
        return images_end_in_space(m, a[0]);
    default:
        return true;
    }
}

static bool event_admitted(const struct model *m, const struct el2_call *call)
{
    const uint64_t *a = call->arguments;
    switch (call->number) {
    case EL2_CALL_vm_share:
    case EL2_CALL_vm_unshare:
        return is_vm(m, a[0]) && (pages_of(a[2]) <= EL2_RANGE_PAGES_MAX ||
                                  !range_fits(a[1], a[2], EL2_ADDRESS_SPACE));
    default:
        return is_vm(m, a[0]);
    }
}

static bool makes_accesses(const struct model *m, uint64_t p)
{
    return p == EL2_HOSTVISOR ||
           (is_vm(m, p) && state_is(m, p, EL2_VM_VERIFIED));
}

/*
 * update_smmu_page takes any descriptor; one that is no page by its type
 * translates for the map of section 3 and not for a device. No hypercall makes
 * one, and what hardware should do with it section 6 does not say.
 */
static bool device_sees_entry(const struct model *m, uint32_t bank,
                              uint64_t gfn)
{
    struct map_entry entry = spt_get(m, bank, gfn);
    return entry.pfn == 0 ||
           (entry.descriptor & EL2_DESCRIPTOR_TYPE) == EL2_DESCRIPTOR_PAGE;
}

/* Section 6: "Other accesses are not made." */
static bool access_admitted(const struct model *m, const struct el2_call *call)
{
    const uint64_t *a = call->arguments;
    switch (call->number) {
    case EL2_CALL_mem_load:
    case EL2_CALL_mem_store:
        return is_gfn(a[1]) && makes_accesses(m, a[0]);
    default: /* dev_load, dev_store */
        return a[2] < EL2_IOVA_SPACE / EL2_PAGE_SIZE &&
               is_bank(m, a[0], a[1]) &&
               makes_accesses(m, bank_owner(m, bank_id(a[0], a[1]))) &&
               device_sees_entry(m, bank_id(a[0], a[1]), a[2]);
    }
}

bool contract_admits(const struct model *m, enum el2_run run,
                     const struct el2_call *call)
{
    enum el2_issuer issuer = el2_calls[call->number].issuer;
    if ((issuer == EL2_ISSUER_TABLES) != (run == EL2_RUN_TABLES)) {
        return false;
    }
    switch (issuer) {
    case EL2_ISSUER_TABLES:
        return arguments_in_range(m, call) && table_call_admitted(call);
    case EL2_ISSUER_OPERATION:
        return arguments_in_range(m, call) && operation_admitted(m, call);
    case EL2_ISSUER_HOST:
        return hypercall_admitted(m, call);
    case EL2_ISSUER_VM:
        return event_admitted(m, call);
    case EL2_ISSUER_ACCESS:
        return access_admitted(m, call);
    }
    return false;
}
