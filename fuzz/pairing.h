/*
 * Which two machines a fuzz target compares, and how. The name of the target
 * is the name of the pairing, so that a crash file is replayed on the same
 * machines that it was found on.
 */
#ifndef FUZZ_PAIRING_H
#define FUZZ_PAIRING_H

#include "fuzz/check.h"
#include "fuzz/lockstep.h"
#include "fuzz/mutator.h"

struct pairing {
    const char *target;
    const char *says; /* what is compared, in a few words */
    struct el2_machine *(*create_specification)(
        const struct el2_platform *platform, const char **why);
    struct el2_machine *(*create_other)(const struct el2_platform *platform,
                                        const char **why);
    mutator_weight weight; /* which calls its programs are made of */
    /* False: no invariants are checked, only the machines compared. */
    bool check_invariants;
    /* The other machine is EL2 code: it has a shim with guards, and nothing of
     * what only a specification keeps. */
    bool other_is_el2_code;
    /* Both are as section 10 reads them, so that fuzz/possible.h speaks of
     * them. */
    bool is_as_read;
};

/* What its runs can check. */
void pairing_scope(const struct pairing *pairing, struct check_scope *scope);

/* The pairing that is meant when none is named. */
#define PAIRING_DEFAULT "fuzz_pages"

/* NULL when there is no such target. */
const struct pairing *pairing_find(const char *target);

/* By index; NULL past the last one. */
const struct pairing *pairing_at(size_t index);

/* Both machines on a platform. */
struct paired_machines {
    struct el2_platform platform;
    struct lockstep lockstep;
};

/* False with *why in one line when a machine does not come up; then nothing
 * is left to destroy. The pair must not move in memory. */
bool pairing_boot(const struct pairing *pairing,
                  const struct el2_platform *platform,
                  struct paired_machines *pair, const char **why);
void pairing_shut_down(struct paired_machines *pair);

#endif
