/*
 * What a machine checks by itself: the ten invariants of semantics.md section
 * 7, and the guards of a shim. A machine may count how often each really
 * compared something, so that a check which never did is not taken for one
 * that found nothing.
 *
 * Freestanding.
 */
#ifndef EL2_JUDGED_H
#define EL2_JUDGED_H

/* In the order of section 7. */
enum el2_invariant {
    EL2_INVARIANT_SPT_CONS,
    EL2_INVARIANT_HOST_NPT_CONS,
    EL2_INVARIANT_HOST_FLATMAP,
    EL2_INVARIANT_HOST_S2_MAP,
    EL2_INVARIANT_PAGE_0_INVALID,
    EL2_INVARIANT_HOST_ISO,
    EL2_INVARIANT_VM_ISO,
    EL2_INVARIANT_SMMU_VM,
    EL2_INVARIANT_SMMU_ISO,
    EL2_INVARIANT_SMMU_COUNT,
    EL2_INVARIANT_COUNT
};

/* Their names there: "spt_cons", "host_npt_cons", ... */
extern const char *const el2_invariant_names[EL2_INVARIANT_COUNT];

/* What no EL2 code may do, as its shim watches it. */
enum el2_guard {
    EL2_GUARD_STORE,    /* a word outside EL2's own memory, or not aligned */
    EL2_GUARD_PAGE,     /* clear, cipher or check what is no such page */
    EL2_GUARD_LOCK,     /* take a lock out of order */
    EL2_GUARD_RETURN,   /* return with a lock held */
    EL2_GUARD_REGISTER, /* write other registers than it was asked to */
    EL2_GUARD_COUNT
};

#endif
