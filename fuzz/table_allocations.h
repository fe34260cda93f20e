/*
 * The tables that a program takes from bump pools, counted as it takes them.
 *
 * What is taken is what the specification says. The order is that of the
 * calls; the tables of one call follow by address space, stage-2 by vmid and
 * then the SMMUs', and there by level, the upper ones first.
 */
#ifndef FUZZ_TABLE_ALLOCATIONS_H
#define FUZZ_TABLE_ALLOCATIONS_H

#include "el2/machine.h"

#include <stddef.h>
#include <stdint.h>

struct table_allocation {
    uint32_t number;  /* among those of the program, from 1; 0: none */
    uint32_t in_call; /* among those of the call, from 1 */
    size_t step;      /* index of that call in the program */
    struct el2_table_pool pool;
    uint32_t in_pool; /* among those of the pool, from 1 */
};

/*
 * Make calls on a specification alone, from reset on, until it has taken
 * `number` tables, or a call panics, or there are no more calls or no room.
 * Returns how many tables it took, at most `number`; when that is `number`,
 * *allocation is the last one. The machine is not reset afterwards.
 */
uint32_t table_allocations(struct el2_machine *specification, enum el2_run run,
                           const struct el2_call *calls, size_t call_count,
                           uint32_t number,
                           struct table_allocation *allocation);

/* How many tables a machine has taken since its reset. */
uint32_t table_allocations_since_reset(struct el2_machine *machine,
                                       const struct el2_platform *platform);

/* Which table it is, in words: "level-2 table 1 of vmid 3". */
#define TABLE_ALLOCATION_NAME_SIZE 64
void table_allocation_name(const struct table_allocation *allocation,
                           char *text, size_t size);

#endif
