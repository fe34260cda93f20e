/*
 * A divergence: the first thing in which two machines differ, in words and as
 * a signature.
 */
#ifndef FUZZ_DIVERGENCE_H
#define FUZZ_DIVERGENCE_H

#include "el2/machine.h"
#include "fuzz/oracle.h"
#include "fuzz/table_allocations.h"

#include <stddef.h>

struct divergence {
    size_t step; /* index of the call in the program */
    struct el2_call call;
    enum el2_outcome outcome; /* the specification's */
    enum el2_observation observation;

    /* By observation: panic and result compare the two steps, an invariant
     * is one machine's own, all others are a cell with two values. */
    struct el2_step expected_step;
    struct el2_step actual_step;
    struct el2_violation violation;
    const char *violator; /* name of the machine */
    el2_cell cell;
    struct el2_value expected;
    struct el2_value actual;

    /* Further differences at the same step, and all that saw one of them. */
    size_t others;
    struct oracle_set seen_by;

    /* The table that was made to fail in this run; number 0: none. */
    struct table_allocation failed_table;
};

/* Room for any signature, and for any description of a divergence. */
#define DIVERGENCE_SIGNATURE_SIZE 128
#define DIVERGENCE_TEXT_SIZE      1024

/* "owner", "count", ...: the word for signatures. */
const char *divergence_observation_name(enum el2_observation observation);

/* "<call>.<outcome>.<observation>": equal for the same bug by other
 * programs, different for different reasons to refuse. */
void divergence_signature(const struct divergence *divergence, char *text,
                          size_t size);

/* What differs, in words: one line or a few, each ended. */
void divergence_describe(const struct divergence *divergence, char *text,
                         size_t size);

/*
 * Say what diverged on standard error and abort, from a function of its own
 * for each observation, called from one for each call: whoever groups crashes
 * by stack frames or by message keeps different divergences apart.
 * `replay` is the command that replays the program, one line.
 */
_Noreturn void divergence_abort(const struct divergence *divergence,
                                const char *replay);

#endif
