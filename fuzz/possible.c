#include "fuzz/possible.h"

#define BIT(standing) (1u << (standing))
#define NONE          BIT(PAGE_NONE)
#define NO_OWNER      BIT(PAGE_NO_OWNER)
#define EL2           BIT(PAGE_OF_EL2)
#define FREE          BIT(PAGE_HOST_FREE)
#define DMA           (BIT(PAGE_HOST_DMA) | BIT(PAGE_HOST_DMA_FULL))
#define HOST          (FREE | DMA)
#define OWN_SHARED    (BIT(PAGE_OWN_SHARED) | BIT(PAGE_OWN_FULL))
#define OWN_DEVICE    BIT(PAGE_OWN_DEVICE)
#define OWN           (BIT(PAGE_OWN_PRIVATE) | OWN_SHARED | OWN_DEVICE)
#define OTHER_SHARED  (BIT(PAGE_OTHER_SHARED) | BIT(PAGE_OTHER_FULL))
#define OTHER_PRIVATE (BIT(PAGE_OTHER_PRIVATE) | BIT(PAGE_OTHER_DEVICE))
#define OTHER         (OTHER_SHARED | OTHER_PRIVATE)
#define NOT_OWN       (NO_OWNER | EL2 | HOST | OTHER)
#define ANY           (NOT_OWN | OWN)

/* host_iso: what the host may map. */
#define HOST_MAY_MAP (NO_OWNER | HOST | OWN_SHARED | OTHER_SHARED)

/* An end of a call, and in which standings of the page. */
struct end {
    uint8_t call;
    uint8_t outcome;
    uint16_t standings;
};

#define END(call, outcome, standings)                                          \
    {                                                                          \
        EL2_CALL_##call, EL2_OUTCOME_##outcome, (standings)                    \
    }

