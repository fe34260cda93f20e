#include "fuzz/isolation.h"

/*
 * Calls about banks. What the state of a VM forbids there would change the
 * bank, the table or the count of a VM that runs (semantics.md section 6, E9);
 * elsewhere it would change what the VM itself is made of.
 */
static bool is_about_bank(uint32_t call)
{
    switch (call) {
    case EL2_CALL_smmu_alloc_pgd:
    case EL2_CALL_smmu_free_pgd:
    case EL2_CALL_smmu_map:
    case EL2_CALL_smmu_clear:
        return true;
    default:
        return false;
    }
}

/*
 * Whether the specification panics there because somebody would reach what is
 * not theirs. Its other panics refuse what is malformed, exhausted or out of
 * turn: that a machine goes on there does not say that anybody gets anywhere.
 */
static bool panic_protects(enum el2_outcome outcome, uint32_t call)
{
    switch (outcome) {
    case EL2_OUTCOME_PANIC_PRIVATE_PAGE:    /* the host, a VM's page */
    case EL2_OUTCOME_PANIC_HOST_DMA_IN_USE: /* a device, the VM's new page */
    case EL2_OUTCOME_PANIC_OTHER_OWNER:
    case EL2_OUTCOME_PANIC_NOT_HOST_PAGE:
    case EL2_OUTCOME_PANIC_BLOCK_UNALIGNED: /* pages nobody checked: E10 */
    /* Registers that decide through whose table, if any, a device goes
     * (section 6.1). */
    case EL2_OUTCOME_PANIC_STREAM_CONFLICT:
    case EL2_OUTCOME_PANIC_BYPASS_VMID:
    case EL2_OUTCOME_PANIC_CBAR_TYPE:
    case EL2_OUTCOME_PANIC_CBAR_OWNER:
    case EL2_OUTCOME_PANIC_CONTEXTIDR:
        return true;
    case EL2_OUTCOME_PANIC_VM_STATE:
        return is_about_bank(call);
    default:
        return false;
    }
}

/*
 * A guard stops the call before there is anything to compare: what EL2 would
 * have read, written or raced with is unknown. Otherwise one of the machines
 * panicked alone. When that is not the specification, the machine has stopped,
 * and nobody reaches anything.
 */
static enum isolation of_panic(const struct divergence *divergence)
{
    if (divergence->actual_step.fault != NULL) {
        return ISOLATION_AT_RISK;
    }
    return panic_protects(divergence->outcome, divergence->call.number)
               ? ISOLATION_BROKEN
               : ISOLATION_KEPT;
}

/*
 * A number that a call answers with gives access to nothing. But a load or
 * store that ends elsewhere went through a table to another page, and what
 * reaches a register of an SMMU is its result.
 */
static enum isolation of_result(enum el2_outcome outcome)
{
    switch (outcome) {
    case EL2_OUTCOME_LOADED:
    case EL2_OUTCOME_LOADED_UNKNOWN:
    case EL2_OUTCOME_STORED:
    case EL2_OUTCOME_STORED_UNKNOWN:
    case EL2_OUTCOME_ACCESS_FAULTED:
    case EL2_OUTCOME_ACCESSED_DEVICE:
    case EL2_OUTCOME_REGISTER_WRITTEN:
    case EL2_OUTCOME_ROOT_WRITTEN:
        return ISOLATION_BROKEN;
    default:
        return ISOLATION_KEPT;
    }
}

/* The others speak of how the machine keeps its books (section 7). */
static enum isolation of_invariant(enum el2_invariant invariant)
{
    switch (invariant) {
    case EL2_INVARIANT_HOST_ISO:
    case EL2_INVARIANT_VM_ISO:
    case EL2_INVARIANT_SMMU_VM:
    case EL2_INVARIANT_SMMU_ISO:
        return ISOLATION_BROKEN;
    case EL2_INVARIANT_SMMU_COUNT: /* a page is given away under a device */
        return ISOLATION_AT_RISK;
    default:
        return ISOLATION_KEPT;
    }
}

enum isolation divergence_isolation(const struct divergence *divergence)
{
    switch (divergence->observation) {
    case EL2_OBSERVE_PANIC:
        return of_panic(divergence);
    case EL2_OBSERVE_RESULT:
        return of_result(divergence->outcome);
    case EL2_OBSERVE_INVARIANT:
        return of_invariant(divergence->violation.invariant);
    /* Whose it is, what a table leads to, what can be read there. That one
     * entry leads to less is no comfort: it is the first difference of a step
     * only, and where the page went is another. */
    case EL2_OBSERVE_OWNER:
    case EL2_OBSERVE_NPT:
    case EL2_OBSERVE_SPT:
    case EL2_OBSERVE_BANK:
    case EL2_OBSERVE_MEMORY:
        return ISOLATION_BROKEN;
    /* Too high, it lets the host map a VM's page; too low, it lets a page be
     * given away that a device still reaches (section 4). */
    case EL2_OBSERVE_COUNT:
        return ISOLATION_AT_RISK;
    /* A page stays its owner's at whatever gfn. States, images and numbers are
     * nobody's memory: what they lead to is seen when it happens. */
    case EL2_OBSERVE_GFN:
    case EL2_OBSERVE_VM:
    case EL2_OBSERVE_IMAGES:
    case EL2_OBSERVE_CORE:
    case EL2_OBSERVE_TABLES:
    case EL2_OBSERVATION_COUNT:
        break;
    }
    return ISOLATION_KEPT;
}

const char *isolation_says(enum isolation isolation)
{
    static const char *const words[] = {
        [ISOLATION_KEPT] = "isolation kept",
        [ISOLATION_AT_RISK] = "isolation at risk",
        [ISOLATION_BROKEN] = "isolation broken",
    };
    return words[isolation];
}
