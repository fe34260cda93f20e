/*
 * A program that diverges, made as small as it goes while it diverges for the
 * same reason: with the signature that it had (fuzz/divergence.h).
 *
 * Only simpler programs are ever gone to (fuzz/simplicity.h), so this ends. In
 * the end no call can be left out, nor any two unless the program is long, and
 * no operand can be one of its operand_candidates(), neither alone nor wherever
 * the program has the same value. What comes out depends on the program, the
 * machines and the platform only.
 */
#ifndef FUZZ_MINIMIZE_H
#define FUZZ_MINIMIZE_H

#include "fuzz/lockstep.h"

/* Calls to make at most, where a run counts for a few more than it has: some
 * seconds. Programs that a fuzzer finds need a hundredth of it. */
#define MINIMIZE_EFFORT_LIMIT UINT64_C(20000000)

struct minimized {
    struct divergence divergence; /* of what is left */
    uint64_t runs;
    uint64_t effort;
    bool complete; /* false: it could perhaps be smaller, the limit is reached
                    */
};

/* Room to work in, about 100 KiB. Means nothing between two calls. */
struct minimizer_room {
    struct program candidate;
};

/*
 * Minimize *program in place, on the machines of a lockstep. Everything is
 * compared at the end of each run, and the lockstep's watchers are not called;
 * both are as before afterwards.
 *
 * False, and the program is as it was, when it does not diverge.
 */
bool minimize(struct lockstep *lockstep, struct program *program,
              uint64_t effort_limit, struct minimizer_room *room,
              struct minimized *minimized);

#endif
