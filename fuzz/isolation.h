/*
 * Which divergences break isolation: a page, a table, a bank or the content of
 * a page is, or may come to be, within reach of somebody to whom the
 * specification does not give it.
 */
#ifndef FUZZ_ISOLATION_H
#define FUZZ_ISOLATION_H

#include "fuzz/divergence.h"

enum isolation {
    ISOLATION_KEPT,
    ISOLATION_AT_RISK, /* what decides it later is wrong, or unknown */
    ISOLATION_BROKEN,  /* now */
};

/*
 * Decided by the outcome and the observation, and so by the signature; where
 * a signature stands for several things, by the invariant that is broken, or
 * by the machine's guard having seen a fault. Neither the values nor the
 * program decide: the same divergence is the same issue.
 */
enum isolation divergence_isolation(const struct divergence *divergence);

/* A few words for people. */
const char *isolation_says(enum isolation isolation);

#endif
