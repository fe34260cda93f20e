/*
 * What every fuzz target over programs does with the bytes that an engine
 * gives it. A target is this and a pairing.
 *
 * Environment:
 *   EL2DIFF_PLATFORM    a built-in platform or a file, instead of the one
 *                       that each program names
 *   EL2DIFF_PAST        signatures, with commas: go past these divergences
 *   EL2DIFF_STATISTICS  a file for counters, see fuzz/statistics.h
 *
 * What the target is measured against (tools/faults), in the same program:
 *   EL2DIFF_MUTATION    "calls": the mutator of fuzz/mutator.h, the default;
 *                       "bytes": the engine's own mutations of bytes;
 *                       "random": each program is drawn anew by the same
 *                       mutator, without a guide and from nothing, so that
 *                       nothing is used of what the engine learns
 *   EL2DIFF_ORACLES     "all", the default; "crashes": the machines are not
 *                       compared, see fuzz/crash_run.h
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

/* An engine's own mutations, as LLVMFuzzerMutate(). */
typedef size_t (*target_byte_mutations)(uint8_t *bytes, size_t size,
                                        size_t max_size);

/* Change one program, or cross two, as the environment says; sizes as in
 * fuzz/mutator.h. An engine without mutations of its own gives NULL. */
size_t target_mutate(uint8_t *bytes, size_t size, size_t max_size,
                     uint32_t seed, target_byte_mutations byte_mutations);
size_t target_cross_over(const uint8_t *first, size_t first_size,
                         const uint8_t *second, size_t second_size,
                         uint8_t *out, size_t max_size, uint32_t seed);

#endif
