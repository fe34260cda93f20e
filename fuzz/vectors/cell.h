/* Cells and their values in words, part by part. */
#ifndef FUZZ_VECTORS_CELL_H
#define FUZZ_VECTORS_CELL_H

#include "el2/cell.h"

#include <stddef.h>

/* Most parts that a value has. */
#define VECTOR_CELL_PARTS 3

/* As in "page 0x40100" or "npt 7 gfn 0x201". */
void vector_cell_name(el2_cell cell, char *text, size_t size);

/*
 * Part number `part` of the value of a cell of this kind: its name, NULL when
 * there is no such part, and its value in words, as in "owner" and "none".
 * Values that differ print differently in some part. Cells that vectors do not
 * speak of have no parts.
 */
const char *vector_cell_part(enum el2_cell_kind kind, size_t part);
void vector_cell_print(enum el2_cell_kind kind, size_t part,
                       struct el2_value value, char *text, size_t size);

#endif
