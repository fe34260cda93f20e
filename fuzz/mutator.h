/*
 * Mutation at the level of calls: what a fuzzing engine does to a program
 * instead of to its bytes. Pure functions of bytes and seed; any bytes will
 * do, and what comes out decodes to what was meant.
 *
 * New operands mostly speak of what the program already speaks of (its VMs,
 * pages, guest addresses), since faults show when calls agree on something.
 * New calls mostly are such that the program goes on and that something
 * changes, which a guide tells.
 */
#ifndef FUZZ_MUTATOR_H
#define FUZZ_MUTATOR_H

#include "fuzz/guide.h"

#include <stddef.h>
#include <stdint.h>

/* Calls to draw from: each stands there as often as its weight says. */
struct mutator_urn {
    uint8_t numbers[1024];
    size_t count;
};

struct mutator {
    struct mutator_urn urns[2]; /* by enum el2_run */
    /* One for each platform that programs name, the first for all others; the
     * caller's. With none there are no places on a platform to aim at. */
    struct guide *guides;
    size_t guide_count;
    bool is_blind; /* nobody looks where programs lead */
};

/* How often a call is drawn, compared with the others of its run: 0 to 15. */
typedef unsigned (*mutator_weight)(
    uint32_t number, const struct el2_call_description *description);

/* Without guides. For both kinds of run some call must have a weight. */
void mutator_create(struct mutator *mutator, mutator_weight weight);

/* The weight 1 for all. */
unsigned mutator_weight_even(uint32_t number,
                             const struct el2_call_description *description);

/* Change the program in place. Returns its new size, at most max_size, which
 * is at least PROGRAM_HEADER_BYTES_LIMIT or nothing is changed. */
size_t mutator_mutate(const struct mutator *mutator, uint8_t *bytes,
                      size_t size, size_t max_size, uint32_t seed);

/* A program that begins like the first and goes on like a part of the second.
 * Returns its size, at most max_size; 0 when there is no room for one. */
size_t mutator_cross_over(const struct mutator *mutator, const uint8_t *first,
                          size_t first_size, const uint8_t *second,
                          size_t second_size, uint8_t *out, size_t max_size,
                          uint32_t seed);

#endif
