/*
 * What a fuzzing engine calls, for every target over programs: run one, change
 * one, cross two. The target itself says in LLVMFuzzerInitialize() which
 * machines it compares.
 */
#include "fuzz/target.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t max_size,
                               unsigned int seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *first, size_t first_size,
                                 const uint8_t *second, size_t second_size,
                                 uint8_t *out, size_t max_size,
                                 unsigned int seed);

/* libFuzzer's; not every engine has it. */
__attribute__((weak)) size_t LLVMFuzzerMutate(uint8_t *bytes, size_t size,
                                              size_t max_size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    return target_run(bytes, size);
}

size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t max_size,
                               unsigned int seed)
{
    return target_mutate(bytes, size, max_size, seed, LLVMFuzzerMutate);
}

size_t LLVMFuzzerCustomCrossOver(const uint8_t *first, size_t first_size,
                                 const uint8_t *second, size_t second_size,
                                 uint8_t *out, size_t max_size,
                                 unsigned int seed)
{
    return target_cross_over(first, first_size, second, second_size, out,
                             max_size, seed);
}
