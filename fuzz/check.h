/*
 * The checks of the engine, each counted: how often it compared something that
 * was there. One that never did in a run in which it could have is vacuous:
 * that it found nothing means nothing.
 */
#ifndef FUZZ_CHECK_H
#define FUZZ_CHECK_H

#include "el2/calls.h"
#include "el2/cell.h"
#include "el2/judged.h"

#include <stdbool.h>
#include <stddef.h>

/* Those of a kind stand side by side: add the kind of cell, the invariant or
 * the guard. */
enum check {
    CHECK_PANIC,       /* a step of the specification that panicked */
    CHECK_RESULT,      /* one with a result */
    CHECK_ACCESS,      /* a load or store whose end is known */
    CHECK_TORN,        /* a cell was left out, as a held lock protects it */
    CHECK_BLOCK_PAGES, /* a block, page by page */
    CHECK_CELL_AFTER_STEP,
    CHECK_CELL_AT_END = CHECK_CELL_AFTER_STEP + EL2_CELL_KIND_COUNT,
    CHECK_INVARIANT_OF_SPECIFICATION = CHECK_CELL_AT_END + EL2_CELL_KIND_COUNT,
    CHECK_INVARIANT_OF_OTHER =
        CHECK_INVARIANT_OF_SPECIFICATION + EL2_INVARIANT_COUNT,
    /* Of the specification's whole state, at the end of a program. */
    CHECK_INVARIANT_AT_END = CHECK_INVARIANT_OF_OTHER + EL2_INVARIANT_COUNT,
    CHECK_GUARD_OF_OTHER = CHECK_INVARIANT_AT_END + EL2_INVARIANT_COUNT,
    CHECK_COUNT = CHECK_GUARD_OF_OTHER + EL2_GUARD_COUNT
};

#define CHECK_NAME_SIZE 64

/* A name such as "step.page", "end.npt", "invariant.host_iso.other" or
 * "guard.lock". The size is that of the buffer. */
void check_name(unsigned check, char *name, size_t size);

/* What a run can exercise at all. */
struct check_scope {
    bool makes[EL2_CALL_NUMBER_LIMIT]; /* by number: its programs may call it */
    uint32_t observable;               /* kinds that both machines have */
    bool invariants;                   /* are checked */
    bool other_invariants;             /* the other machine has some */
    bool guards;                       /* and guards */
};

/* NULL when a run of that scope may exercise the check, otherwise why not. */
const char *check_cannot(unsigned check, const struct check_scope *scope);

/* Whether a call may change cells of that kind in the specification, and
 * whether it may end so that the check compares something. */
bool check_call_exercises(unsigned check, uint32_t number);

#endif
