/* From a line of JSON to a vector that a machine can be given. */
#include "fuzz/vector_read.h"

#include "fuzz/vector_names.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* JSON values in one line. Parsed ones take about 80 bytes each. */
#define VALUE_LIMIT (UINT64_C(1) << 20)

/*
 * Whether a specification can be given this argument. The host's registers
 * may hold anything. All other calls come from inside EL2, which has checked
 * its arguments before.
 */
static bool argument_in_range(const struct el2_platform *platform,
                              enum el2_issuer issuer,
                              enum el2_argument_kind kind, uint64_t value)
{
    if (kind == EL2_ARGUMENT_PAGES) {
        return value <= EL2_RANGE_PAGES_MAX;
    }
    if (kind == EL2_ARGUMENT_SIZE) {
        return value <= EL2_RANGE_PAGES_MAX * EL2_PAGE_SIZE;
    }
    if (issuer == EL2_ISSUER_HOST) {
        return true;
    }
    switch (kind) {
    case EL2_ARGUMENT_VMID:
        return issuer == EL2_ISSUER_VM ? el2_platform_is_vm(platform, value)
                                       : el2_platform_is_vmid(platform, value);
    case EL2_ARGUMENT_PFN:
        return value < EL2_PFN_SPACE;
    case EL2_ARGUMENT_GFN:
        return value < EL2_GFN_SPACE;
    case EL2_ARGUMENT_PHYSICAL:
        return value < EL2_PHYSICAL_SPACE;
    case EL2_ARGUMENT_IPA:
        return value < EL2_ADDRESS_SPACE;
    case EL2_ARGUMENT_IOVA:
        return value < EL2_IOVA_SPACE;
    case EL2_ARGUMENT_BANK:
        return value < EL2_BANKS_PER_SMMU;
    case EL2_ARGUMENT_SMMU:
        return value < platform->smmu_count;
    default:
        return true;
    }
}

/* semantics.md section 3, npt_map: what is left undefined. */
static bool call_is_defined(const struct el2_call *call)
{
    if (call->number != EL2_CALL_npt_map) {
        return true;
    }
    uint64_t descriptor = call->arguments[2];
    if (call->arguments[3] != 2) {
        return descriptor != 0;
    }
    return descriptor != 0 &&
           (descriptor & EL2_DESCRIPTOR_TYPE) != EL2_DESCRIPTOR_TABLE &&
           (descriptor & EL2_DESCRIPTOR_ADDRESS) % EL2_BLOCK_SIZE == 0;
}

static bool read_arguments(struct json_reader *reader, const cJSON *arguments,
                           const struct el2_platform *platform,
                           struct el2_call *call)
{
    const struct el2_call_description *description = &el2_calls[call->number];
    uint32_t count = description->argument_count;
    const char *names[EL2_ARGUMENT_LIMIT];
    const cJSON *members[EL2_ARGUMENT_LIMIT];
    for (uint32_t i = 0; i < count; i++) {
        names[i] = vector_argument_name(call->number, i);
    }
    size_t outer = json_enter(reader, arguments);
    if (!json_members(reader, arguments, names, count, JSON_ALL, members)) {
        return false;
    }
    for (uint32_t i = 0; i < count; i++) {
        uint64_t *value = &call->arguments[i];
        if (!json_register(reader, members[i], value)) {
            return false;
        }
        if (!argument_in_range(platform, description->issuer,
                               description->arguments[i].kind, *value)) {
            return json_fail(reader, members[i],
                             "0x%" PRIx64 " is out of range for %s", *value,
                             description->name);
        }
    }
    json_leave(reader, outer);
    return call_is_defined(call) ||
           json_fail(reader, arguments,
                     "npt_map of such a descriptor is undefined "
                     "(semantics.md section 3)");
}

static bool read_call(struct json_reader *reader, const cJSON *name,
                      struct el2_call *call)
{
    *call = (struct el2_call){0};
    if (!cJSON_IsString(name)) {
        return json_fail(reader, name, "expected a string");
    }
    return vector_call_number(name->valuestring, &call->number) ||
           json_fail(reader, name, "there is no call %s",
                     json_show(name->valuestring).text);
}

