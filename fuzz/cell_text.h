/*
 * Cells and what they hold, in words.
 */
#ifndef FUZZ_CELL_TEXT_H
#define FUZZ_CELL_TEXT_H

#include "el2/cell.h"

#include <stddef.h>

/* Room for the name of any cell, and for any value. */
#define CELL_NAME_SIZE  96
#define CELL_VALUE_SIZE 160

/* Like snprintf, without newline. */
void cell_name(el2_cell cell, char *text, size_t size);
void cell_value(el2_cell cell, struct el2_value value, char *text, size_t size);

#endif
