/* el2diff statistics: the counters of a running fuzz target. */
#include "fuzz/statistics.h"
#include "tools/commands.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char usage[] =
    "usage: el2diff statistics FILE\n"
    "\n"
    "Print the counters that a fuzz target keeps in FILE, a line each. The\n"
    "target was started with EL2DIFF_STATISTICS=FILE and may still run.\n"
    "\n"
    "Example: el2diff statistics build/fuzz-logs/fuzz_pages.statistics\n";

int command_statistics(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        fputs(usage, stdout);
        return EXIT_GOOD;
    }
    if (argc != 2) {
        fputs(usage, stderr);
        return EXIT_BAD_INPUT;
    }
    struct statistics statistics;
    if (!statistics_read(argv[1], &statistics)) {
        fprintf(stderr, "el2diff statistics: %s: not a file of counters\n",
                argv[1]);
        return EXIT_BAD_INPUT;
    }
    printf("programs %" PRIu64 "\ncalls %" PRIu64 "\nskipped %" PRIu64
           "\npanics %" PRIu64 "\npast %" PRIu64 "\n",
           statistics.programs, statistics.calls, statistics.skipped,
           statistics.panics, statistics.past);
    return EXIT_GOOD;
}
