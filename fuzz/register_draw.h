/*
 * Random registers for the arguments that name nothing: lengths, attributes,
 * register offsets and data, mostly as a kernel would give them, and now and
 * then at an edge or beyond.
 */
#ifndef FUZZ_REGISTER_DRAW_H
#define FUZZ_REGISTER_DRAW_H

#include "fuzz/random.h"

#include "el2/calls.h"

/* A value for an argument of this kind, from EL2_ARGUMENT_VCPU on. */
uint64_t register_draw(struct random *random, enum el2_argument_kind kind);

/* The value with a high bit set, or all from there on, once in a while: what a
 * check that looks at 32 bits does not see. */
uint64_t register_draw_high_bit(struct random *random, uint64_t value);

#endif
