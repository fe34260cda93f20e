/*
 * Coverage in the specification's own terms: how often each call ended in each
 * way, and of calls about one page in which state the page was before.
 */
#ifndef FUZZ_OUTCOME_TABLE_H
#define FUZZ_OUTCOME_TABLE_H

#include "el2/machine.h"
#include "fuzz/page_state.h"

#include <stddef.h>
#include <stdint.h>

/* Calls of which page_state_is_of() is true. */
#define OUTCOME_TABLE_PAGE_CALLS 15

struct outcome_table {
    uint64_t ends[EL2_CALL_NUMBER_LIMIT][EL2_OUTCOME_COUNT];
    uint64_t pages[OUTCOME_TABLE_PAGE_CALLS][EL2_OUTCOME_COUNT]
                  [PAGE_STANDING_COUNT][2]; /* not mapped, mapped by the host */
};

/* One more call that ended like that. */
void outcome_table_add(struct outcome_table *table, uint32_t number,
                       enum el2_outcome outcome, struct page_state state);

/* How often. Of other calls all stand at PAGE_NONE. */
uint64_t outcome_table_count(const struct outcome_table *table, uint32_t number,
                             enum el2_outcome outcome, struct page_state state);

/* A cell of the table, and what is known of it. */
struct outcome_cell {
    uint32_t number;
    enum el2_outcome outcome;
    struct page_state state;
    uint64_t count;
    const char *why; /* it is impossible; NULL: it is possible */
};

/* Called for each cell that is possible or was reached, by call, outcome and
 * state. */
typedef void (*outcome_visitor)(void *context, const struct outcome_cell *cell);

void outcome_table_visit(const struct outcome_table *table,
                         outcome_visitor visitor, void *context);

#endif