/* Calls that are about one page. */
static const struct end ends_of_pages[] = {
    END(map_page_host, HOST_MAPPED_DEVICE, NO_OWNER),
    END(map_page_host, HOST_MAPPED_OWN, HOST),
    END(map_page_host, HOST_MAPPED_SHARED, OTHER_SHARED),
    END(map_page_host, PANIC_PRIVATE_PAGE, EL2 | OTHER_PRIVATE),
    END(map_page_host, PANIC_NPT_POOL_EMPTY, NO_OWNER | HOST | OTHER_SHARED),

    END(clear_vm_page, CLEARED, OWN),
    END(clear_vm_page, NOT_OWNER, NOT_OWN),

    END(assign_pfn_to_vm, ASSIGNED, FREE),
    END(assign_pfn_to_vm, ALREADY_OWN, OWN),
    END(assign_pfn_to_vm, GFN_LEARNT, OWN & ~OWN_DEVICE),
    END(assign_pfn_to_vm, PANIC_HOST_DMA_IN_USE, DMA),
    END(assign_pfn_to_vm, PANIC_OTHER_OWNER, NO_OWNER | EL2 | OTHER),
    END(assign_pfn_to_vm, PANIC_OTHER_GFN, OWN),

    /* The descriptor 0 names no page and takes an entry away. */
    END(map_pfn_vm, MAPPED_PAGE, ANY | NONE),
    END(map_pfn_vm, MAPPED_BLOCK, NONE),
    END(map_pfn_vm, PANIC_NPT_POOL_EMPTY, ANY | NONE),
    END(map_pfn_vm, PANIC_BLOCK_SPLIT, ANY | NONE),

    END(map_vm_io, DEVICE_MAPPED, NO_OWNER),
    END(map_vm_io, NOT_A_DEVICE, EL2 | HOST | OWN | OTHER),
    END(map_vm_io, PANIC_NPT_POOL_EMPTY, NO_OWNER),
    END(map_vm_io, PANIC_BLOCK_SPLIT, NO_OWNER),

    END(grant_vm_page, GRANTED, OWN & ~BIT(PAGE_OWN_FULL) & ~OWN_DEVICE),
    END(grant_vm_page, SHARE_LIMIT, BIT(PAGE_OWN_FULL) | OWN_DEVICE),
    END(grant_vm_page, NOT_OWNER, NOT_OWN),

    END(revoke_vm_page, REVOKED, OWN_SHARED),
    END(revoke_vm_page, REVOKED_LAST, OWN_SHARED),
    END(revoke_vm_page, NOT_SHARED, OWN & ~OWN_SHARED),
    END(revoke_vm_page, NOT_OWNER, NOT_OWN),

    END(assign_pfn_to_smmu, ASSIGNED_TO_DEVICE, FREE),
    END(assign_pfn_to_smmu, ALREADY_OWN, OWN),
    END(assign_pfn_to_smmu, PANIC_HOST_DMA_IN_USE, DMA),
    END(assign_pfn_to_smmu, PANIC_OTHER_OWNER, NO_OWNER | EL2 | OTHER),

    END(update_smmu_page, DMA_MAPPED, OWN),
    END(update_smmu_page, DMA_MAPPED_AND_COUNTED,
        HOST & ~BIT(PAGE_HOST_DMA_FULL)),
    END(update_smmu_page, DMA_COUNT_LIMIT, BIT(PAGE_HOST_DMA_FULL)),
    END(update_smmu_page, PANIC_OTHER_OWNER, NOT_OWN),
    END(update_smmu_page, PANIC_OTHER_GFN, HOST | OWN),
    END(update_smmu_page, PANIC_SPT_POOL_EMPTY, HOST | OWN),

    END(unmap_smmu_page, DMA_NOT_MAPPED, NONE),
    END(unmap_smmu_page, DMA_UNMAPPED, OWN),
    END(unmap_smmu_page, DMA_UNMAPPED_AND_COUNTED, DMA),

    END(host_fault, PANIC_ARGUMENT, NONE),
    END(host_fault, REGISTER_READ, NONE),
    END(host_fault, PANIC_REGISTER_ACCESS, NONE),
    END(host_fault, HOST_MAPPED_DEVICE, NO_OWNER),
    END(host_fault, HOST_MAPPED_OWN, HOST),
    END(host_fault, HOST_MAPPED_SHARED, OTHER_SHARED),
    END(host_fault, PANIC_PRIVATE_PAGE, EL2 | OTHER_PRIVATE),
    END(host_fault, PANIC_NPT_POOL_EMPTY, NO_OWNER | HOST | OTHER_SHARED),

    END(decrypt_buf, PANIC_ARGUMENT, NONE),
    END(decrypt_buf, PANIC_VM_STATE, ANY),
    END(decrypt_buf, DECRYPTED, FREE),
    END(decrypt_buf, PANIC_NOT_HOST_PAGE, NO_OWNER | EL2 | OWN | OTHER),
    END(decrypt_buf, PANIC_HOST_DMA_IN_USE, DMA),

    END(smmu_map, PANIC_ARGUMENT, NONE | ANY),
    END(smmu_map, BANK_NOT_IN_USE, NONE),
    END(smmu_map, PANIC_VM_STATE, ANY),
    END(smmu_map, ASSIGNED_TO_DEVICE, FREE),
    END(smmu_map, DMA_MAPPED, OWN),
    END(smmu_map, DMA_MAPPED_AND_COUNTED, HOST & ~BIT(PAGE_HOST_DMA_FULL)),
    END(smmu_map, DMA_COUNT_LIMIT, BIT(PAGE_HOST_DMA_FULL)),
    END(smmu_map, PANIC_HOST_DMA_IN_USE, DMA),
    END(smmu_map, PANIC_OTHER_OWNER, NO_OWNER | EL2 | OTHER),
    END(smmu_map, PANIC_OTHER_GFN, HOST | OWN),
    END(smmu_map, PANIC_SPT_POOL_EMPTY, HOST | OWN),

    END(smmu_clear, PANIC_ARGUMENT, NONE),
    END(smmu_clear, BANK_NOT_IN_USE, NONE),
    END(smmu_clear, DMA_NOT_MAPPED, NONE),
    END(smmu_clear, PANIC_VM_STATE, NONE | HOST | OWN | OTHER),
    END(smmu_clear, DMA_UNMAPPED, OWN),
    END(smmu_clear, DMA_UNMAPPED_AND_COUNTED, DMA),

    END(vm_fault, FAULT_IGNORED, NONE | ANY),
    END(vm_fault, PANIC_PFN_RANGE, NONE),
    END(vm_fault, PANIC_BLOCK_UNALIGNED, NONE),
    END(vm_fault, FAULTED_IN_BLOCK, NONE),
    END(vm_fault, FAULTED_IN_PAGE, FREE | OWN),
    END(vm_fault, PANIC_HOST_DMA_IN_USE, NONE | DMA),
    END(vm_fault, PANIC_OTHER_OWNER, NONE | NO_OWNER | EL2 | OTHER),
    END(vm_fault, PANIC_OTHER_GFN, NONE | OWN),
    END(vm_fault, PANIC_NPT_POOL_EMPTY, NONE | FREE | OWN),
    END(vm_fault, PANIC_BLOCK_SPLIT, FREE | OWN),
};

