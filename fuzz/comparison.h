/*
 * Two machines after the same step, compared: which difference comes first, and
 * what is torn and not compared (semantics.md section 8).
 */
#ifndef FUZZ_COMPARISON_H
#define FUZZ_COMPARISON_H

#include "el2/machine.h"
#include "fuzz/check.h"
#include "fuzz/divergence.h"

#include <stdbool.h>
#include <stdint.h>

struct comparison {
    struct el2_machine *specification;
    struct el2_machine *other;
    const struct el2_platform *platform;
    /* Gets the first difference in the order of observations; how many more
     * there are it counts. How the two steps ended is the caller's to set. */
    struct divergence *divergence;
    bool differs;
    uint32_t observable; /* kinds that both machines have */
    uint32_t whole;      /* those of which no cell is torn */
    el2_lock_set held;   /* what these locks protect is torn */
    uint64_t torn_pfn;
    uint64_t *checks; /* by enum check: what was compared is counted */
    uint64_t *cells;  /* of these, those of cells that are compared now */
};

/* Nothing compared yet. `panic` is how the specification's step ended when it
 * panicked, or NULL. Cells count as compared after a step. */
struct comparison comparison_begin(struct el2_machine *specification,
                                   struct el2_machine *other,
                                   const struct el2_platform *platform,
                                   struct divergence *divergence,
                                   const struct el2_step *panic,
                                   uint64_t *checks);

/* From here on they count as compared at the end of a program. */
void comparison_begin_end(struct comparison *comparison);

/* A difference, and the number of the oracle that saw it (fuzz/oracle.h). The
 * cell is 0 for those that are not of a cell. */
void comparison_note(struct comparison *comparison, unsigned oracle,
                     enum el2_observation observation, el2_cell cell,
                     struct el2_value expected, struct el2_value actual);

/* Panic, fault, result and access of the two steps in the divergence. */
void comparison_of_steps(struct comparison *comparison);

/* What both machines hold in a cell; nothing when it is torn or means nothing
 * to one of them. */
void comparison_of_cell(struct comparison *comparison, el2_cell cell);

/* The same for all that either says that it touched. */
void comparison_of_touched(struct comparison *comparison,
                           const struct el2_touched *expected,
                           const struct el2_touched *actual);

/* What every machine has, whether a program touched it or not. */
void comparison_of_standing(struct comparison *comparison);

#endif
