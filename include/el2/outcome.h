/*
 * How a call ends, in the specification's own terms: one name for each way
 * through semantics.md. A divergence is named by call, outcome and
 * observation; coverage of the specification is counted in outcomes.
 */
#ifndef EL2_OUTCOME_H
#define EL2_OUTCOME_H

#include <stdbool.h>

enum el2_outcome {
    EL2_OUTCOME_NONE, /* of a machine that does not name its outcomes */

    /* Tables. */
    EL2_OUTCOME_MAPPED_PAGE,
    EL2_OUTCOME_MAPPED_BLOCK,
    EL2_OUTCOME_FOUND_ENTRY,
    EL2_OUTCOME_FOUND_NOTHING,
    EL2_OUTCOME_HOST_UNMAPPED,
    EL2_OUTCOME_HOST_NOT_MAPPED,
    EL2_OUTCOME_BANK_EMPTIED,
    EL2_OUTCOME_DMA_MAPPED,
    EL2_OUTCOME_DMA_UNMAPPED,
    EL2_OUTCOME_DMA_NOT_MAPPED,

    /* Page operations. */
    EL2_OUTCOME_HOST_MAPPED_DEVICE,
    EL2_OUTCOME_HOST_MAPPED_OWN,
    EL2_OUTCOME_HOST_MAPPED_SHARED,
    EL2_OUTCOME_CLEARED,
    EL2_OUTCOME_NOT_OWNER,
    EL2_OUTCOME_ASSIGNED,
    EL2_OUTCOME_ALREADY_OWN,
    EL2_OUTCOME_GFN_LEARNT,
    EL2_OUTCOME_DEVICE_MAPPED,
    EL2_OUTCOME_NOT_A_DEVICE,
    EL2_OUTCOME_GRANTED,
    EL2_OUTCOME_SHARE_LIMIT,
    EL2_OUTCOME_REVOKED,
    EL2_OUTCOME_REVOKED_LAST,
    EL2_OUTCOME_NOT_SHARED,
    EL2_OUTCOME_ASSIGNED_TO_DEVICE,
    EL2_OUTCOME_DMA_MAPPED_AND_COUNTED,
    EL2_OUTCOME_DMA_COUNT_LIMIT,
    EL2_OUTCOME_DMA_UNMAPPED_AND_COUNTED,

    /* Ranges. */
    EL2_OUTCOME_RANGE_EMPTY,
    EL2_OUTCOME_RANGE_CHANGED,
    EL2_OUTCOME_RANGE_UNCHANGED,
    EL2_OUTCOME_FAULTED_IN_PAGE,
    EL2_OUTCOME_FAULTED_IN_BLOCK,

    /* VMs and banks. */
    EL2_OUTCOME_REGISTERED,
    EL2_OUTCOME_POWERED_OFF,
    EL2_OUTCOME_BANK_TAKEN,
    EL2_OUTCOME_BANK_IN_USE,
    EL2_OUTCOME_BANK_RELEASED,
    EL2_OUTCOME_BANK_NOT_IN_USE,

    /* Panics. Every outcome from here on is one. */
    EL2_OUTCOME_PANIC_UNNAMED, /* of a machine that has no names for them */
    EL2_OUTCOME_PANIC_ARGUMENT,
    EL2_OUTCOME_PANIC_BLOCK_SPLIT,
    EL2_OUTCOME_PANIC_NPT_POOL_EMPTY,
    EL2_OUTCOME_PANIC_SPT_POOL_EMPTY,
    EL2_OUTCOME_PANIC_PRIVATE_PAGE,
    EL2_OUTCOME_PANIC_HOST_DMA_IN_USE,
    EL2_OUTCOME_PANIC_OTHER_OWNER,
    EL2_OUTCOME_PANIC_OTHER_GFN,
    EL2_OUTCOME_PANIC_BLOCK_UNALIGNED,
    EL2_OUTCOME_PANIC_PFN_RANGE,
    EL2_OUTCOME_PANIC_NO_VMID_LEFT,
    EL2_OUTCOME_PANIC_VM_STATE,
    EL2_OUTCOME_PANIC_NO_SUCH_BANK,

    EL2_OUTCOME_COUNT
};

static inline bool el2_outcome_is_panic(enum el2_outcome outcome)
{
    return outcome >= EL2_OUTCOME_PANIC_UNNAMED;
}

/* A word for signatures: lower case and '_', the same for ever. */
const char *el2_outcome_name(enum el2_outcome outcome);

/* A sentence that says what happened. */
const char *el2_outcome_says(enum el2_outcome outcome);

#endif
