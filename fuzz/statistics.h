/*
 * Counters of a running fuzz target, in a file that another process can read
 * at any time. Counting costs a store: the file is mapped.
 */
#ifndef FUZZ_STATISTICS_H
#define FUZZ_STATISTICS_H

#include "fuzz/check.h"
#include "fuzz/divergence.h"
#include "fuzz/lockstep.h"
#include "fuzz/outcome_table.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STATISTICS_TARGET_SIZE 32

/* Most known divergences that are counted apart; more are counted together. */
#define STATISTICS_KNOWN_LIMIT 64

/* A known divergence, and how often the run went past it; one that it did not
 * go past has no signature. */
struct statistics_known {
    char signature[DIVERGENCE_SIGNATURE_SIZE]; /* ended */
    uint64_t past;
};

struct statistics {
    uint64_t magic;
    uint64_t layout; /* of what is counted, by the names of all of it */
    char target[STATISTICS_TARGET_SIZE]; /* that counts, ended */
    uint64_t smmus; /* 1: of its platforms one has an SMMU */
    uint64_t past;  /* known divergences that the run went past, all of them */
    struct statistics_known known[STATISTICS_KNOWN_LIMIT];
    struct lockstep_counts counts;
    struct outcome_table table;
};

/*
 * Counters of `target` in the file at `path`; those that it has already are
 * counted on. With a NULL path counters that nobody sees. NULL when the file
 * cannot be had, or holds anything else than this target's counters as this
 * program counts them: *why then says so, and the file is as it was.
 */
struct statistics *statistics_open(const char *path, const char *target,
                                   const char **why);

/* Read the counters of another process. False when the file does not hold
 * counters as this program counts them: *why then says so. */
bool statistics_read(const char *path, struct statistics *statistics,
                     const char **why);

/* The run went past a known divergence. */
void statistics_add_past(struct statistics *statistics, const char *signature);

/* As many calls, at least, were executed of half of the programs. */
uint64_t statistics_median_length(const struct statistics *statistics);

/* Why no run of the specification ends like that; NULL when some can. */
const char *statistics_unreachable(enum el2_outcome outcome);

/* What the target's runs can check and call. False when there is no such
 * target, and so nothing is known. */
bool statistics_scope(const struct statistics *statistics,
                      struct check_scope *scope);

/* Whether the check compared nothing and could have, in a run with calls. */
bool statistics_is_vacuous(const struct statistics *statistics, unsigned check,
                           const struct check_scope *scope);

#endif
