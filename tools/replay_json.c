#include "tools/replay.h"

#include "fuzz/cell_text.h"
#include "tools/divergence_json.h"

#include <stdio.h>

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
        json_add_hex(arguments, description->arguments[i].name,
                     call->arguments[i]);
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
            json_add_hex(object, "result", call->expected->result);
        }
        add_changes(replay, object);
    }
    cJSON_AddItemToArray(replay->calls, object);
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
        json_add_failed_table(object, &divergence->failed_table);
    }
    if (end == LOCKSTEP_DIVERGED) {
        json_add_divergence(object, divergence, replay->pair->lockstep.other);
    }
    char *line = cJSON_PrintUnformatted(object);
    if (line != NULL) {
        puts(line);
    }
    cJSON_free(line);
    cJSON_Delete(object);
}
