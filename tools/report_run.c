#include "tools/report_run.h"

#include "fuzz/call_kinds.h"
#include "fuzz/call_text.h"
#include "fuzz/cell_text.h"
#include "tools/divergence_json.h"
#include "tools/report_cells.h"

#include <stdlib.h>

/* Of each kind; a page with more of them is no longer read by people. */
#define SPANS_OF_KIND_LIMIT 2048

struct telling {
    struct lockstep *lockstep;
    struct cell_spans spans;
    struct el2_value *values; /* of the first cell of each span, now */
    cJSON *steps;
};

/* The page knows cells by these words. */
static const char *const kind_names[EL2_CELL_KIND_COUNT] = {
    [EL2_CELL_PAGE] = "page",
    [EL2_CELL_NPT] = "npt",
    [EL2_CELL_NPT_BLOCK] = "npt_block",
    [EL2_CELL_SPT] = "spt",
    [EL2_CELL_BANK] = "bank",
    [EL2_CELL_VM_STATE] = "vm",
    [EL2_CELL_CORE] = "core",
    [EL2_CELL_MEMORY] = "memory",
    [EL2_CELL_DATA_LOG] = "data_log",
    [EL2_CELL_NPT_TABLES] = "npt_tables",
    [EL2_CELL_SPT_TABLES] = "spt_tables",
    [EL2_CELL_VCPU] = "vcpu",
    [EL2_CELL_INC_EXE] = "inc_exe",
    [EL2_CELL_IMAGE] = "image",
    [EL2_CELL_IMAGE_REMAP] = "image_remap",
    [EL2_CELL_MEMORY_UNKNOWN] = "memory_unknown",
};

static void add_page_fields(cJSON *object, struct el2_value value)
{
    uint32_t owner = el2_value_owner(value);
    uint32_t count = el2_value_count(value);
    cJSON_AddNumberToObject(object, "owner",
                            owner == EL2_INVALID ? -1 : (double)owner);
    cJSON_AddNumberToObject(object, "count",
                            count == EL2_INVALID ? -1 : (double)count);
}

/* What a cell holds: in words, and what the map draws of it. */
static cJSON *value_json(el2_cell cell, struct el2_value value)
{
    char text[CELL_VALUE_SIZE];
    cJSON *object = cJSON_CreateObject();
    cell_value(cell, value, text, sizeof text);
    cJSON_AddStringToObject(object, "says", text);
    switch (el2_cell_kind(cell)) {
    case EL2_CELL_PAGE:
        add_page_fields(object, value);
        break;
    case EL2_CELL_NPT:
    case EL2_CELL_NPT_BLOCK:
    case EL2_CELL_SPT:
        if (el2_value_descriptor(value) != 0 &&
            el2_value_translation(value) != EL2_NO_TRANSLATION) {
            json_add_hex(object, "to", el2_value_translation(value));
        }
        break;
    default:
        break;
    }
    return object;
}

static struct el2_value observe(struct el2_machine *machine, el2_cell cell)
{
    return machine->operations->observe(machine, cell);
}

/* All spans, with what they hold now, which is before the first call. */
static void add_cells(struct telling *telling, cJSON *run)
{
    cJSON *cells = cJSON_AddArrayToObject(run, "cells");
    for (size_t i = 0; i < telling->spans.count; i++) {
        struct cell_span span = telling->spans.spans[i];
        char name[CELL_NAME_SIZE];
        cJSON *object = cJSON_CreateObject();
        telling->values[i] =
            observe(telling->lockstep->specification, span.first);
        cell_name(span.first, name, sizeof name);
        cJSON_AddStringToObject(object, "kind",
                                kind_names[el2_cell_kind(span.first)]);
        cJSON_AddNumberToObject(object, "id", el2_cell_id(span.first));
        json_add_hex(object, "index", el2_cell_index(span.first));
        cJSON_AddNumberToObject(object, "length", (double)span.count);
        cJSON_AddStringToObject(object, "name", name);
        cJSON_AddItemToObject(object, "boot",
                              value_json(span.first, telling->values[i]));
        cJSON_AddItemToArray(cells, object);
    }
}

/* The span of a cell, or SIZE_MAX. */
static size_t span_of(const struct cell_spans *spans, el2_cell cell)
{
    size_t low = 0;
    size_t high = spans->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct cell_span *span = &spans->spans[middle];
        if (cell < span->first) {
            high = middle;
        } else if (cell - span->first >= span->count) {
            low = middle + 1;
        } else {
            return middle;
        }
    }
    return SIZE_MAX;
}

