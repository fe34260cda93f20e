/*
 * Every state that the calls of a domain reach from boot, breadth first: what a
 * fuzzer samples is covered here, and the first divergence is one of the
 * shortest. From each state of the specification, each once, every call of the
 * domain is made on both machines and compared.
 *
 * What is found does not depend on the number of workers, nor on the time; only
 * how far it comes within a time does.
 */
#ifndef EXPLORE_EXPLORE_H
#define EXPLORE_EXPLORE_H

#include "explore/expansion.h"
#include "fuzz/pairing.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum explore_end {
    EXPLORE_EXHAUSTED,     /* there are no more states */
    EXPLORE_DEPTH_REACHED, /* as asked for, or EXPLORE_DEPTH_LIMIT */
    EXPLORE_TIME_OVER,
    EXPLORE_INTERRUPTED,
    EXPLORE_MEMORY_FULL,
    EXPLORE_DIVERGED,       /* see the path and call; replay it to see why */
    EXPLORE_CRASHED,        /* the machine died of that call */
    EXPLORE_NOT_REPEATABLE, /* the same calls did not end the same twice */
    EXPLORE_FAILED,         /* the system refused something: see `why` */
};

struct exploration_counts {
    uint64_t states; /* found, with the one at boot */
    uint64_t expanded;
    uint64_t transitions; /* calls made, each from its state once */
    uint64_t panics;
    uint64_t depth;   /* of the states that are being expanded */
    uint64_t waiting; /* states of this depth and of the next, together */
    uint64_t ends[EL2_CALL_NUMBER_LIMIT][EL2_OUTCOME_COUNT];
};

struct exploration {
    /* What to explore; the caller's. */
    struct paired_machines *pair;
    const struct program *domain;
    bool folds; /* VMs and pages that differ by their names only */
    /* How far. */
    size_t depth_limit; /* calls, at most EXPLORE_DEPTH_LIMIT */
    double seconds;     /* 0: without end */
    uint64_t memory;    /* bytes, for hashes of states */
    size_t workers;     /* > 0 */
    const volatile bool *interrupted;
    /* A file to go on from when it is there, where what is left is put when
     * states are left, and which is removed when none are; or NULL. */
    const char *state_file;
    /* Told of every few batches; may be NULL. */
    void (*progress)(void *context, const struct exploration_counts *counts,
                     double seconds);
    void *progress_context;

    /* What came of it. */
    struct exploration_counts counts;
    double took; /* seconds */
    bool resumed;
    struct state_path path; /* to the state at which it ended badly */
    size_t call;            /* and the call there, by its place in the domain */
    char why[160];
};

enum explore_end explore(struct exploration *exploration);

/* What was explored, as words: "exhausted", "depth", "time" ... */
const char *explore_end_name(enum explore_end end);

#endif
