#include "fuzz/cell_set.h"

#include <stdlib.h>

#define SLOT_BITS 19
#define SLOTS     (UINT64_C(1) << SLOT_BITS)
#define CELLS     (SLOTS / 4 * 3)

/* Neighbours share a cache line: ranges are what programs touch. */
#define GROUP_BITS 6

bool cell_set_create(struct cell_set *set)
{
    *set = (struct cell_set){.program = 1};
    set->slots = calloc(SLOTS, sizeof *set->slots);
    set->cells = calloc(CELLS, sizeof *set->cells);
    if (set->slots == NULL || set->cells == NULL) {
        cell_set_destroy(set);
        return false;
    }
    return true;
}

void cell_set_destroy(struct cell_set *set)
{
    free(set->slots);
    free(set->cells);
    *set = (struct cell_set){0};
}

void cell_set_begin_program(struct cell_set *set)
{
    set->program++;
    set->count = 0;
}

static size_t hash(el2_cell cell)
{
    uint64_t group = cell >> GROUP_BITS;
    uint64_t within = cell & ((UINT64_C(1) << GROUP_BITS) - 1);
    group *= UINT64_C(0x9e3779b97f4a7c15);
    group >>= 64 - SLOT_BITS + GROUP_BITS;
    return (size_t)((group << GROUP_BITS) | within);
}

void cell_set_add(struct cell_set *set, el2_cell cell)
{
    size_t at = hash(cell);
    while (set->slots[at].program == set->program) {
        if (set->slots[at].cell == cell) {
            return;
        }
        at = (at + 1) & (SLOTS - 1);
    }
    set->slots[at] = (struct cell_set_slot){cell, set->program};
    set->cells[set->count++] = cell;
}

size_t cell_set_room(const struct cell_set *set)
{
    return CELLS - set->count;
}