static bool read_result(struct json_reader *reader, const cJSON *result,
                        bool *panics)
{
    const char *word = cJSON_GetStringValue(result);
    *panics = word != NULL && strcmp(word, "panic") == 0;
    if (!*panics && (word == NULL || strcmp(word, "ok") != 0)) {
        return json_fail(reader, result, "expected \"ok\" or \"panic\"");
    }
    return true;
}

enum step_member {
    STEP_CALL,
    STEP_ARGS,
    STEP_RESULT,
    STEP_CHANGES,
    STEP_RET,
    STEP_MEMBER_COUNT
};

/* What a call that did not panic has besides its result: what it changed and
 * perhaps a value. */
static bool read_effects(struct json_reader *reader,
                         const cJSON *const *members, struct vector *vector,
                         struct vector_step *step)
{
    const cJSON *ret = members[STEP_RET];
    const cJSON *changes = members[STEP_CHANGES];
    if (step->panics) {
        return (ret == NULL && changes == NULL) ||
               json_fail(reader, NULL,
                         "a step that panics has no ret and no changes");
    }
    if (changes == NULL) {
        return json_fail(reader, NULL, "changes is missing");
    }
    step->has_result = ret != NULL;
    if (ret != NULL && !json_register(reader, ret, &step->result)) {
        return false;
    }
    return vector_read_changes(reader, changes, vector);
}

static bool read_step(struct json_reader *reader, const cJSON *item,
                      struct vector *vector, struct vector_step *step)
{
    static const char *const names[STEP_MEMBER_COUNT] = {
        [STEP_CALL] = "call",     [STEP_ARGS] = "args",
        [STEP_RESULT] = "result", [STEP_CHANGES] = "changes",
        [STEP_RET] = "ret",
    };
    const uint32_t required =
        1u << STEP_CALL | 1u << STEP_ARGS | 1u << STEP_RESULT;
    const cJSON *members[STEP_MEMBER_COUNT];
    *step = (struct vector_step){.first_change = vector->changes.count};
    if (!json_members(reader, item, names, STEP_MEMBER_COUNT, required,
                      members) ||
        !read_call(reader, members[STEP_CALL], &step->call) ||
        !read_arguments(reader, members[STEP_ARGS], &vector->platform,
                        &step->call) ||
        !read_result(reader, members[STEP_RESULT], &step->panics) ||
        !read_effects(reader, members, vector, step)) {
        return false;
    }
    step->change_count = vector->changes.count - step->first_change;
    return true;
}

static bool read_steps(struct json_reader *reader, const cJSON *steps,
                       struct vector *vector)
{
    if (!json_is_array(reader, steps)) {
        return false;
    }
    size_t count = (size_t)cJSON_GetArraySize(steps);
    if (count == 0) {
        return json_fail(reader, steps, "expected at least one step");
    }
    vector->steps = calloc(count, sizeof(*vector->steps));
    if (vector->steps == NULL) {
        return json_fail(reader, steps, "not enough memory");
    }
    size_t outer = json_enter(reader, steps);
    const cJSON *item;
    cJSON_ArrayForEach(item, steps)
    {
        size_t i = vector->step_count;
        size_t mark = json_enter_element(reader, i);
        if (i > 0 && vector->steps[i - 1].panics) {
            return json_fail(reader, NULL, "comes after a panic");
        }
        if (!read_step(reader, item, vector, &vector->steps[i])) {
            return false;
        }
        json_leave(reader, mark);
        vector->step_count++;
    }
    json_leave(reader, outer);
    return true;
}

static bool read_id(struct json_reader *reader, const cJSON *id,
                    struct vector *vector)
{
    const char *text = cJSON_GetStringValue(id);
    size_t length = text == NULL ? 0 : strnlen(text, VECTOR_ID_SIZE);
    bool good = length > 0 && length < VECTOR_ID_SIZE;
    for (size_t i = 0; i < length; i++) {
        good = good && text[i] >= ' ' && text[i] <= '~';
    }
    if (!good) {
        return json_fail(reader, id,
                         "expected 1 to %d printable ASCII characters",
                         VECTOR_ID_SIZE - 1);
    }
    memcpy(vector->id, text, length + 1);
    return true;
}

