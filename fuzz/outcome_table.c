#include "fuzz/outcome_table.h"

#include "fuzz/possible.h"

/* Where the call stands in table->pages. */
static unsigned page_call(uint32_t number)
{
    static const uint8_t others[] = {EL2_CALL_host_fault, EL2_CALL_decrypt_buf,
                                     EL2_CALL_smmu_map, EL2_CALL_smmu_clear,
                                     EL2_CALL_vm_fault};
    const unsigned operations =
        EL2_CALL_unmap_smmu_page - EL2_CALL_map_page_host + 1;
    if (number - EL2_CALL_map_page_host < operations) {
        return number - EL2_CALL_map_page_host;
    }
    unsigned at = 0;
    while (others[at] != number) {
        at++;
    }
    return operations + at;
}

void outcome_table_add(struct outcome_table *table, uint32_t number,
                       enum el2_outcome outcome, struct page_state state)
{
    table->ends[number][outcome]++;
    if (page_state_is_of(number)) {
        table->pages[page_call(number)][outcome][state.standing]
                    [state.host_maps]++;
    }
}

uint64_t outcome_table_count(const struct outcome_table *table, uint32_t number,
                             enum el2_outcome outcome, struct page_state state)
{
    if (page_state_is_of(number)) {
        return table->pages[page_call(number)][outcome][state.standing]
                           [state.host_maps];
    }
    return state.standing == PAGE_NONE && !state.host_maps
               ? table->ends[number][outcome]
               : 0;
}

static void visit_outcome(const struct outcome_table *table, uint32_t number,
                          enum el2_outcome outcome, outcome_visitor visitor,
                          void *context)
{
    unsigned standings = page_state_is_of(number) ? PAGE_STANDING_COUNT : 1;
    for (unsigned i = 0; i < 2 * standings; i++) {
        struct page_state state = {(enum page_standing)(i / 2), i % 2 == 1};
        struct outcome_cell cell = {
            .number = number,
            .outcome = outcome,
            .state = state,
            .count = outcome_table_count(table, number, outcome, state),
            .why = impossible_why(number, outcome, state),
        };
        if (state.host_maps && state.standing == PAGE_NONE) {
            continue; /* there is no such page */
        }
        if (cell.count > 0 || cell.why == NULL) {
            visitor(context, &cell);
        }
    }
}

void outcome_table_visit(const struct outcome_table *table,
                         outcome_visitor visitor, void *context)
{
    for (uint32_t n = 0; n < EL2_CALL_NUMBER_LIMIT; n++) {
        for (unsigned o = 0; el2_calls[n].name != NULL && o < EL2_OUTCOME_COUNT;
             o++) {
            visit_outcome(table, n, (enum el2_outcome)o, visitor, context);
        }
    }
}
