/*
 * Which calls met where: for everything that a call changed, which calls
 * changed it last before and how each ended. Three calls that meet in a page,
 * in this order and with these outcomes, are something new that no edge of the
 * code tells of; an engine that is told keeps the program. So are a call that
 * changes far more than it did before, and a count that has grown.
 */
#ifndef FUZZ_TRAIL_H
#define FUZZ_TRAIL_H

#include "el2/machine.h"

#include <stddef.h>
#include <stdint.h>

#define TRAIL_COUNTERS 32768

struct trail_mark {
    el2_cell cell;
    uint64_t program; /* in use when equal to the trail's */
    /* The calls that changed the cell, with their outcomes: the last one, and
     * of a page the one before it. */
    uint32_t last;
    uint32_t before_last;
};

struct trail {
    uint8_t
        *counters; /* TRAIL_COUNTERS of them, the engine's; it clears them */
    uint64_t program;
    struct trail_mark marks[4096];
};

/* With these counters and nothing met. */
void trail_start(struct trail *trail, uint8_t *counters);

void trail_begin_program(struct trail *trail);

/* A call ended like this and changed these cells. */
void trail_add(struct trail *trail, uint32_t number, enum el2_outcome outcome,
               const struct el2_touched *touched);

#endif
