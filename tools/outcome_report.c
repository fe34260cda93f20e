#include "tools/outcome_report.h"

#include "fuzz/pairing.h"
#include "fuzz/possible.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define NUMBER_SIZE 24
#define CELL_SIZE   (2 * NUMBER_SIZE)

struct report {
    const struct statistics *statistics;
    struct check_scope scope;
    bool is_as_read; /* else nothing is impossible */
    struct outcome_tally tally;
};

/* False when the target is unknown: then nothing is left out. */
static void begin(struct report *report, const struct statistics *statistics)
{
    const struct pairing *pairing = pairing_find(statistics->target);
    *report = (struct report){.statistics = statistics};
    report->is_as_read = pairing != NULL && pairing->is_as_read;
    if (!statistics_scope(statistics, &report->scope)) {
        memset(report->scope.makes, 1, sizeof report->scope.makes);
    }
}

static void add_to_tally(void *context, const struct outcome_cell *cell)
{
    struct report *report = context;
    if (cell->why != NULL) {
        report->tally.impossible += report->is_as_read;
    } else if (report->scope.makes[cell->number]) {
        report->tally.possible++;
        report->tally.reached += cell->count > 0;
    }
}

struct outcome_tally outcome_tally_of(const struct statistics *statistics)
{
    struct report report;
    begin(&report, statistics);
    outcome_table_visit(&statistics->table, add_to_tally, &report);
    return report.tally;
}

/* Three digits or so. */
static void print_short(char *text, size_t size, uint64_t count)
{
    static const char *const units[] = {"", "k", "M", "G", "T", "P"};
    unsigned unit = 0;
    uint64_t tenths = 10 * count;
    while (tenths >= 10000 && unit < 5) {
        tenths /= 1000;
        unit++;
    }
    if (unit > 0 && tenths < 100) {
        snprintf(text, size, "%" PRIu64 ".%" PRIu64 "%s", tenths / 10,
                 tenths % 10, units[unit]);
    } else {
        snprintf(text, size, "%" PRIu64 "%s", tenths / 10, units[unit]);
    }
}

/* One state: a count, '.' for possible, '-' for impossible. */
static void state_text(const struct statistics *statistics, uint32_t number,
                       enum el2_outcome outcome, struct page_state state,
                       char *text, size_t size)
{
    uint64_t count =
        outcome_table_count(&statistics->table, number, outcome, state);
    bool possible = impossible_why(number, outcome, state) == NULL;
    if (count > 0) {
        char number_text[NUMBER_SIZE - 1];
        print_short(number_text, sizeof number_text, count);
        snprintf(text, size, "%s%s", possible ? "" : "!", number_text);
    } else {
        snprintf(text, size, "%s", possible ? "." : "-");
    }
}

/* A standing: when the host does not map the page, and when it does. */
static void standing_text(const struct statistics *statistics, uint32_t number,
                          enum el2_outcome outcome, unsigned standing,
                          char *text, size_t size)
{
    char not_mapped[NUMBER_SIZE];
    char mapped[NUMBER_SIZE];
    struct page_state state = {(enum page_standing)standing, false};
    state_text(statistics, number, outcome, state, not_mapped,
               sizeof not_mapped);
    state.host_maps = true;
    state_text(statistics, number, outcome, state, mapped, sizeof mapped);
    bool apart = standing != PAGE_NONE && strcmp(mapped, "-") != 0;
    snprintf(text, size, "%s%s%s", not_mapped, apart ? "|" : "",
             apart ? mapped : "");
}

/* Whether the call has such an end, or had one. */
static bool has_outcome(const struct statistics *statistics, uint32_t number,
                        enum el2_outcome outcome)
{
    return possible_outcome(number, outcome) ||
           statistics->table.ends[number][outcome] > 0;
}

static void print_page_row(const struct statistics *statistics, uint32_t number,
                           enum el2_outcome outcome, const int *widths)
{
    printf("  %-24s", el2_outcome_name(outcome));
    for (unsigned i = 0; i < PAGE_STANDING_COUNT; i++) {
        char cell[CELL_SIZE];
        standing_text(statistics, number, outcome, i, cell, sizeof cell);
        if (widths[i] > 0) {
            printf(" %*s", widths[i], cell);
        }
    }
    printf("\n");
}

