/* Lists of changed cells, and what the last step of a machine changed. */
#ifndef FUZZ_VECTORS_CHANGES_H
#define FUZZ_VECTORS_CHANGES_H

#include "fuzz/vectors/vector.h"

/* False when there is not enough memory; the list is as it was. */
bool vector_changes_add(struct vector_changes *list, el2_cell cell,
                        struct el2_value value);

/* Ascending by cell, from `first` on. */
void vector_changes_sort(struct vector_changes *list, size_t first);

/*
 * Replace the list by every cell that the last step of this specification
 * changed as vectors see it, with its value now, ascending by cell. False when
 * there is not enough memory.
 */
bool vector_changes_of_step(struct vector_changes *list,
                            struct el2_machine *machine);

/* Values of a cell, as vectors see it, now and before the last step. */
struct el2_value vector_value_now(struct el2_machine *machine, el2_cell cell);
struct el2_value vector_value_before(struct el2_machine *machine,
                                     el2_cell cell);

#endif
