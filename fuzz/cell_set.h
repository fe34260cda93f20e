/*
 * The cells that a program touched so far, each once. Nothing is allocated
 * after creation.
 */
#ifndef FUZZ_CELL_SET_H
#define FUZZ_CELL_SET_H

#include "el2/cell.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cell_set_slot {
    el2_cell cell;
    uint64_t program; /* number of the program that added it last */
};

struct cell_set {
    struct cell_set_slot *slots;
    el2_cell *cells; /* of this program, in the order of their first touch */
    size_t count;
    uint64_t program; /* counts up for ever */
};

/* False when there is not enough memory. */
bool cell_set_create(struct cell_set *set);
void cell_set_destroy(struct cell_set *set);

/* Forget all cells. */
void cell_set_begin_program(struct cell_set *set);

/* There must be room. */
void cell_set_add(struct cell_set *set, el2_cell cell);

/* How many more cells fit. */
size_t cell_set_room(const struct cell_set *set);

#endif