/* Widths of the columns in which the call has anything, 0 for the others. */
static void measure(const struct statistics *statistics, uint32_t number,
                    int *widths)
{
    for (unsigned i = 0; i < PAGE_STANDING_COUNT; i++) {
        widths[i] = 0;
        for (unsigned o = 0; o < EL2_OUTCOME_COUNT; o++) {
            char cell[CELL_SIZE];
            standing_text(statistics, number, (enum el2_outcome)o, i, cell,
                          sizeof cell);
            int name = (int)strlen(page_standing_name((enum page_standing)i));
            int width = (int)strlen(cell);
            width = width > name ? width : name;
            if (strcmp(cell, "-") != 0 && width > widths[i]) {
                widths[i] = width;
            }
        }
    }
}

/* A row for each end, a column for each standing of the page. */
static void print_page_call(const struct statistics *statistics,
                            uint32_t number)
{
    int widths[PAGE_STANDING_COUNT];
    measure(statistics, number, widths);
    printf("\n%-26s", el2_calls[number].name);
    for (unsigned i = 0; i < PAGE_STANDING_COUNT; i++) {
        if (widths[i] > 0) {
            printf(" %*s", widths[i],
                   page_standing_name((enum page_standing)i));
        }
    }
    printf("\n");
    for (unsigned o = 0; o < EL2_OUTCOME_COUNT; o++) {
        if (has_outcome(statistics, number, (enum el2_outcome)o)) {
            print_page_row(statistics, number, (enum el2_outcome)o, widths);
        }
    }
}

static void print_call(const struct statistics *statistics, uint32_t number)
{
    const struct page_state none = {PAGE_NONE, false};
    printf("\n%s\n", el2_calls[number].name);
    for (unsigned o = 0; o < EL2_OUTCOME_COUNT; o++) {
        enum el2_outcome outcome = (enum el2_outcome)o;
        if (has_outcome(statistics, number, outcome)) {
            char cell[NUMBER_SIZE];
            state_text(statistics, number, outcome, none, cell, sizeof cell);
            printf("  %-24s %6s\n", el2_outcome_name(outcome), cell);
        }
    }
}

static void print_cell_name(const struct outcome_cell *cell)
{
    printf("  %s %s", el2_calls[cell->number].name,
           el2_outcome_name(cell->outcome));
    if (page_state_is_of(cell->number)) {
        printf(" %s%s", page_standing_name(cell->state.standing),
               cell->state.host_maps ? " mapped" : "");
    }
}

static void print_empty(void *context, const struct outcome_cell *cell)
{
    const struct report *report = context;
    if (cell->why == NULL && cell->count == 0 &&
        report->scope.makes[cell->number]) {
        print_cell_name(cell);
        printf("\n");
    }
}

static void print_impossible(void *context, const struct outcome_cell *cell)
{
    (void)context;
    if (cell->why != NULL) {
        print_cell_name(cell);
        printf(" %" PRIu64 ": should be impossible: %s\n", cell->count,
               cell->why);
    }
}

static void print_proven(void)
{
    const struct impossible_end *end;
    printf("\nimpossible, though the text of the call has such an end:\n");
    for (size_t i = 0; (end = impossible_end_at(i)) != NULL; i++) {
        printf("  %s %s", el2_calls[end->call].name,
               el2_outcome_name((enum el2_outcome)end->outcome));
        for (unsigned s = 1; s < PAGE_STANDING_COUNT; s++) {
            if ((end->standings >> s & 1) != 0) {
                printf(" %s", page_standing_name((enum page_standing)s));
            }
        }
        printf(": %s\n", end->why);
    }
}

void outcome_report_text(const struct statistics *statistics)
{
    struct report report;
    begin(&report, statistics);
    outcome_table_visit(&statistics->table, add_to_tally, &report);
    printf("%s: how calls ended, by the state of their page before: not mapped "
           "by the host | mapped\n"
           "a count: reached; '.': possible; '-': impossible; ends that are "
           "not listed are impossible\n",
           statistics->target);
    for (uint32_t n = 0; n < EL2_CALL_NUMBER_LIMIT; n++) {
        if (el2_calls[n].name == NULL || !report.scope.makes[n]) {
            continue;
        }
        if (page_state_is_of(n)) {
            print_page_call(statistics, n);
        } else {
            print_call(statistics, n);
        }
    }
    printf("\nreached: %zu of %zu possible cells; not reached:\n",
           report.tally.reached, report.tally.possible);
    outcome_table_visit(&statistics->table, print_empty, &report);
    print_proven();
    if (report.tally.impossible > 0) {
        printf("\nimpossible and reached: %zu\n", report.tally.impossible);
        outcome_table_visit(&statistics->table, print_impossible, &report);
    }
}