static void add_index(cJSON *array, const struct cell_spans *spans,
                      el2_cell cell)
{
    size_t span = span_of(spans, cell);
    if (span != SIZE_MAX) {
        cJSON_AddItemToArray(array, cJSON_CreateNumber((double)span));
    }
}

/* The pages that the call's arguments name. */
static void add_named_pages(const struct telling *telling, cJSON *object,
                            const struct el2_call *call)
{
    cJSON *named = cJSON_AddArrayToObject(object, "names");
    el2_cell page;
    for (uint32_t i = 0; i < el2_calls[call->number].argument_count; i++) {
        if (report_names_page(call, i, &page)) {
            add_index(named, &telling->spans, page);
        }
    }
}

/*
 * What is otherwise than before, told or not: a table that goes takes entries
 * with it that nobody wrote. Each as the number of its span and what it holds.
 */
static void add_changes(struct telling *telling, cJSON *object)
{
    cJSON *changes = cJSON_AddArrayToObject(object, "changes");
    for (size_t i = 0; i < telling->spans.count; i++) {
        el2_cell cell = telling->spans.spans[i].first;
        struct el2_value value =
            observe(telling->lockstep->specification, cell);
        if (!el2_value_equal(value, telling->values[i])) {
            cJSON *change = cJSON_CreateArray();
            cJSON_AddItemToArray(change, cJSON_CreateNumber((double)i));
            cJSON_AddItemToArray(change, value_json(cell, value));
            cJSON_AddItemToArray(changes, change);
            telling->values[i] = value;
        }
    }
}

/* How a machine ended the step. */
static void add_step(cJSON *object, const struct el2_step *step)
{
    static const char *const accesses[] = {
        [EL2_ACCESS_NONE] = "none",       [EL2_ACCESS_DONE] = "done",
        [EL2_ACCESS_FAULT] = "fault",     [EL2_ACCESS_DEVICE] = "device",
        [EL2_ACCESS_UNKNOWN] = "unknown",
    };
    cJSON_AddBoolToObject(object, "panicked", step->panicked);
    if (step->has_result) {
        json_add_hex(object, "result", step->result);
    }
    cJSON_AddStringToObject(object, "access", accesses[step->access]);
    if (step->fault != NULL) {
        cJSON_AddStringToObject(object, "fault", step->fault);
    }
}

static cJSON *call_json(const struct program_call *call)
{
    char text[PROGRAM_CALL_TEXT_LIMIT];
    cJSON *object = cJSON_CreateObject();
    program_print_call(call, text, sizeof text);
    cJSON_AddStringToObject(object, "text", text);
    cJSON_AddStringToObject(object, "call", el2_calls[call->number].name);
    return object;
}

static void tell_call(void *context, const struct lockstep_call *call)
{
    struct telling *telling = context;
    cJSON *object = call_json(call->source);
    add_named_pages(telling, object, call->call);
    if (call->expected == NULL) {
        cJSON_AddStringToObject(object, "state", "skipped");
    } else {
        enum el2_outcome outcome = call->expected->outcome;
        cJSON_AddStringToObject(object, "state",
                                call->expected->panicked ? "panicked" : "done");
        cJSON_AddStringToObject(object, "outcome", el2_outcome_name(outcome));
        cJSON_AddStringToObject(object, "means", el2_outcome_says(outcome));
        add_step(object, call->expected);
        add_changes(telling, object);
    }
    cJSON_AddItemToArray(telling->steps, object);
}

/* Calls behind a panic or a difference. */
static void add_calls_not_made(struct telling *telling,
                               const struct program *program)
{
    size_t made = (size_t)cJSON_GetArraySize(telling->steps);
    for (size_t i = made; i < program->call_count; i++) {
        cJSON *object = call_json(&program->calls[i]);
        cJSON_AddStringToObject(object, "state", "not_made");
        cJSON_AddItemToArray(telling->steps, object);
    }
}

/* What the calls of the program do: by name, each once. */
static void add_call_texts(cJSON *run, const struct program *program)
{
    cJSON *calls = cJSON_AddObjectToObject(run, "calls");
    for (size_t i = 0; i < program->call_count; i++) {
        uint32_t number = program->calls[i].number;
        const struct el2_call_description *description = &el2_calls[number];
        if (!cJSON_HasObjectItem(calls, description->name)) {
            cJSON *object = cJSON_AddObjectToObject(calls, description->name);
            cJSON_AddStringToObject(object, "says", call_texts[number].says);
            cJSON_AddStringToObject(
                object, "group",
                call_issuer_texts[description->issuer].heading);
        }
    }
}

