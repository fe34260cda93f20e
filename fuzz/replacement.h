/*
 * Calls that might do for a program what several of its calls do together: of
 * another kind, with operands that the program has already.
 */
#ifndef FUZZ_REPLACEMENT_H
#define FUZZ_REPLACEMENT_H

#include "fuzz/program.h"

#include <stdbool.h>
#include <stddef.h>

/* Of each argument that many values are tried. */
#define REPLACEMENT_VALUE_LIMIT 4

/* The calls of one number with all combinations of operands, one by one; the
 * first arguments change fastest. */
struct replacement {
    struct program_call call;
    size_t counts[EL2_ARGUMENT_LIMIT]; /* of values of each argument, > 0 */
    size_t chosen[EL2_ARGUMENT_LIMIT];
    struct operand values[EL2_ARGUMENT_LIMIT][REPLACEMENT_VALUE_LIMIT];
};

/* The first of them is in `call` then. `number` is that of a call. */
void replacement_begin(struct replacement *replacement,
                       const struct program *program, uint32_t number);

/* The next one. False when that was the last. */
bool replacement_next(struct replacement *replacement);

#endif
