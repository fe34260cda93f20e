/* el2diff statistics: the counters of a running fuzz target. */
#include "fuzz/statistics.h"
#include "tools/commands.h"
#include "tools/outcome_report.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char usage[] =
    "usage: el2diff statistics [--outcomes|--checks|--past|--table]\n"
    "                          [--json] [--strict] FILE\n"
    "\n"
    "Print the counters that a fuzz target keeps in FILE, a line each. The\n"
    "target was started with EL2DIFF_STATISTICS=FILE and may still run.\n"
    "\n"
    "  --outcomes   instead how often each outcome of the specification was\n"
    "               reached, and of those that cannot be, why\n"
    "  --checks     instead how often each check compared something, and of\n"
    "               those that never did, whether the target could have\n"
    "  --past       instead how often the run went past each of the known\n"
    "               divergences that EL2DIFF_PAST names\n"
    "  --table      instead how each call ended, by the state that the page\n"
    "               which it names was in: reached, possible or impossible\n"
    "  --json       with --table: one object\n"
    "  --strict     exit with 1 when a check is vacuous, or no call was made\n"
    "\n"
    "programs  run                 calls          executed\n"
    "skipped   calls that the specification does not speak of\n"
    "panics    programs that ended in one\n"
    "past      known divergences that the run went past\n"
    "telling   calls that changed state or returned a value\n"
    "length    median of the calls executed of a program\n"
    "outcomes  of the specification that were reached\n"
    "possible  outcomes that can be reached\n"
    "cells     of the table that were reached\n"
    "possible_cells    that can be reached by the calls that the target makes\n"
    "impossible_cells  that were reached and are held to be impossible\n"
    "last      'checks all N compared something', or 'vacuous' and the checks\n"
    "          that could have compared something and never did\n"
    "\n"
    "Exit: 0; 1 as --strict says, and with it or --table when an impossible\n"
    "cell was reached; 2 bad input.\n"
    "\n"
    "Example: el2diff statistics build/fuzz-logs/fuzz_pages.statistics\n";

enum report {
    REPORT_COUNTERS,
    REPORT_OUTCOMES,
    REPORT_CHECKS,
    REPORT_PAST,
    REPORT_TABLE,
};

struct wish {
    enum report report;
    bool json;
    bool strict;
    const char *file;
};

/* Checks that could have compared something, and those of them that did not. */
struct verdict {
    unsigned able;
    unsigned vacuous;
};

static struct verdict verdict_of(const struct statistics *statistics)
{
    struct verdict verdict = {0, 0};
    struct check_scope scope;
    if (!statistics_scope(statistics, &scope)) {
        return verdict;
    }
    for (unsigned i = 0; i < CHECK_COUNT; i++) {
        verdict.able += check_cannot(i, &scope) == NULL;
        verdict.vacuous += statistics_is_vacuous(statistics, i, &scope);
    }
    return verdict;
}

/* Whether that nothing was found means something, as far as checks go. */
static bool is_worth(const struct statistics *statistics)
{
    struct verdict verdict = verdict_of(statistics);
    return verdict.able > 0 && statistics->counts.calls > 0 &&
           verdict.vacuous == 0;
}

static void print_verdict(const struct statistics *statistics)
{
    struct verdict verdict = verdict_of(statistics);
    struct check_scope scope;
    if (verdict.able == 0 || statistics->counts.calls == 0) {
        printf("checks of unknown worth: %s\n",
               verdict.able == 0 ? "no such target" : "no call was made");
        return;
    }
    if (verdict.vacuous == 0) {
        printf("checks all %u compared something\n", verdict.able);
        return;
    }
    printf("vacuous %u of %u checks compared nothing:", verdict.vacuous,
           verdict.able);
    statistics_scope(statistics, &scope);
    for (unsigned i = 0; i < CHECK_COUNT; i++) {
        if (statistics_is_vacuous(statistics, i, &scope)) {
            char name[CHECK_NAME_SIZE];
            check_name(i, name, sizeof name);
            printf(" %s", name);
        }
    }
    printf("\n");
}