#define ENDS(call, outcome) END(call, outcome, NONE)

/* Calls that name no page, or many. */
static const struct end ends_of_others[] = {
    ENDS(npt_map, MAPPED_PAGE),
    ENDS(npt_map, MAPPED_BLOCK),
    ENDS(npt_map, PANIC_BLOCK_SPLIT),
    ENDS(npt_map, PANIC_NPT_POOL_EMPTY),
    ENDS(npt_walk, FOUND_ENTRY),
    ENDS(npt_walk, FOUND_NOTHING),
    ENDS(npt_level, FOUND_ENTRY),
    ENDS(npt_level, FOUND_NOTHING),
    ENDS(clear_pfn_host, HOST_UNMAPPED),
    ENDS(clear_pfn_host, HOST_NOT_MAPPED),
    ENDS(clear_pfn_host, PANIC_BLOCK_SPLIT),
    ENDS(spt_init, BANK_EMPTIED),
    ENDS(spt_map, DMA_MAPPED),
    ENDS(spt_map, PANIC_SPT_POOL_EMPTY),
    ENDS(spt_walk, FOUND_ENTRY),
    ENDS(spt_walk, FOUND_NOTHING),
    ENDS(spt_unmap, DMA_UNMAPPED),
    ENDS(spt_unmap, DMA_NOT_MAPPED),

    ENDS(clear_vm_range, RANGE_EMPTY),
    ENDS(clear_vm_range, RANGE_CHANGED),
    ENDS(clear_vm_range, RANGE_UNCHANGED),
    ENDS(prot_and_map_vm_s2pt, FAULTED_IN_PAGE),
    ENDS(prot_and_map_vm_s2pt, FAULTED_IN_BLOCK),
    ENDS(prot_and_map_vm_s2pt, PANIC_PFN_RANGE),
    ENDS(prot_and_map_vm_s2pt, PANIC_BLOCK_UNALIGNED),
    ENDS(prot_and_map_vm_s2pt, PANIC_HOST_DMA_IN_USE),
    ENDS(prot_and_map_vm_s2pt, PANIC_OTHER_OWNER),
    ENDS(prot_and_map_vm_s2pt, PANIC_OTHER_GFN),
    ENDS(prot_and_map_vm_s2pt, PANIC_NPT_POOL_EMPTY),
    ENDS(prot_and_map_vm_s2pt, PANIC_BLOCK_SPLIT),
    ENDS(grant_stage2_sg_gpa, RANGE_EMPTY),
    ENDS(grant_stage2_sg_gpa, RANGE_CHANGED),
    ENDS(grant_stage2_sg_gpa, RANGE_UNCHANGED),
    ENDS(revoke_stage2_sg_gpa, RANGE_EMPTY),
    ENDS(revoke_stage2_sg_gpa, RANGE_CHANGED),
    ENDS(revoke_stage2_sg_gpa, RANGE_UNCHANGED),

    ENDS(register_kvm, REGISTERED),
    ENDS(register_kvm, PANIC_NO_VMID_LEFT),
    ENDS(register_kvm, PANIC_VM_STATE),
    ENDS(register_vcpu, VCPU_REGISTERED),
    ENDS(register_vcpu, PANIC_ARGUMENT),
    ENDS(register_vcpu, PANIC_VM_STATE),
    ENDS(register_vcpu, PANIC_VCPU_STATE),
    ENDS(set_boot_info, IMAGE_ADDED),
    ENDS(set_boot_info, IMAGE_LIMIT),
    ENDS(set_boot_info, PANIC_ARGUMENT),
    ENDS(set_boot_info, PANIC_VM_STATE),
    ENDS(set_boot_info, PANIC_IMAGE_EMPTY),
    ENDS(set_boot_info, PANIC_REMAP_WINDOW_FULL),
    ENDS(remap_vm_image, IMAGE_PAGE_MAPPED),
    ENDS(remap_vm_image, IMAGE_COMPLETE),
    ENDS(remap_vm_image, NO_SUCH_IMAGE),
    ENDS(remap_vm_image, PANIC_ARGUMENT),
    ENDS(remap_vm_image, PANIC_VM_STATE),
    ENDS(remap_vm_image, PANIC_NPT_POOL_EMPTY),
    ENDS(verify_vm_image, VERIFIED),
    ENDS(verify_vm_image, PANIC_ARGUMENT),
    ENDS(verify_vm_image, PANIC_VM_STATE),
    ENDS(verify_vm_image, PANIC_IMAGE_NOT_MAPPED),
    ENDS(verify_vm_image, PANIC_HOST_DMA_IN_USE),
    ENDS(verify_vm_image, PANIC_OTHER_OWNER),
    ENDS(verify_vm_image, PANIC_OTHER_GFN),
    ENDS(verify_vm_image, PANIC_NPT_POOL_EMPTY),
    ENDS(verify_vm_image, PANIC_SIGNATURE),
    ENDS(clear_vm_s2_range, RANGE_EMPTY),
    ENDS(clear_vm_s2_range, RANGE_CHANGED),
    ENDS(clear_vm_s2_range, RANGE_UNCHANGED),
    ENDS(clear_vm_s2_range, NOT_POWERED_OFF),
    ENDS(clear_vm_s2_range, PANIC_ARGUMENT),
    ENDS(smmu_alloc_pgd, BANK_TAKEN),
    ENDS(smmu_alloc_pgd, BANK_IN_USE),
    ENDS(smmu_alloc_pgd, PANIC_ARGUMENT),
    ENDS(smmu_alloc_pgd, PANIC_NO_SUCH_BANK),
    ENDS(smmu_alloc_pgd, PANIC_VM_STATE),
    ENDS(smmu_free_pgd, BANK_RELEASED),
    ENDS(smmu_free_pgd, BANK_NOT_IN_USE),
    ENDS(smmu_free_pgd, PANIC_ARGUMENT),
    ENDS(smmu_free_pgd, PANIC_VM_STATE),
    ENDS(smmu_iova_to_phys, FOUND_ENTRY),
    ENDS(smmu_iova_to_phys, FOUND_NOTHING),
    ENDS(smmu_iova_to_phys, PANIC_ARGUMENT),
    ENDS(phys_addr_ioremap, RANGE_EMPTY),
    ENDS(phys_addr_ioremap, RANGE_CHANGED),
    ENDS(phys_addr_ioremap, RANGE_UNCHANGED),
    ENDS(phys_addr_ioremap, PANIC_ARGUMENT),
    ENDS(phys_addr_ioremap, PANIC_VM_STATE),
    ENDS(phys_addr_ioremap, PANIC_NPT_POOL_EMPTY),
    ENDS(phys_addr_ioremap, PANIC_BLOCK_SPLIT),
    ENDS(encrypt_buf, ENCRYPTED),
    ENDS(encrypt_buf, PANIC_ARGUMENT),
    ENDS(encrypt_buf, PANIC_OTHER_OWNER),
    ENDS(encrypt_buf, PANIC_NOT_HOST_PAGE),
    ENDS(load_crypt_vcpu, VCPU_LOADED),
    ENDS(load_crypt_vcpu, PANIC_ARGUMENT),
    ENDS(load_crypt_vcpu, PANIC_VM_STATE),
    ENDS(load_crypt_vcpu, PANIC_VCPU_STATE),
    ENDS(save_crypt_vcpu, VCPU_NOT_SAVED),
    ENDS(save_crypt_vcpu, PANIC_ARGUMENT),
    ENDS(smmu_read, REGISTER_READ),
    ENDS(smmu_read, PANIC_ARGUMENT),
    ENDS(smmu_read, PANIC_REGISTER_ACCESS),
    ENDS(smmu_write, REGISTER_WRITTEN),
    ENDS(smmu_write, ROOT_WRITTEN),
    ENDS(smmu_write, PANIC_ARGUMENT),
    ENDS(smmu_write, PANIC_REGISTER_ACCESS),
    ENDS(smmu_write, PANIC_STREAM_CONFLICT),
    ENDS(smmu_write, PANIC_BYPASS_VMID),
    ENDS(smmu_write, PANIC_CBAR_TYPE),
    ENDS(smmu_write, PANIC_CBAR_OWNER),
    ENDS(smmu_write, PANIC_CONTEXTIDR),

    ENDS(vcpu_run, VCPU_RUNS),
    ENDS(vcpu_run, PANIC_ARGUMENT),
    ENDS(vcpu_run, PANIC_VM_STATE),
    ENDS(vcpu_run, PANIC_VCPU_STATE),
    ENDS(vcpu_exit, VCPU_LEFT),
    ENDS(vcpu_exit, PANIC_ARGUMENT),
    ENDS(vcpu_exit, PANIC_VCPU_STATE),
    ENDS(vm_share, RANGE_EMPTY),
    ENDS(vm_share, RANGE_CHANGED),
    ENDS(vm_share, RANGE_UNCHANGED),
    ENDS(vm_share, RANGE_PAST_END),
    ENDS(vm_unshare, RANGE_EMPTY),
    ENDS(vm_unshare, RANGE_CHANGED),
    ENDS(vm_unshare, RANGE_UNCHANGED),
    ENDS(vm_unshare, RANGE_PAST_END),
    ENDS(vm_poweroff, POWERED_OFF),

    ENDS(mem_load, LOADED),
    ENDS(mem_load, LOADED_UNKNOWN),
    ENDS(mem_load, ACCESS_FAULTED),
    ENDS(mem_load, ACCESSED_DEVICE),
    ENDS(mem_store, STORED),
    ENDS(mem_store, STORED_UNKNOWN),
    ENDS(mem_store, ACCESS_FAULTED),
    ENDS(mem_store, ACCESSED_DEVICE),
    ENDS(dev_load, LOADED),
    ENDS(dev_load, LOADED_UNKNOWN),
    ENDS(dev_load, ACCESS_FAULTED),
    ENDS(dev_store, STORED),
    ENDS(dev_store, STORED_UNKNOWN),
    ENDS(dev_store, ACCESS_FAULTED),
};

