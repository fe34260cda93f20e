/*
 * The engine: the same program on two machines, compared after every call. It
 * stops at the first difference, the first broken invariant, or the end.
 *
 * What is compared after a call: whether it panicked, its result, and every
 * cell that either machine says it touched. At the end of a program everything
 * that it ever touched is compared once more, so that a change nobody told of
 * is caught too; a run over many programs does so for some of them only. After
 * a panic, what a held lock protects is torn (semantics.md section 8) and is
 * not compared.
 *
 * A program may say that a table which it takes from a bump pool is not there.
 * Its calls are then made on the specification alone first, to see which pool
 * that is and how many tables it has given by then; both machines run the
 * program with a pool of so many. What the EL2 code has taken is not asked:
 * it must be as many, or the two do not panic at the same call.
 */
#ifndef FUZZ_LOCKSTEP_H
#define FUZZ_LOCKSTEP_H

#include "el2/machine.h"
#include "fuzz/cell_set.h"
#include "fuzz/check.h"
#include "fuzz/divergence.h"
#include "fuzz/program.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum lockstep_end {
    LOCKSTEP_SAME,     /* the program ran to its end, or to a panic of both */
    LOCKSTEP_DIVERGED, /* see the divergence */
    LOCKSTEP_NO_ROOM,  /* the program outgrew a machine; same until there */
};

/* What there is to know of one call, for whoever watches. */
struct lockstep_call {
    size_t step;
    const struct program_call *source;
    const struct el2_call *call;
    const struct el2_step *expected; /* NULL: skipped, it is outside what the
                                        specification speaks of */
};

/* Called before a call is made (with `expected` NULL), or after it. */
typedef void (*lockstep_watch)(void *context, const struct lockstep_call *call);

struct lockstep_counts {
    uint64_t programs;
    uint64_t calls;   /* executed */
    uint64_t skipped; /* outside the contracts */
    uint64_t panics;  /* programs that ended in one */
    uint64_t no_room;
    uint64_t telling; /* calls that changed state or returned a value */
    uint64_t outcomes[EL2_OUTCOME_COUNT];
    /* Programs by how many of their calls were executed. */
    uint64_t lengths[PROGRAM_CALL_LIMIT + 1];
    /* How often each check compared something. What the machines count
     * themselves is added at the end of programs that are compared there. */
    uint64_t checks[CHECK_COUNT];
};

struct lockstep {
    struct el2_machine *specification; /* must have the operations of one */
    struct el2_machine *other;
    const struct el2_platform *platform;
    bool check_invariants;       /* in a run within contracts */
    bool check_other_invariants; /* of the other machine as well */
    /* Everything is compared at the end of one program in this many; which
     * ones depends on their calls only. 1: of every program. */
    uint32_t end_comparison_period;
    lockstep_watch before; /* before each admitted call; may be NULL */
    lockstep_watch after; /* after each call, also a skipped one; may be NULL */
    void *watch_context;
    /* Counted up for ever; set by lockstep_create() to counts of its own. */
    struct lockstep_counts *counts;
    struct lockstep_counts own_counts;
    /* The cells of a program that is compared at its end. */
    struct cell_set cells;
    bool compares_end;
    /* What the machines had counted when it was added last. */
    uint64_t specification_judged[EL2_INVARIANT_COUNT];
    uint64_t other_judged[EL2_INVARIANT_COUNT];
    uint64_t other_guarded[EL2_GUARD_COUNT];
    struct el2_call calls[PROGRAM_CALL_LIMIT]; /* of the program that runs */
};

/* What lockstep_create() sets for end_comparison_period. */
#define LOCKSTEP_END_COMPARISON_PERIOD 16

/* Whether both machines can make a table fail; otherwise programs run as if
 * they did not ask for it. */
bool lockstep_can_fail_tables(const struct lockstep *lockstep);

/*
 * What every run of a program begins with, its calls resolved: reset both
 * machines, and take the table that the program says fails out of its pool.
 * divergence->failed_table then says which it is, or none when the program
 * does not take so many. Everything else of *divergence is emptied.
 */
void lockstep_begin(struct lockstep *lockstep, const struct program *program,
                    const struct el2_call *calls,
                    struct divergence *divergence);

/*
 * The machines stay the caller's, and the platform must be theirs. False when
 * there is not enough memory. lockstep_destroy() frees what it took.
 */
bool lockstep_create(struct lockstep *lockstep,
                     struct el2_machine *specification,
                     struct el2_machine *other,
                     const struct el2_platform *platform);
void lockstep_destroy(struct lockstep *lockstep);

/*
 * One admitted call on both machines, from where they are, and everything that
 * it may change compared. True when they differ. Of *divergence, which must be
 * empty, how the call and the machines' steps are called is the caller's to
 * set: step, call and outcome.
 */
bool lockstep_step(struct lockstep *lockstep, enum el2_run run,
                   const struct el2_call *call, struct divergence *divergence);

/* Reset both machines and run the program. *divergence is set when it
 * diverged, its failed_table always. */
enum lockstep_end lockstep_run(struct lockstep *lockstep,
                               const struct program *program,
                               struct divergence *divergence);

/* The same with the program's calls resolved already, for this platform. */
enum lockstep_end lockstep_run_resolved(struct lockstep *lockstep,
                                        const struct program *program,
                                        const struct el2_call *calls,
                                        struct divergence *divergence);

#endif
