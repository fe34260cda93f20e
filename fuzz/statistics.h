/*
 * Counters of a running fuzz target, in a file that another process can read
 * at any time. Counting costs a store: the file is mapped.
 */
#ifndef FUZZ_STATISTICS_H
#define FUZZ_STATISTICS_H

#include "fuzz/lockstep.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct statistics {
    uint64_t magic;
    uint64_t past; /* known divergences that the run went past */
    struct lockstep_counts counts;
};

/*
 * Counters in the file at `path`; those that it has already are counted on.
 * With a NULL path, or when the file cannot be had, counters that nobody sees;
 * *why then says so.
 */
struct statistics *statistics_open(const char *path, const char **why);

/* Read the counters of another process; false when it is no such file. */
bool statistics_read(const char *path, struct statistics *statistics);

/* As many calls, at least, were executed of half of the programs. */
uint64_t statistics_median_length(const struct statistics *statistics);

/* Why no run of the specification ends like that; NULL when some can. */
const char *statistics_unreachable(enum el2_outcome outcome);

#endif
