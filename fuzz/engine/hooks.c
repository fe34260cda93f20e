/*
 * What a fuzzing engine calls, for every target over programs: run one, change
 * one, cross two. The target itself says in LLVMFuzzerInitialize() which
 * machines it compares.
 */
#include "fuzz/mutator.h"
#include "fuzz/target.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t max_size,
                               unsigned int seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *first, size_t first_size,
                                 const uint8_t *second, size_t second_size,
                                 uint8_t *out, size_t max_size,
                                 unsigned int seed);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    return target_run(bytes, size);
}

size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t max_size,
                               unsigned int seed)
{
    return mutator_mutate(target_mutator(), bytes, size, max_size, seed);
}

size_t LLVMFuzzerCustomCrossOver(const uint8_t *first, size_t first_size,
                                 const uint8_t *second, size_t second_size,
                                 uint8_t *out, size_t max_size,
                                 unsigned int seed)
{
    return mutator_cross_over(target_mutator(), first, first_size, second,
                              second_size, out, max_size, seed);
}