static void print_counters(const struct statistics *statistics)
{
    const struct lockstep_counts *counts = &statistics->counts;
    struct outcome_tally cells = outcome_tally_of(statistics);
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
    printf("cells %zu\npossible_cells %zu\nimpossible_cells %zu\n",
           cells.reached, cells.possible, cells.impossible);
    print_verdict(statistics);
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

static void print_checks(const struct statistics *statistics)
{
    struct check_scope scope;
    bool known = statistics_scope(statistics, &scope);
    for (unsigned i = 0; i < CHECK_COUNT; i++) {
        char name[CHECK_NAME_SIZE];
        check_name(i, name, sizeof name);
        printf("%s %" PRIu64, name, statistics->counts.checks[i]);
        const char *why = known ? check_cannot(i, &scope) : NULL;
        if (known && statistics_is_vacuous(statistics, i, &scope)) {
            printf(" vacuous");
        } else if (why != NULL) {
            printf(" not here: %s", why);
        }
        printf("\n");
    }
}

static void print_past(const struct statistics *statistics)
{
    uint64_t apart = 0;
    for (size_t i = 0; i < STATISTICS_KNOWN_LIMIT; i++) {
        const struct statistics_known *known = &statistics->known[i];
        if (known->signature[0] != '\0') {
            printf("%s %" PRIu64 "\n", known->signature, known->past);
            apart += known->past;
        }
    }
    if (apart < statistics->past) {
        printf("others %" PRIu64 "\n", statistics->past - apart);
    }
}

static int complain(const char *what, const char *why)
{
    fprintf(stderr, "el2diff statistics: %s: %s\n", what, why);
    return EXIT_BAD_INPUT;
}

static int print(const struct wish *wish, const struct statistics *statistics)
{
    switch (wish->report) {
    case REPORT_COUNTERS:
        print_counters(statistics);
        break;
    case REPORT_OUTCOMES:
        print_outcomes(statistics);
        break;
    case REPORT_CHECKS:
        print_checks(statistics);
        break;
    case REPORT_PAST:
        print_past(statistics);
        break;
    case REPORT_TABLE:
        if (!wish->json) {
            outcome_report_text(statistics);
        } else if (!outcome_report_json(statistics)) {
            return complain(wish->file, "not enough memory");
        }
        break;
    }
    bool judges_cells = wish->strict || wish->report == REPORT_TABLE;
    bool wrong =
        (judges_cells && outcome_tally_of(statistics).impossible > 0) ||
        (wish->strict && !is_worth(statistics));
    return wrong ? EXIT_FOUND : EXIT_GOOD;
}

static bool parse_report(const char *option, enum report *report)
{
    static const struct {
        const char *option;
        enum report report;
    } reports[] = {
        {"--outcomes", REPORT_OUTCOMES},
        {"--checks", REPORT_CHECKS},
        {"--past", REPORT_PAST},
        {"--table", REPORT_TABLE},
    };
    for (size_t i = 0; i < sizeof reports / sizeof reports[0]; i++) {
        if (strcmp(option, reports[i].option) == 0) {
            *report = reports[i].report;
            return true;
        }
    }
    return false;
}

static int parse(int argc, char **argv, struct wish *wish)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0) {
            wish->json = true;
        } else if (strcmp(argv[i], "--strict") == 0) {
            wish->strict = true;
        } else if (argv[i][0] == '-') {
            if (!parse_report(argv[i], &wish->report)) {
                return complain(argv[i], "no such option (see --help)");
            }
        } else if (wish->file != NULL) {
            return complain(argv[i], "a second FILE");
        } else {
            wish->file = argv[i];
        }
    }
    if (wish->file == NULL) {
        return complain("no FILE", "see --help");
    }
    if (wish->json && wish->report != REPORT_TABLE) {
        return complain("--json", "only with --table");
    }
    return EXIT_GOOD;
}

int command_statistics(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        fputs(usage, stdout);
        return EXIT_GOOD;
    }
    struct wish wish = {.report = REPORT_COUNTERS};
    int status = parse(argc, argv, &wish);
    if (status != EXIT_GOOD) {
        return status;
    }
    static struct statistics statistics;
    const char *why;
    if (!statistics_read(wish.file, &statistics, &why)) {
        return complain(wish.file, why);
    }
    return print(&wish, &statistics);
}
