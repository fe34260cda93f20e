/*
 * What every fuzz target over programs does with the bytes that an engine
 * gives it. A target is this and a pairing.
 *
 * Environment:
 *   EL2DIFF_PLATFORM    a built-in platform or a file, instead of the one
 *                       that each program names
 *   EL2DIFF_PAST        signatures, with commas: go past these divergences
 *   EL2DIFF_STATISTICS  a file for counters, see fuzz/statistics.h
 */
#ifndef FUZZ_TARGET_H
#define FUZZ_TARGET_H

#include <stddef.h>
#include <stdint.h>

/* What an engine is told besides the edges of the code, see fuzz/trail.h: it
 * counts what is not 0 here as covered. */
extern uint8_t target_counters[];

/* Read the environment. Exits with 2 and one line on standard error when
 * something in it cannot be used. */
void target_start(const char *target);

/* Decode, run in lockstep, abort on a divergence. Returns 0. */
int target_run(const uint8_t *bytes, size_t size);

/* Programs that such a target is to run; see fuzz/mutator.h. */
const struct mutator *target_mutator(void);

#endif
