#include "tools/outcome_report.h"

#include "fuzz/possible.h"

#include <cjson/cJSON.h>
#include <stdio.h>

struct cells {
    cJSON *array;
    bool knows_scope;
    struct check_scope scope;
};

static void add_cell(void *context, const struct outcome_cell *cell)
{
    struct cells *cells = context;
    bool made = !cells->knows_scope || cells->scope.makes[cell->number];
    if (!made && cell->count == 0) {
        return;
    }
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "call", el2_calls[cell->number].name);
    cJSON_AddStringToObject(object, "outcome", el2_outcome_name(cell->outcome));
    if (page_state_is_of(cell->number)) {
        cJSON_AddStringToObject(object, "page",
                                page_standing_name(cell->state.standing));
        cJSON_AddBoolToObject(object, "host_maps", cell->state.host_maps);
    }
    cJSON_AddNumberToObject(object, "count", (double)cell->count);
    cJSON_AddBoolToObject(object, "possible", cell->why == NULL);
    if (cell->why != NULL) {
        cJSON_AddStringToObject(object, "why", cell->why);
    }
    cJSON_AddItemToArray(cells->array, object);
}

static void add_proven(cJSON *array)
{
    const struct impossible_end *end;
    for (size_t i = 0; (end = impossible_end_at(i)) != NULL; i++) {
        cJSON *object = cJSON_CreateObject();
        cJSON_AddStringToObject(object, "call", el2_calls[end->call].name);
        cJSON_AddStringToObject(
            object, "outcome",
            el2_outcome_name((enum el2_outcome)end->outcome));
        cJSON_AddStringToObject(object, "why", end->why);
        cJSON_AddItemToArray(array, object);
    }
}

bool outcome_report_json(const struct statistics *statistics)
{
    struct outcome_tally tally = outcome_tally_of(statistics);
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "target", statistics->target);
    cJSON_AddNumberToObject(object, "possible", (double)tally.possible);
    cJSON_AddNumberToObject(object, "reached", (double)tally.reached);
    cJSON_AddNumberToObject(object, "impossible_and_reached",
                            (double)tally.impossible);
    struct cells cells = {.array = cJSON_AddArrayToObject(object, "cells")};
    cells.knows_scope = statistics_scope(statistics, &cells.scope);
    outcome_table_visit(&statistics->table, add_cell, &cells);
    add_proven(cJSON_AddArrayToObject(object, "impossible_ends"));
    char *text = cJSON_Print(object);
    if (text != NULL) {
        puts(text);
    }
    cJSON_free(text);
    cJSON_Delete(object);
    return text != NULL;
}
