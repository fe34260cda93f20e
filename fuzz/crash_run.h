/*
 * A run with crashes for its only oracle, as most fuzzers of hypervisors have
 * it: what comparing two machines finds is measured against this.
 */
#ifndef FUZZ_CRASH_RUN_H
#define FUZZ_CRASH_RUN_H

#include "fuzz/lockstep.h"

/*
 * Like lockstep_run(), but nothing is compared and no invariant checked: the
 * program diverges only where the other machine's own guard sees a fault
 * (struct el2_step). Sanitizers end the process as ever. It ends at the first
 * panic of either machine. Both run all the same: the specification says which
 * calls are made, and what an engine is told.
 */
enum lockstep_end crash_run(struct lockstep *lockstep,
                            const struct program *program,
                            struct divergence *divergence);

#endif
