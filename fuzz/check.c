#include "fuzz/check.h"

#include "fuzz/possible.h"

#include <stdio.h>

static const char *const kind_names[EL2_CELL_KIND_COUNT] = {
    [EL2_CELL_PAGE] = "page",
    [EL2_CELL_NPT] = "npt",
    [EL2_CELL_NPT_BLOCK] = "npt_block",
    [EL2_CELL_SPT] = "spt",
    [EL2_CELL_BANK] = "bank",
    [EL2_CELL_VM_STATE] = "vm_state",
    [EL2_CELL_CORE] = "core",
    [EL2_CELL_MEMORY] = "memory",
    [EL2_CELL_DATA_LOG] = "data_log",
    [EL2_CELL_NPT_TABLES] = "npt_tables",
    [EL2_CELL_SPT_TABLES] = "spt_tables",
    [EL2_CELL_VCPU] = "vcpu",
    [EL2_CELL_INC_EXE] = "inc_exe",
    [EL2_CELL_IMAGE] = "image",
    [EL2_CELL_IMAGE_REMAP] = "image_remap",
    [EL2_CELL_MEMORY_UNKNOWN] = "memory_unknown",
};

static const char *const guard_names[EL2_GUARD_COUNT] = {
    [EL2_GUARD_STORE] = "store",       [EL2_GUARD_PAGE] = "page",
    [EL2_GUARD_LOCK] = "lock",         [EL2_GUARD_RETURN] = "return",
    [EL2_GUARD_REGISTER] = "register",
};

static const char *const single_names[CHECK_CELL_AFTER_STEP] = {
    [CHECK_PANIC] = "panic",
    [CHECK_RESULT] = "result",
    [CHECK_ACCESS] = "access",
    [CHECK_TORN] = "torn",
    [CHECK_BLOCK_PAGES] = "block_pages",
};

/* The checks of one kind that stand side by side. */
struct family {
    unsigned first;
    unsigned count;
    const char *before; /* the name of each */
    const char *after;
    const char *const *names;
};

static const struct family families[] = {
    {0, CHECK_CELL_AFTER_STEP, "", "", single_names},
    {CHECK_CELL_AFTER_STEP, EL2_CELL_KIND_COUNT, "step.", "", kind_names},
    {CHECK_CELL_AT_END, EL2_CELL_KIND_COUNT, "end.", "", kind_names},
    {CHECK_INVARIANT_OF_SPECIFICATION, EL2_INVARIANT_COUNT, "invariant.",
     ".specification", el2_invariant_names},
    {CHECK_INVARIANT_OF_OTHER, EL2_INVARIANT_COUNT, "invariant.", ".other",
     el2_invariant_names},
    {CHECK_INVARIANT_AT_END, EL2_INVARIANT_COUNT, "invariant.", ".end",
     el2_invariant_names},
    {CHECK_GUARD_OF_OTHER, EL2_GUARD_COUNT, "guard.", "", guard_names},
};

static const struct family *family_of(unsigned check)
{
    const struct family *family = families;
    while (check - family->first >= family->count) {
        family++;
    }
    return family;
}

void check_name(unsigned check, char *name, size_t size)
{
    const struct family *family = family_of(check);
    snprintf(name, size, "%s%s%s", family->before,
             family->names[check - family->first], family->after);
}

#define CALL(name) EL2_CALL_##name
#define LAST       0

/* By kind of cell: the calls that may change one. What a store has made
 * unknown others make known again. */