enum vector_member {
    VECTOR_ID,
    VECTOR_SUITE,
    VECTOR_PLATFORM,
    VECTOR_HOST_OFFSET,
    VECTOR_STEPS,
    VECTOR_LIMITS,
    VECTOR_BOOT_PATTERN,
    VECTOR_MEMBER_COUNT
};

static bool read_root(struct json_reader *reader, const cJSON *root,
                      struct vector *vector)
{
    static const char *const names[VECTOR_MEMBER_COUNT] = {
        [VECTOR_ID] = "id",
        [VECTOR_SUITE] = "suite",
        [VECTOR_PLATFORM] = "platform",
        [VECTOR_HOST_OFFSET] = "host_offset",
        [VECTOR_STEPS] = "steps",
        [VECTOR_LIMITS] = "limits",
        [VECTOR_BOOT_PATTERN] = "boot_pattern",
    };
    const uint32_t required =
        ~(1u << VECTOR_LIMITS | 1u << VECTOR_BOOT_PATTERN);
    const cJSON *members[VECTOR_MEMBER_COUNT];
    if (!json_members(reader, root, names, VECTOR_MEMBER_COUNT, required,
                      members)) {
        return false;
    }
    if (!cJSON_IsString(members[VECTOR_SUITE])) {
        return json_fail(reader, members[VECTOR_SUITE], "expected a string");
    }
    const struct vector_platform_members platform = {
        members[VECTOR_PLATFORM], members[VECTOR_HOST_OFFSET],
        members[VECTOR_LIMITS], members[VECTOR_BOOT_PATTERN]};
    return read_id(reader, members[VECTOR_ID], vector) &&
           vector_read_platform(reader, &platform, &vector->platform) &&
           read_steps(reader, members[VECTOR_STEPS], vector);
}

/* Every value but the first comes after one of these, so this bounds them
 * before memory is taken for them. */
static bool has_few_values(const char *line, size_t length)
{
    size_t count = 0;
    for (size_t i = 0; i < length; i++) {
        count += line[i] == ',' || line[i] == '[' || line[i] == '{';
    }
    return count < VALUE_LIMIT;
}

static bool parse(struct json_reader *reader, const char *line, size_t length,
                  cJSON **root)
{
    if (length > VECTOR_LINE_LIMIT) {
        return json_fail(reader, NULL, "longer than %" PRIu64 " bytes",
                         VECTOR_LINE_LIMIT);
    }
    if (!has_few_values(line, length)) {
        return json_fail(reader, NULL, "more than %" PRIu64 " values",
                         VALUE_LIMIT);
    }
    const char *end = line;
    *root = cJSON_ParseWithLengthOpts(line, length, &end, false);
    size_t used = (size_t)(end - line);
    if (*root == NULL) {
        return json_fail(reader, NULL, "not JSON at byte %zu of %zu", used + 1,
                         length);
    }
    while (used < length && strchr(" \t\r", line[used]) != NULL &&
           line[used] != '\0') {
        used++;
    }
    return used == length ||
           json_fail(reader, NULL, "something follows the JSON at byte %zu",
                     used + 1);
}

bool vector_read(const char *line, size_t length, struct vector *vector,
                 char *why, size_t why_size)
{
    struct json_reader reader = {.why = why, .why_size = why_size};
    cJSON *root = NULL;
    *vector = (struct vector){.steps = NULL};
    bool good =
        parse(&reader, line, length, &root) && read_root(&reader, root, vector);
    cJSON_Delete(root);
    if (!good) {
        vector_destroy(vector);
    }
    return good;
}

void vector_destroy(struct vector *vector)
{
    free(vector->steps);
    free(vector->changes.at);
    *vector = (struct vector){.steps = NULL};
}