static const char host_keeps_tables[] =
    "clear_pfn_host replaces an entry that exists, so that it needs no table";
static const char host_has_no_block[] =
    "the host gets pages only; blocks of the host are for table-only runs "
    "(section 4, contracts)";
static const char entry_keeps_tables[] =
    "spt_unmap replaces an entry that exists, so that it needs no table";
static const char device_has_gfn[] =
    "count INVALID comes from assign_pfn_to_smmu, which sets the gfn";
static const char bank_maps_own[] =
    "smmu_iso: a bank that is used maps its owner's pages only";

#define NOT(call, outcome, standings, why)                                     \
    {                                                                          \
        EL2_CALL_##call, EL2_OUTCOME_##outcome, (standings), (why)             \
    }

static const struct impossible_end impossible_ends[] = {
    NOT(map_page_host, PANIC_BLOCK_SPLIT, ANY, host_has_no_block),
    NOT(host_fault, PANIC_BLOCK_SPLIT, ANY, host_has_no_block),
    NOT(clear_vm_page, PANIC_BLOCK_SPLIT, OWN, host_has_no_block),
    NOT(clear_vm_page, PANIC_NPT_POOL_EMPTY, OWN, host_keeps_tables),
    NOT(assign_pfn_to_vm, PANIC_BLOCK_SPLIT, FREE, host_has_no_block),
    NOT(assign_pfn_to_vm, PANIC_NPT_POOL_EMPTY, FREE, host_keeps_tables),
    NOT(assign_pfn_to_vm, GFN_LEARNT, OWN_DEVICE, device_has_gfn),
    NOT(revoke_vm_page, PANIC_BLOCK_SPLIT, OWN_SHARED, host_has_no_block),
    NOT(revoke_vm_page, PANIC_NPT_POOL_EMPTY, OWN_SHARED, host_keeps_tables),
    NOT(assign_pfn_to_smmu, PANIC_BLOCK_SPLIT, FREE, host_has_no_block),
    NOT(assign_pfn_to_smmu, PANIC_NPT_POOL_EMPTY, FREE, host_keeps_tables),
    NOT(decrypt_buf, PANIC_BLOCK_SPLIT, FREE, host_has_no_block),
    NOT(decrypt_buf, PANIC_NPT_POOL_EMPTY, FREE, host_keeps_tables),
    NOT(unmap_smmu_page, PANIC_SPT_POOL_EMPTY, ANY, entry_keeps_tables),
    NOT(unmap_smmu_page, DMA_UNMAPPED, NOT_OWN, bank_maps_own),
    NOT(smmu_clear, PANIC_SPT_POOL_EMPTY, ANY, entry_keeps_tables),
    NOT(smmu_clear, DMA_UNMAPPED, NOT_OWN, bank_maps_own),
    NOT(smmu_clear, PANIC_VM_STATE, NO_OWNER | EL2,
        "the page was of the bank's owner when it was mapped, and no page "
        "leaves RAM or goes to EL2"),

    NOT(clear_pfn_host, PANIC_NPT_POOL_EMPTY, NONE, host_keeps_tables),
    NOT(spt_unmap, PANIC_SPT_POOL_EMPTY, NONE, entry_keeps_tables),
    NOT(clear_vm_range, PANIC_BLOCK_SPLIT, NONE, host_has_no_block),
    NOT(clear_vm_range, PANIC_NPT_POOL_EMPTY, NONE, host_keeps_tables),
    NOT(clear_vm_s2_range, PANIC_BLOCK_SPLIT, NONE, host_has_no_block),
    NOT(clear_vm_s2_range, PANIC_NPT_POOL_EMPTY, NONE, host_keeps_tables),
    NOT(revoke_stage2_sg_gpa, PANIC_BLOCK_SPLIT, NONE, host_has_no_block),
    NOT(revoke_stage2_sg_gpa, PANIC_NPT_POOL_EMPTY, NONE, host_keeps_tables),
    NOT(vm_unshare, PANIC_BLOCK_SPLIT, NONE, host_has_no_block),
    NOT(vm_unshare, PANIC_NPT_POOL_EMPTY, NONE, host_keeps_tables),
    NOT(remap_vm_image, PANIC_BLOCK_SPLIT, NONE,
        "EL2's window is mapped page by page"),
    NOT(verify_vm_image, PANIC_PFN_RANGE, NONE,
        "remap_vm_image takes pages below 2^28 only"),
    NOT(verify_vm_image, PANIC_BLOCK_UNALIGNED, NONE,
        "section 6 rounds the page down to its block"),
    NOT(verify_vm_image, PANIC_BLOCK_SPLIT, NONE,
        "the image is mapped in blocks, which split none"),
    NOT(dev_load, ACCESSED_DEVICE, NONE, bank_maps_own),
    NOT(dev_store, ACCESSED_DEVICE, NONE, bank_maps_own),
};