static const uint8_t changes[EL2_CELL_KIND_COUNT][32] = {
    [EL2_CELL_PAGE] = {CALL(clear_vm_page),
                       CALL(assign_pfn_to_vm),
                       CALL(grant_vm_page),
                       CALL(revoke_vm_page),
                       CALL(assign_pfn_to_smmu),
                       CALL(update_smmu_page),
                       CALL(unmap_smmu_page),
                       CALL(clear_vm_range),
                       CALL(prot_and_map_vm_s2pt),
                       CALL(grant_stage2_sg_gpa),
                       CALL(revoke_stage2_sg_gpa),
                       CALL(verify_vm_image),
                       CALL(clear_vm_s2_range),
                       CALL(smmu_map),
                       CALL(smmu_clear),
                       CALL(decrypt_buf),
                       CALL(vm_fault),
                       CALL(vm_share),
                       CALL(vm_unshare),
                       LAST},
    [EL2_CELL_NPT] = {CALL(npt_map),
                      CALL(clear_pfn_host),
                      CALL(map_page_host),
                      CALL(clear_vm_page),
                      CALL(assign_pfn_to_vm),
                      CALL(map_pfn_vm),
                      CALL(map_vm_io),
                      CALL(revoke_vm_page),
                      CALL(assign_pfn_to_smmu),
                      CALL(clear_vm_range),
                      CALL(prot_and_map_vm_s2pt),
                      CALL(revoke_stage2_sg_gpa),
                      CALL(remap_vm_image),
                      CALL(verify_vm_image),
                      CALL(clear_vm_s2_range),
                      CALL(smmu_map),
                      CALL(phys_addr_ioremap),
                      CALL(decrypt_buf),
                      CALL(host_fault),
                      CALL(vm_fault),
                      CALL(vm_unshare),
                      LAST},
    [EL2_CELL_NPT_BLOCK] = {CALL(npt_map), CALL(map_pfn_vm),
                            CALL(prot_and_map_vm_s2pt), CALL(verify_vm_image),
                            CALL(vm_fault), LAST},
    [EL2_CELL_SPT] = {CALL(spt_init), CALL(spt_map), CALL(spt_unmap),
                      CALL(update_smmu_page), CALL(unmap_smmu_page),
                      CALL(smmu_alloc_pgd), CALL(smmu_map), CALL(smmu_clear),
                      LAST},
    [EL2_CELL_BANK] = {CALL(smmu_alloc_pgd), CALL(smmu_free_pgd), LAST},
    [EL2_CELL_VM_STATE] = {CALL(register_kvm), CALL(verify_vm_image),
                           CALL(vm_poweroff), LAST},
    [EL2_CELL_CORE] = {CALL(register_kvm), CALL(set_boot_info), LAST},
    [EL2_CELL_MEMORY] = {CALL(clear_vm_page), CALL(assign_pfn_to_vm),
                         CALL(revoke_vm_page), CALL(clear_vm_range),
                         CALL(prot_and_map_vm_s2pt), CALL(revoke_stage2_sg_gpa),
                         CALL(verify_vm_image), CALL(clear_vm_s2_range),
                         CALL(encrypt_buf), CALL(decrypt_buf), CALL(vm_fault),
                         CALL(vm_unshare), CALL(mem_store), CALL(dev_store),
                         LAST},
    [EL2_CELL_DATA_LOG] = {CALL(assign_pfn_to_vm), CALL(revoke_vm_page),
                           CALL(prot_and_map_vm_s2pt),
                           CALL(revoke_stage2_sg_gpa), CALL(verify_vm_image),
                           CALL(encrypt_buf), CALL(decrypt_buf), CALL(vm_fault),
                           CALL(vm_unshare), LAST},
    [EL2_CELL_NPT_TABLES] = {CALL(npt_map), CALL(map_page_host),
                             CALL(map_pfn_vm), CALL(map_vm_io),
                             CALL(prot_and_map_vm_s2pt), CALL(remap_vm_image),
                             CALL(verify_vm_image), CALL(phys_addr_ioremap),
                             CALL(host_fault), CALL(vm_fault), LAST},
    [EL2_CELL_SPT_TABLES] = {CALL(spt_map), CALL(update_smmu_page),
                             CALL(smmu_map), LAST},
    [EL2_CELL_VCPU] = {CALL(register_vcpu), CALL(vcpu_run), CALL(vcpu_exit),
                       LAST},
    [EL2_CELL_INC_EXE] = {CALL(load_crypt_vcpu), LAST},
    [EL2_CELL_IMAGE] = {CALL(set_boot_info), LAST},
    [EL2_CELL_IMAGE_REMAP] = {CALL(set_boot_info), CALL(remap_vm_image), LAST},
    [EL2_CELL_MEMORY_UNKNOWN] = {CALL(mem_store), CALL(dev_store), LAST},
};

/* By invariant: the calls that may make something that it speaks of. None
 * changes the record of page 0. */
static const uint8_t concerns[EL2_INVARIANT_COUNT][16] = {
    [EL2_INVARIANT_SPT_CONS] = {CALL(update_smmu_page), CALL(smmu_map), LAST},
    [EL2_INVARIANT_HOST_NPT_CONS] = {CALL(map_page_host), CALL(host_fault),
                                     LAST},
    [EL2_INVARIANT_HOST_FLATMAP] = {CALL(map_page_host), CALL(host_fault),
                                    LAST},
    [EL2_INVARIANT_HOST_S2_MAP] = {CALL(clear_vm_page), CALL(update_smmu_page),
                                   CALL(unmap_smmu_page), CALL(clear_vm_range),
                                   CALL(clear_vm_s2_range), CALL(smmu_map),
                                   CALL(smmu_clear), LAST},
    [EL2_INVARIANT_PAGE_0_INVALID] = {LAST},
    [EL2_INVARIANT_HOST_ISO] = {CALL(map_page_host), CALL(host_fault), LAST},
    [EL2_INVARIANT_VM_ISO] = {CALL(map_pfn_vm), CALL(map_vm_io),
                              CALL(prot_and_map_vm_s2pt), CALL(verify_vm_image),
                              CALL(phys_addr_ioremap), CALL(vm_fault), LAST},
    [EL2_INVARIANT_SMMU_VM] = {CALL(smmu_alloc_pgd), LAST},
    [EL2_INVARIANT_SMMU_ISO] = {CALL(update_smmu_page), CALL(smmu_map), LAST},
    [EL2_INVARIANT_SMMU_COUNT] = {CALL(update_smmu_page), CALL(smmu_map), LAST},
};

