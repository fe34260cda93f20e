#include "tools/replay.h"

#include "fuzz/cell_text.h"

#include <inttypes.h>
#include <stdio.h>

/* 64-bit values are strings: a JSON number is exact up to 2^53 only. */
static void add_hex(cJSON *object, const char *key, uint64_t value)
{
    char text[24];
    snprintf(text, sizeof text, "0x%" PRIx64, value);
    cJSON_AddStringToObject(object, key, text);
}

bool replay_json_begin(struct replay *replay)
{
    replay->calls = cJSON_CreateArray();
    return replay->calls != NULL;
}

static void add_changes(const struct replay *replay, cJSON *object)
{
    cJSON *changes = cJSON_AddArrayToObject(object, "changes");
    size_t at = 0;
    el2_cell cell;
    struct el2_value before;
    struct el2_value after;
    while (replay_next_change(replay, &at, &cell, &before, &after)) {
        char text[160];
        cJSON *change = cJSON_CreateObject();
        cell_name(cell, text, sizeof text);
        cJSON_AddStringToObject(change, "cell", text);
        cell_value(cell, before, text, sizeof text);
        cJSON_AddStringToObject(change, "before", text);
        cell_value(cell, after, text, sizeof text);
        cJSON_AddStringToObject(change, "after", text);
        cJSON_AddItemToArray(changes, change);
    }
}

static void add_arguments(cJSON *object, const struct el2_call *call)
{
    const struct el2_call_description *description = &el2_calls[call->number];
    cJSON *arguments = cJSON_AddObjectToObject(object, "arguments");
    for (uint32_t i = 0; i < description->argument_count; i++) {
        add_hex(arguments, description->arguments[i].name, call->arguments[i]);
    }
}

void replay_json_call(const struct replay *replay,
                      const struct lockstep_call *call)
{
    char text[PROGRAM_CALL_TEXT_LIMIT];
    cJSON *object = cJSON_CreateObject();
    program_print_call(call->source, text, sizeof text);
    cJSON_AddNumberToObject(object, "step", (double)call->step);
    cJSON_AddStringToObject(object, "text", text);
    cJSON_AddStringToObject(object, "call", el2_calls[call->call->number].name);
    add_arguments(object, call->call);
    cJSON_AddBoolToObject(object, "skipped", call->expected == NULL);
    if (call->expected != NULL) {
        cJSON_AddStringToObject(object, "outcome",
                                el2_outcome_name(call->expected->outcome));
        cJSON_AddBoolToObject(object, "panicked", call->expected->panicked);
        if (call->expected->has_result) {
            add_hex(object, "result", call->expected->result);
        }
        add_changes(replay, object);
    }
    cJSON_AddItemToArray(replay->calls, object);
}

/* All oracles that saw something at the step. */
static void add_seen_by(const struct replay *replay, cJSON *object,
                        const struct oracle_set *seen_by)
{
    const struct el2_machine_operations *other =
        replay->pair->lockstep.other->operations;
    cJSON *names = cJSON_AddArrayToObject(object, "seen_by");
    for (unsigned i = 0; i < ORACLE_LIMIT; i++) {
        if (oracle_set_has(seen_by, i)) {
            char name[ORACLE_NAME_SIZE];
            oracle_name(i, other, name, sizeof name);
            cJSON_AddItemToArray(names, cJSON_CreateString(name));
        }
    }
}

static void add_divergence(const struct replay *replay, cJSON *object,
                           const struct divergence *divergence)
{
    char text[DIVERGENCE_TEXT_SIZE];
    cJSON *item = cJSON_AddObjectToObject(object, "divergence");
    divergence_signature(divergence, text, sizeof text);
    cJSON_AddStringToObject(item, "signature", text);
    cJSON_AddNumberToObject(item, "step", (double)divergence->step);
    cJSON_AddStringToObject(item, "call",
                            el2_calls[divergence->call.number].name);
    cJSON_AddStringToObject(item, "outcome",
                            el2_outcome_name(divergence->outcome));
    cJSON_AddStringToObject(
        item, "observation",
        divergence_observation_name(divergence->observation));
    divergence_describe(divergence, text, sizeof text);
    cJSON_AddStringToObject(item, "words", text);
    cJSON_AddNumberToObject(item, "others", (double)divergence->others);
    add_seen_by(replay, item, &divergence->seen_by);
}

/* The table that failed, if any did. */
static void add_failed_table(cJSON *object,
                             const struct table_allocation *failed)
{
    char name[TABLE_ALLOCATION_NAME_SIZE];
    if (failed->number == 0) {
        return;
    }
    cJSON *item = cJSON_AddObjectToObject(object, "failed_table");
    table_allocation_name(failed, name, sizeof name);
    cJSON_AddNumberToObject(item, "number", failed->number);
    cJSON_AddNumberToObject(item, "step", (double)failed->step);
    cJSON_AddStringToObject(item, "words", name);
}

void replay_json_end(struct replay *replay, enum lockstep_end end,
                     const struct divergence *divergence)
{
    static const char *const ends[] = {"same", "diverged", "no_room"};
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "file", replay->path);
    cJSON_AddStringToObject(object, "target", replay->pairing->target);
    cJSON_AddStringToObject(object, "platform", replay->pair->platform.name);
    cJSON_AddStringToObject(object, "end", ends[end]);
    cJSON_AddItemToObject(object, "calls", replay->calls);
    replay->calls = NULL;
    if (replay->each_table) {
        cJSON_AddNumberToObject(object, "tables", replay->failures.tables);
        cJSON_AddNumberToObject(object, "failures", replay->failures.runs);
    }
    if (end == LOCKSTEP_DIVERGED || !replay->each_table) {
        add_failed_table(object, &divergence->failed_table);
    }
    if (end == LOCKSTEP_DIVERGED) {
        add_divergence(replay, object, divergence);
    }
    char *line = cJSON_PrintUnformatted(object);
    if (line != NULL) {
        puts(line);
    }
    cJSON_free(line);
    cJSON_Delete(object);
}
