/*
 * Which calls met where: for everything that a call changed, which call changed
 * it last before and how both ended. Two calls that meet in a page, in this
 * order and with these outcomes, are something new that no edge of the code
 * tells of; an engine that is told keeps the program.
 */
#ifndef FUZZ_TRAIL_H
#define FUZZ_TRAIL_H

#include "el2/machine.h"

#include <stddef.h>
#include <stdint.h>

#define TRAIL_COUNTERS 16384

struct trail_mark {
    el2_cell cell;
    uint64_t program; /* in use when equal to the trail's */
    uint32_t last;    /* the call that changed the cell, and its outcome */
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
