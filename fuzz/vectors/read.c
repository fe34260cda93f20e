/* From a line of JSON to a vector that a machine can be given. */
#include "fuzz/vectors/read.h"

#include "fuzz/vectors/names.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* JSON values in one line. Parsed ones take about 80 bytes each. */
#define VALUE_LIMIT (UINT64_C(1) << 20)

/* The vmid of a call that is not the host's. Only running a vCPU is something
 * that EL2 checks the vmid for. */
static bool vmid_in_range(const struct el2_platform *platform,
                          const struct el2_call *call, uint64_t vmid)
{
    switch (el2_calls[call->number].issuer) {
    case EL2_ISSUER_VM:
        return call->number == EL2_CALL_vcpu_run ||
               call->number == EL2_CALL_vcpu_exit ||
               el2_platform_is_vm(platform, vmid);
    case EL2_ISSUER_ACCESS:
        return vmid == EL2_HOSTVISOR || el2_platform_is_vm(platform, vmid);
    default:
        return el2_platform_is_vmid(platform, vmid);
    }
}

/* An argument of a call that comes from inside EL2, which has checked its
 * arguments before, or of an access. */
static bool argument_in_range(const struct el2_platform *platform,
                              const struct el2_call *call,
                              enum el2_argument_kind kind, uint64_t value)
{
    switch (kind) {
    case EL2_ARGUMENT_PAGES:
        return value <= EL2_RANGE_PAGES_MAX;
    case EL2_ARGUMENT_SIZE:
        return value <= EL2_RANGE_PAGES_MAX * EL2_PAGE_SIZE;
    case EL2_ARGUMENT_VMID:
        return vmid_in_range(platform, call, value);
    case EL2_ARGUMENT_PFN:
        return value < EL2_PFN_SPACE;
    case EL2_ARGUMENT_GFN:
        return value < (vector_owner_argument(call->number) == NULL
                            ? EL2_GFN_SPACE
                            : EL2_IOVA_SPACE / EL2_PAGE_SIZE);
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

/*
 * Whether a specification can be given this argument. The registers of the
 * host and of a VM may hold anything; of those, it is only that the harness
 * knows which VM runs.
 */
static bool argument_is_possible(const struct el2_platform *platform,
                                 const struct el2_call *call,
                                 enum el2_argument_kind kind, uint64_t value)
{
    switch (el2_calls[call->number].issuer) {
    case EL2_ISSUER_HOST:
        return true;
    case EL2_ISSUER_VM:
        return kind != EL2_ARGUMENT_VMID ||
               vmid_in_range(platform, call, value);
    default:
        return argument_in_range(platform, call, kind, value);
    }
}

static uint64_t pages_of(uint64_t size)
{
    return size / EL2_PAGE_SIZE + (size % EL2_PAGE_SIZE != 0);
}

static bool ends_in(uint64_t space, uint64_t start, uint64_t size)
{
    return start < space && size <= space - start;
}

/*
 * Whether a range that EL2 walks page by page is one that a harness walks too:
 * not so long that it takes for ever, or more memory than a machine has. One
 * that EL2 refuses may have any length.
 */
static bool range_is_possible(const struct el2_platform *platform,
                              const struct el2_call *call)
{
    const uint64_t *a = call->arguments;
    bool is_vm = el2_platform_is_vm(platform, a[0]);
    switch (call->number) {
    case EL2_CALL_clear_vm_s2_range:
        return a[2] / EL2_PAGE_SIZE <= EL2_RANGE_PAGES_MAX || !is_vm ||
               a[2] >= EL2_PHYSICAL_SPACE ||
               !ends_in(EL2_PHYSICAL_SPACE, a[1], a[2]);
    case EL2_CALL_phys_addr_ioremap:
        return pages_of(a[3]) <= EL2_RANGE_PAGES_MAX || !is_vm ||
               a[3] >= EL2_PHYSICAL_SPACE ||
               !ends_in(EL2_ADDRESS_SPACE, a[1], a[3]) ||
               !ends_in(EL2_PHYSICAL_SPACE, a[2], a[3]);
    case EL2_CALL_vm_share:
    case EL2_CALL_vm_unshare:
        return pages_of(a[2]) <= EL2_RANGE_PAGES_MAX ||
               !ends_in(EL2_ADDRESS_SPACE, a[1], a[2]);
    default:
        return true;
    }
}

/* semantics.md section 3: what npt_map leaves undefined. */
static bool npt_map_is_defined(const struct el2_call *call)
{
    uint64_t descriptor = call->arguments[2];
    if (call->arguments[3] != 2) {
        return descriptor != 0;
    }
    return descriptor != 0 &&
           (descriptor & EL2_DESCRIPTOR_TYPE) != EL2_DESCRIPTOR_TABLE &&
           (descriptor & EL2_DESCRIPTOR_ADDRESS) % EL2_BLOCK_SIZE == 0;
}

static bool read_argument(struct json_reader *reader, const cJSON *item,
                          const struct el2_platform *platform,
                          const struct el2_call *call,
                          enum el2_argument_kind kind, uint64_t *value)
{
    return json_register(reader, item, value) &&
           (argument_is_possible(platform, call, kind, *value) ||
            json_fail(reader, item, "0x%" PRIx64 " is out of range for %s",
                      *value, el2_calls[call->number].name));
}

/* The arguments of calls.def in their order, and the one that vectors have
 * besides; no machine is given that. */
static bool read_registers(struct json_reader *reader, const cJSON *arguments,
                           const struct el2_platform *platform,
                           struct el2_call *call)
{
    const struct el2_call_description *description = &el2_calls[call->number];
    uint32_t count = description->argument_count;
    const char *owner = vector_owner_argument(call->number);
    const char *names[EL2_ARGUMENT_LIMIT + 1];
    const cJSON *members[EL2_ARGUMENT_LIMIT + 1];
    uint64_t ignored;
    for (uint32_t i = 0; i < count; i++) {
        names[i] = vector_argument_name(call->number, i);
    }
    names[count] = owner;
    if (!json_members(reader, arguments, names, count + (owner != NULL),
                      JSON_ALL, members)) {
        return false;
    }
    for (uint32_t i = 0; i < count; i++) {
        if (!read_argument(reader, members[i], platform, call,
                           description->arguments[i].kind,
                           &call->arguments[i])) {
            return false;
        }
    }
    return owner == NULL || read_argument(reader, members[count], platform,
                                          call, EL2_ARGUMENT_VMID, &ignored);
}

static bool read_arguments(struct json_reader *reader, const cJSON *arguments,
                           const struct el2_platform *platform,
                           struct el2_call *call)
{
    size_t outer = json_enter(reader, arguments);
    if (!read_registers(reader, arguments, platform, call)) {
        return false;
    }
    if (call->number == EL2_CALL_npt_map && !npt_map_is_defined(call)) {
        return json_fail(reader, NULL,
                         "npt_map of such a descriptor is undefined "
                         "(semantics.md section 3)");
    }
    if (!range_is_possible(platform, call)) {
        return json_fail(reader, NULL, "a range of more than %d pages for %s",
                         EL2_RANGE_PAGES_MAX, el2_calls[call->number].name);
    }
    json_leave(reader, outer);
    return true;
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

/* How an access ended: with a word, with nothing, or as a name says. */
static bool read_access(struct json_reader *reader, const cJSON *ret,
                        struct vector_step *step)
{
    bool is_load = el2_calls[step->call.number].result == EL2_RESULT_WORD;
    step->access = EL2_ACCESS_DONE;
    step->has_result = is_load;
    if (ret == NULL) {
        return !is_load || json_fail(reader, NULL, "ret is missing");
    }
    if (cJSON_IsString(ret) && vector_access(ret->valuestring, &step->access)) {
        step->has_result = false;
        return true;
    }
    if (!is_load) {
        return json_fail(reader, ret,
                         "expected \"fault\", \"device\" or \"unknown\"");
    }
    return json_hex(reader, ret, UINT64_MAX, &step->result);
}

static bool read_ret(struct json_reader *reader, const cJSON *ret,
                     struct vector_step *step)
{
    if (el2_calls[step->call.number].issuer == EL2_ISSUER_ACCESS) {
        return read_access(reader, ret, step);
    }
    step->has_result = ret != NULL;
    return ret == NULL || json_register(reader, ret, &step->result);
}

/* What a call that did not panic has besides its result: what it changed and
 * perhaps a value. */
static bool read_effects(const struct changes_reader *reader,
                         const cJSON *const *members, struct vector_step *step)
{
    const cJSON *ret = members[STEP_RET];
    const cJSON *changes = members[STEP_CHANGES];
    if (step->panics) {
        return (ret == NULL && changes == NULL) ||
               json_fail(reader->json, NULL,
                         "a step that panics has no ret and no changes");
    }
    if (changes == NULL) {
        return json_fail(reader->json, NULL, "changes is missing");
    }
    return read_ret(reader->json, ret, step) &&
           vector_read_changes(reader, changes);
}

static bool read_step(const struct changes_reader *reader, const cJSON *item,
                      struct vector_step *step)
{
    struct json_reader *json = reader->json;
    struct vector *vector = reader->vector;
    static const char *const names[STEP_MEMBER_COUNT] = {
        [STEP_CALL] = "call",     [STEP_ARGS] = "args",
        [STEP_RESULT] = "result", [STEP_CHANGES] = "changes",
        [STEP_RET] = "ret",
    };
    const uint32_t required =
        1u << STEP_CALL | 1u << STEP_ARGS | 1u << STEP_RESULT;
    const cJSON *members[STEP_MEMBER_COUNT];
    *step = (struct vector_step){.first_change = vector->changes.count};
    if (!json_members(json, item, names, STEP_MEMBER_COUNT, required,
                      members) ||
        !read_call(json, members[STEP_CALL], &step->call) ||
        !read_arguments(json, members[STEP_ARGS], &vector->platform,
                        &step->call) ||
        !read_result(json, members[STEP_RESULT], &step->panics) ||
        !read_effects(reader, members, step)) {
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
    struct vector_vm vms[EL2_VMID_LIMIT] = {0};
    const struct changes_reader changes = {reader, vector, vms};
    size_t outer = json_enter(reader, steps);
    const cJSON *item;
    cJSON_ArrayForEach(item, steps)
    {
        size_t i = vector->step_count;
        size_t mark = json_enter_element(reader, i);
        if (i > 0 && vector->steps[i - 1].panics) {
            return json_fail(reader, NULL, "comes after a panic");
        }
        if (!read_step(&changes, item, &vector->steps[i])) {
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