/* Guards of words and locks watch every call. */
static const uint8_t guarded_pages[] = {CALL(clear_vm_page),
                                        CALL(clear_vm_range),
                                        CALL(clear_vm_s2_range),
                                        CALL(encrypt_buf),
                                        CALL(decrypt_buf),
                                        CALL(verify_vm_image),
                                        LAST};

static bool is_in(const uint8_t *calls, uint32_t number)
{
    while (*calls != LAST && *calls != number) {
        calls++;
    }
    return *calls == number;
}

/* What every machine has is compared at every end; of a VM when it has left
 * the state UNUSED. */
static bool exercises_end(enum el2_cell_kind kind, uint32_t number)
{
    switch (kind) {
    case EL2_CELL_BANK:
    case EL2_CELL_VM_STATE:
    case EL2_CELL_CORE:
    case EL2_CELL_NPT_TABLES:
    case EL2_CELL_SPT_TABLES:
        return true;
    case EL2_CELL_VCPU:
    case EL2_CELL_INC_EXE:
    case EL2_CELL_IMAGE:
    case EL2_CELL_IMAGE_REMAP:
        return is_in(changes[EL2_CELL_VM_STATE], number);
    default:
        return is_in(changes[kind], number);
    }
}

/* Whether the call may panic, and with a lock held. */
static bool may_panic(uint32_t number, bool holding)
{
    for (unsigned i = EL2_OUTCOME_PANIC_UNNAMED; i < EL2_OUTCOME_COUNT; i++) {
        bool holds = i != EL2_OUTCOME_PANIC_ARGUMENT;
        if ((holds || !holding) &&
            possible_outcome(number, (enum el2_outcome)i)) {
            return true;
        }
    }
    return false;
}

static bool exercises_single(unsigned check, uint32_t number)
{
    const struct el2_call_description *call = &el2_calls[number];
    switch (check) {
    case CHECK_PANIC:
        return may_panic(number, false);
    case CHECK_RESULT:
        return call->result != EL2_RESULT_NOTHING;
    case CHECK_ACCESS:
        return call->issuer == EL2_ISSUER_ACCESS;
    case CHECK_TORN:
        return may_panic(number, true);
    default: /* CHECK_BLOCK_PAGES */
        return is_in(changes[EL2_CELL_NPT_BLOCK], number);
    }
}

static bool exercises_guard(unsigned guard, uint32_t number)
{
    switch (guard) {
    case EL2_GUARD_PAGE:
        return is_in(guarded_pages, number);
    case EL2_GUARD_REGISTER:
        return number == EL2_CALL_smmu_write;
    default:
        return true;
    }
}

bool check_call_exercises(unsigned check, uint32_t number)
{
    const struct family *family = family_of(check);
    unsigned which = check - family->first;
    switch (family->first) {
    case 0:
        return exercises_single(check, number);
    case CHECK_CELL_AFTER_STEP:
        return is_in(changes[which], number);
    case CHECK_CELL_AT_END:
        return exercises_end((enum el2_cell_kind)which, number);
    case CHECK_INVARIANT_AT_END:
        return which == EL2_INVARIANT_PAGE_0_INVALID ||
               is_in(concerns[which], number);
    case CHECK_GUARD_OF_OTHER:
        return exercises_guard(which, number);
    default:
        return is_in(concerns[which], number);
    }
}

static bool kind_is_observable(unsigned kind, const struct check_scope *scope)
{
    return (scope->observable >> kind & 1) != 0;
}

/* Why the machines of the run have no such check. */
static const char *machines_cannot(unsigned check,
                                   const struct check_scope *scope)
{
    const struct family *family = family_of(check);
    switch (family->first) {
    case CHECK_CELL_AFTER_STEP:
    case CHECK_CELL_AT_END:
        return kind_is_observable(check - family->first, scope)
                   ? NULL
                   : "only the specification has such cells";
    case CHECK_INVARIANT_OF_OTHER:
        return scope->invariants && scope->other_invariants
                   ? NULL
                   : "invariants of the other machine are not checked";
    case CHECK_INVARIANT_OF_SPECIFICATION:
    case CHECK_INVARIANT_AT_END:
        return scope->invariants ? NULL : "invariants are not checked";
    case CHECK_GUARD_OF_OTHER:
        return scope->guards ? NULL : "the other machine has no guards";
    default:
        return NULL;
    }
}

static bool in_table_run_only(uint32_t number)
{
    return el2_calls[number].issuer == EL2_ISSUER_TABLES;
}

const char *check_cannot(unsigned check, const struct check_scope *scope)
{
    const char *why = machines_cannot(check, scope);
    if (why != NULL) {
        return why;
    }
    bool is_invariant = check >= CHECK_INVARIANT_OF_SPECIFICATION &&
                        check < CHECK_GUARD_OF_OTHER;
    for (uint32_t n = 0; n < EL2_CALL_NUMBER_LIMIT; n++) {
        if (scope->makes[n] && check_call_exercises(check, n) &&
            !(is_invariant && in_table_run_only(n))) {
            return NULL;
        }
    }
    return "no call of its programs has anything to do with it";
}