const struct impossible_end *impossible_end_at(size_t index)
{
    return index < sizeof impossible_ends / sizeof impossible_ends[0]
               ? &impossible_ends[index]
               : NULL;
}

static unsigned standings_in(const struct end *ends, size_t count,
                             uint32_t number, enum el2_outcome outcome)
{
    for (size_t i = 0; i < count; i++) {
        if (ends[i].call == number && ends[i].outcome == outcome) {
            return ends[i].standings;
        }
    }
    return 0;
}

/* The standings in which the call can end like that. */
static unsigned standings_of(uint32_t number, enum el2_outcome outcome)
{
    if (page_state_is_of(number)) {
        return standings_in(ends_of_pages,
                            sizeof ends_of_pages / sizeof ends_of_pages[0],
                            number, outcome);
    }
    return standings_in(ends_of_others,
                        sizeof ends_of_others / sizeof ends_of_others[0],
                        number, outcome);
}

bool possible_outcome(uint32_t number, enum el2_outcome outcome)
{
    return standings_of(number, outcome) != 0;
}

/* Why the call never ends like that in such a standing: the reason that is
 * named, or else the text of semantics.md. */
static const char *why_not(uint32_t number, enum el2_outcome outcome,
                           enum page_standing standing)
{
    static const char *const sections[] = {
        [EL2_ISSUER_TABLES] = "section 3 has no such end of it",
        [EL2_ISSUER_OPERATION] = "sections 4 and 5 have no such end of it",
        [EL2_ISSUER_HOST] = "section 6 has no such end of it",
        [EL2_ISSUER_VM] = "section 6 has no such end of it",
        [EL2_ISSUER_ACCESS] = "section 6 has no such end of it",
    };
    const struct impossible_end *end = impossible_ends;
    for (size_t i = 0; (end = impossible_end_at(i)) != NULL; i++) {
        if (end->call == number && end->outcome == outcome &&
            (end->standings >> standing & 1) != 0) {
            return end->why;
        }
    }
    return possible_outcome(number, outcome)
               ? "section 4: the state of the page leads elsewhere"
               : sections[el2_calls[number].issuer];
}

/* To map what the host does not map, a table may be missing. */
static bool needs_unmapped(uint32_t number, enum el2_outcome outcome)
{
    return outcome == EL2_OUTCOME_PANIC_NPT_POOL_EMPTY &&
           (number == EL2_CALL_map_page_host || number == EL2_CALL_host_fault);
}

const char *impossible_why(uint32_t number, enum el2_outcome outcome,
                           struct page_state state)
{
    if ((standings_of(number, outcome) >> state.standing & 1) == 0) {
        return why_not(number, outcome, state.standing);
    }
    if (!state.host_maps) {
        return NULL;
    }
    if ((HOST_MAY_MAP >> state.standing & 1) == 0) {
        return "host_iso: the host maps no such page";
    }
    return needs_unmapped(number, outcome)
               ? "the host maps the page, so that its tables exist"
               : NULL;
}
