/*
 * Mutation at the level of calls: what a fuzzing engine does to a program
 * instead of to its bytes. Pure functions of bytes and seed; any bytes will
 * do, and what comes out decodes to what was meant.
 *
 * New operands mostly speak of what the program already speaks of (its VMs,
 * pages, guest addresses), since faults show when calls agree on something.
 */
#ifndef FUZZ_MUTATOR_H
#define FUZZ_MUTATOR_H

#include <stddef.h>
#include <stdint.h>

/* Change the program in place. Returns its new size, at most max_size, which
 * is at least PROGRAM_HEADER_BYTES or nothing is changed. */
size_t mutator_mutate(uint8_t *bytes, size_t size, size_t max_size,
                      uint32_t seed);

/* A program that begins like the first and goes on like a part of the second.
 * Returns its size, at most max_size; 0 when there is no room for one. */
size_t mutator_cross_over(const uint8_t *first, size_t first_size,
                          const uint8_t *second, size_t second_size,
                          uint8_t *out, size_t max_size, uint32_t seed);

#endif
