/*
 * Counters of a running fuzz target, in a file that another process can read
 * at any time. Counting costs a store: the file is mapped.
 */
#ifndef FUZZ_STATISTICS_H
#define FUZZ_STATISTICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct statistics {
    uint64_t magic;
    uint64_t programs;
    uint64_t calls;   /* executed */
    uint64_t skipped; /* outside the contracts */
    uint64_t panics;  /* programs that ended in one */
    uint64_t past;    /* known divergences that the run went past */
};

/*
 * Counters in the file at `path`, which is made anew. With a NULL path, or
 * when the file cannot be had, counters that nobody sees; *why then says so.
 */
struct statistics *statistics_open(const char *path, const char **why);

/* Read the counters of another process; false when it is no such file. */
bool statistics_read(const char *path, struct statistics *statistics);

#endif
