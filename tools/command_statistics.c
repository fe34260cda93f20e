/* el2diff statistics: the counters of a running fuzz target. */
#include "fuzz/statistics.h"
#include "tools/commands.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char usage[] =
    "usage: el2diff statistics [--outcomes] FILE\n"
    "\n"
    "Print the counters that a fuzz target keeps in FILE, a line each. The\n"
    "target was started with EL2DIFF_STATISTICS=FILE and may still run.\n"
    "\n"
    "  --outcomes   instead how often each outcome of the specification was\n"
    "               reached, and of those that cannot be, why\n"
    "\n"
    "programs  run                 calls          executed\n"
    "skipped   calls that the specification does not speak of\n"
    "panics    programs that ended in one\n"
    "past      known divergences that the run went past\n"
    "telling   calls that changed state or returned a value\n"
    "length    median of the calls executed of a program\n"
    "outcomes  of the specification that were reached\n"
    "possible  outcomes that can be reached\n"
    "\n"
    "Example: el2diff statistics build/fuzz-logs/fuzz_pages.statistics\n";

static void print_counters(const struct statistics *statistics)
{
    const struct lockstep_counts *counts = &statistics->counts;
    unsigned reached = 0;
    unsigned possible = 0;
    for (unsigned i = 0; i < EL2_OUTCOME_COUNT; i++) {
        if (statistics_unreachable((enum el2_outcome)i) == NULL) {
            possible++;
            reached += counts->outcomes[i] > 0;
        }
    }
    printf("programs %" PRIu64 "\ncalls %" PRIu64 "\nskipped %" PRIu64
           "\npanics %" PRIu64 "\npast %" PRIu64 "\ntelling %" PRIu64
           "\nlength %" PRIu64 "\noutcomes %u\npossible %u\n",
           counts->programs, counts->calls, counts->skipped, counts->panics,
           statistics->past, counts->telling,
           statistics_median_length(statistics), reached, possible);
}

static void print_outcomes(const struct statistics *statistics)
{
    for (unsigned i = 0; i < EL2_OUTCOME_COUNT; i++) {
        enum el2_outcome outcome = (enum el2_outcome)i;
        const char *why = statistics_unreachable(outcome);
        printf("%s %" PRIu64 "%s%s\n", el2_outcome_name(outcome),
               statistics->counts.outcomes[i],
               why != NULL ? " cannot be reached: " : "",
               why != NULL ? why : "");
    }
}

int command_statistics(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        fputs(usage, stdout);
        return EXIT_GOOD;
    }
    bool outcomes = argc == 3 && strcmp(argv[1], "--outcomes") == 0;
    if (argc != 2 && !outcomes) {
        fputs(usage, stderr);
        return EXIT_BAD_INPUT;
    }
    static struct statistics statistics;
    if (!statistics_read(argv[argc - 1], &statistics)) {
        fprintf(stderr, "el2diff statistics: %s: not a file of counters\n",
                argv[argc - 1]);
        return EXIT_BAD_INPUT;
    }
    if (outcomes) {
        print_outcomes(&statistics);
    } else {
        print_counters(&statistics);
    }
    return EXIT_GOOD;
}
