/*
 * Random operands that mean something: near what a program speaks of already,
 * and now and then at an edge.
 */
#ifndef FUZZ_OPERAND_DRAW_H
#define FUZZ_OPERAND_DRAW_H

#include "fuzz/program.h"

/* A sequence of numbers that a seed determines. */
struct random {
    uint64_t state;
};

static inline struct random random_from(uint32_t seed)
{
    return (struct random){seed * UINT64_C(0x9e3779b97f4a7c15) + 1};
}

/* splitmix64. */
static inline uint64_t random_next(struct random *random)
{
    uint64_t z = random->state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* 0 .. limit - 1; limit > 0 and below 2^32. */
static inline uint64_t random_below(struct random *random, uint64_t limit)
{
    return ((random_next(random) >> 32) * limit) >> 32;
}

static inline bool random_one_in(struct random *random, uint64_t n)
{
    return random_below(random, n) == 0;
}

/* An operand of this kind for a further call of the program. */
struct operand operand_draw(struct random *random,
                            const struct program *program,
                            enum el2_argument_kind kind);

#endif
