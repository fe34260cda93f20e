/*
 * The oracles: every way in which a call, or the end of a program, can be seen
 * to be wrong. A divergence is told as the first difference; here is all that
 * saw it, and what there is to see at all, so that a test can ask whether each
 * oracle ever does.
 */
#ifndef FUZZ_ORACLE_H
#define FUZZ_ORACLE_H

#include "el2/machine.h"
#include "fuzz/check.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Below CHECK_GUARD_OF_OTHER the number of an oracle is that of its check,
 * where the check can end in one way only. */
enum {
    ORACLE_PANIC_MISSING = CHECK_GUARD_OF_OTHER, /* the specification panicked
                                                    alone */
    ORACLE_PANIC_UNEXPECTED,                     /* or the other machine */
    ORACLE_OWNER,                                /* of a page after a call */
    ORACLE_COUNT,
    ORACLE_GFN,
    ORACLE_FAULT, /* from here on, in their order: those of the other
                     machine's guard (struct el2_machine_operations) */
    ORACLE_LIMIT = 128
};

/* Oracles that saw something. */
struct oracle_set {
    uint64_t words[ORACLE_LIMIT / 64];
};

void oracle_set_add(struct oracle_set *set, unsigned oracle);
bool oracle_set_has(const struct oracle_set *set, unsigned oracle);

/* The oracle of a fault that a machine told of: of its list, or ORACLE_LIMIT.
 */
unsigned oracle_of_fault(const struct el2_machine_operations *other,
                         const char *fault);

/* Whether runs of that scope, with this for the other machine, have such an
 * oracle. */
bool oracle_exists(unsigned oracle, const struct check_scope *scope,
                   const struct el2_machine_operations *other);

/* Room for any name, and for what any oracle sees. */
#define ORACLE_NAME_SIZE 64
#define ORACLE_SEES_SIZE 128

/* Of an oracle that exists: a name such as "step.npt", "panic.missing",
 * "invariant.host_iso.other" or "fault.lock_order"; and what it sees in words.
 */
void oracle_name(unsigned oracle, const struct el2_machine_operations *other,
                 char *name, size_t size);
void oracle_sees(unsigned oracle, const struct el2_machine_operations *other,
                 char *text, size_t size);

#endif