/* A span in which the machines differ: its number and both values. */
static void add_difference(const struct telling *telling, cJSON *array,
                           size_t span)
{
    el2_cell cell = telling->spans.spans[span].first;
    cJSON *both = cJSON_CreateArray();
    cJSON_AddItemToArray(both, cJSON_CreateNumber((double)span));
    cJSON_AddItemToArray(
        both,
        value_json(cell, observe(telling->lockstep->specification, cell)));
    cJSON_AddItemToArray(
        both, value_json(cell, observe(telling->lockstep->other, cell)));
    cJSON_AddItemToArray(array, both);
}

static void add_differences(const struct telling *telling, cJSON *object,
                            const struct divergence *divergence)
{
    cJSON *differences = cJSON_AddArrayToObject(object, "cells");
    for (size_t i = 0; i < telling->spans.count; i++) {
        if (report_cell_differs(telling->lockstep, divergence,
                                telling->spans.spans[i].first)) {
            add_difference(telling, differences, i);
        }
    }
    add_step(cJSON_AddObjectToObject(object, "expected"),
             &divergence->expected_step);
    add_step(cJSON_AddObjectToObject(object, "actual"),
             &divergence->actual_step);
}

/* The cells that contradict each other are on the page, but do not differ. */
static void add_contradiction(const struct telling *telling, cJSON *object,
                              const struct divergence *divergence)
{
    const struct el2_violation *violation = &divergence->violation;
    if (divergence->observation == EL2_OBSERVE_INVARIANT) {
        cJSON *cells = cJSON_AddArrayToObject(object, "contradiction");
        cJSON_AddStringToObject(object, "violator", divergence->violator);
        add_index(cells, &telling->spans, violation->entry);
        add_index(cells, &telling->spans, violation->page);
    }
}

static void add_end(const struct telling *telling, cJSON *run,
                    enum lockstep_end end, const struct divergence *divergence)
{
    static const char *const ends[] = {
        [LOCKSTEP_SAME] = "same",
        [LOCKSTEP_DIVERGED] = "diverged",
        [LOCKSTEP_NO_ROOM] = "no_room",
    };
    cJSON_AddStringToObject(run, "end", ends[end]);
    json_add_failed_table(run, &divergence->failed_table);
    if (end == LOCKSTEP_DIVERGED) {
        cJSON *object =
            json_add_divergence(run, divergence, telling->lockstep->other);
        add_differences(telling, object, divergence);
        add_contradiction(telling, object, divergence);
    }
}

/* The program's text, to be copied. */
static bool add_text(cJSON *run, const struct program *program)
{
    size_t size = program_print(program, NULL, 0) + 1;
    char *text = malloc(size);
    if (text != NULL) {
        program_print(program, text, size);
        cJSON_AddStringToObject(run, "text", text);
    }
    free(text);
    return text != NULL;
}

/* Its spans are found. */
static void tell(struct telling *telling, const struct program *program,
                 cJSON *run, enum lockstep_end *end,
                 struct divergence *divergence)
{
    struct lockstep *lockstep = telling->lockstep;
    program_resolve_all(program, lockstep->platform, lockstep->calls);
    lockstep_begin(lockstep, program, lockstep->calls, divergence);
    add_cells(telling, run);
    add_call_texts(run, program);
    cJSON_AddNumberToObject(run, "failing_table", program->failing_table);
    cJSON_AddStringToObject(
        run, "run", program->run == EL2_RUN_TABLES ? "tables" : "contracts");
    telling->steps = cJSON_AddArrayToObject(run, "steps");
    lockstep->before = NULL;
    lockstep->after = tell_call;
    lockstep->watch_context = telling;
    lockstep->end_comparison_period = 1;
    *end =
        lockstep_run_resolved(lockstep, program, lockstep->calls, divergence);
    lockstep->after = NULL;
    add_calls_not_made(telling, program);
    add_end(telling, run, *end, divergence);
}

cJSON *report_run(struct lockstep *lockstep, const struct program *program,
                  enum lockstep_end *end, struct divergence *divergence)
{
    struct telling telling = {.lockstep = lockstep};
    cJSON *run = cJSON_CreateObject();
    bool found = report_cells_find(lockstep, program, &telling.spans);
    size_t left_out = cell_spans_limit(&telling.spans, SPANS_OF_KIND_LIMIT);
    telling.values = calloc(telling.spans.count + 1, sizeof *telling.values);
    bool good = found && run != NULL && telling.values != NULL &&
                add_text(run, program);
    if (good) {
        cJSON_AddNumberToObject(run, "left_out", (double)left_out);
        tell(&telling, program, run, end, divergence);
    } else {
        cJSON_Delete(run);
    }
    free(telling.values);
    cell_spans_free(&telling.spans);
    return good ? run : NULL;
}
