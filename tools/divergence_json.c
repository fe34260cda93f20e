#include "tools/divergence_json.h"

#include <inttypes.h>
#include <stdio.h>

void json_add_hex(cJSON *object, const char *key, uint64_t value)
{
    char text[24];
    snprintf(text, sizeof text, "0x%" PRIx64, value);
    cJSON_AddStringToObject(object, key, text);
}

/* All oracles that saw something at the step. */
static void add_seen_by(cJSON *object, const struct oracle_set *seen_by,
                        const struct el2_machine_operations *other)
{
    cJSON *names = cJSON_AddArrayToObject(object, "seen_by");
    for (unsigned i = 0; i < ORACLE_LIMIT; i++) {
        if (oracle_set_has(seen_by, i)) {
            char name[ORACLE_NAME_SIZE];
            oracle_name(i, other, name, sizeof name);
            cJSON_AddItemToArray(names, cJSON_CreateString(name));
        }
    }
}

cJSON *json_add_divergence(cJSON *object, const struct divergence *divergence,
                           const struct el2_machine *other)
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
    add_seen_by(item, &divergence->seen_by, other->operations);
    return item;
}

void json_add_failed_table(cJSON *object, const struct table_allocation *failed)
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
