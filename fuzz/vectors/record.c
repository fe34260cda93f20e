/* Recording what a program does on a specification, as a vector. */
#include "fuzz/vectors/changes.h"
#include "fuzz/vectors/line.h"
#include "fuzz/vectors/names.h"
#include "fuzz/vectors/record_changes.h"

#include <inttypes.h>
#include <stdlib.h>

struct vector_recorder {
    struct el2_machine *machine;
    struct el2_platform platform;
    struct vector_line line;
    struct vector_changes changes; /* of the last step */
    size_t steps;
    bool panicked;
};

static void put_platform(struct vector_line *line,
                         const struct el2_platform *platform)
{
    vector_line_put(line, "\"platform\":{\"regions\":[");
    for (uint32_t i = 0; i < platform->region_count; i++) {
        const struct el2_region *region = &platform->regions[i];
        vector_line_put(line,
                        "%s{\"base\":\"0x%" PRIx64 "\",\"size\":\"0x%" PRIx64
                        "\",\"owned\":true,\"owner\":%" PRIu32 "}",
                        vector_line_comma(i > 0), region->base * EL2_PAGE_SIZE,
                        region->page_count * EL2_PAGE_SIZE, region->owner);
    }
    vector_line_put(line, "],\"smmu\":[");
    for (uint32_t i = 0; i < platform->smmu_count; i++) {
        const struct el2_smmu *smmu = &platform->smmus[i];
        vector_line_put(line,
                        "%s{\"base\":\"0x%" PRIx64 "\",\"size\":\"0x%" PRIx64
                        "\",\"banks\":%" PRIu32 "}",
                        vector_line_comma(i > 0), smmu->base, smmu->size,
                        smmu->bank_count);
    }
    vector_line_put(line, "]},\"host_offset\":\"0x%" PRIx64 "\"",
                    platform->smmu_host_offset);
}

/* Keys that the conformance vectors do not have stand only where the platform
 * is not what those vectors take for granted. */
static void put_limits(struct vector_line *line,
                       const struct el2_platform *platform)
{
    struct el2_platform defaults;
    el2_platform_defaults(&defaults);
    if (platform->boot_pattern != defaults.boot_pattern) {
        vector_line_put(line, ",\"boot_pattern\":\"0x%" PRIx64 "\"",
                        platform->boot_pattern);
    }
    vector_line_put(line,
                    ",\"limits\":{\"max_share\":%" PRIu32
                    ",\"host_share\":%" PRIu32 ",\"npt_pool\":[%" PRIu32
                    ",%" PRIu32 ",%" PRIu32 "],\"spt_pool\":[%" PRIu32
                    ",%" PRIu32 "]",
                    platform->max_share_count, platform->max_dma_count,
                    platform->npt_level1_tables, platform->npt_level2_tables,
                    platform->npt_level3_tables, platform->spt_level2_tables,
                    platform->spt_level3_tables);
    if (platform->core_vmid != defaults.core_vmid) {
        vector_line_put(line, ",\"core_vmid\":%" PRIu32, platform->core_vmid);
    }
    if (platform->vcpus_per_vm != defaults.vcpus_per_vm) {
        vector_line_put(line, ",\"vcpus\":%" PRIu32, platform->vcpus_per_vm);
    }
    if (platform->images_per_vm != defaults.images_per_vm) {
        vector_line_put(line, ",\"images\":%" PRIu32, platform->images_per_vm);
    }
    vector_line_put(line, "}");
}

struct vector_recorder *vector_record_begin(struct el2_machine *machine,
                                            const struct el2_platform *platform,
                                            const char *id)
{
    struct vector_recorder *recorder = calloc(1, sizeof(*recorder));
    if (recorder == NULL) {
        return NULL;
    }
    struct vector_line *line = &recorder->line;
    recorder->machine = machine;
    recorder->platform = *platform;
    vector_line_put(line, "{\"id\":\"%s\",\"suite\":\"recorded\",", id);
    put_platform(line, platform);
    put_limits(line, platform);
    vector_line_put(line, ",\"steps\":[");
    return recorder;
}

/* A plain number where it is one exactly, otherwise a hex string. */
static void put_register(struct vector_line *line, uint64_t value, bool plain)
{
    if (plain && value <= UINT32_MAX) {
        vector_line_put(line, "%" PRIu64, value);
    } else {
        vector_line_put(line, "\"0x%" PRIx64 "\"", value);
    }
}

/* The owner of the bank through which a device makes its access. */
static void put_owner_of_bank(struct vector_recorder *recorder,
                              const struct el2_call *call, const char *name)
{
    uint64_t bank =
        call->arguments[1] * EL2_BANKS_PER_SMMU + call->arguments[0];
    uint64_t owner =
        recorder->machine->operations
            ->observe(recorder->machine, el2_cell_make(EL2_CELL_BANK, bank, 0))
            .words[0];
    vector_line_put(&recorder->line, ",\"%s\":%" PRIu64, name, owner);
}

static void put_call(struct vector_recorder *recorder,
                     const struct el2_call *call)
{
    const struct el2_call_description *description = &el2_calls[call->number];
    struct vector_line *line = &recorder->line;
    const char *owner = vector_owner_argument(call->number);
    vector_line_put(line, "%s{\"call\":\"%s\",\"args\":{",
                    vector_line_comma(recorder->steps > 0),
                    vector_call_name(call->number));
    for (uint32_t i = 0; i < description->argument_count; i++) {
        vector_line_put(line, "%s\"%s\":", vector_line_comma(i > 0),
                        vector_argument_name(call->number, i));
        put_register(line, call->arguments[i],
                     vector_argument_is_plain(description->arguments[i].kind));
    }
    if (owner != NULL) {
        put_owner_of_bank(recorder, call, owner);
    }
    vector_line_put(line, "}");
}

/* What stands for the result, if anything does. */
static void put_ret(struct vector_line *line, const struct el2_call *call,
                    const struct el2_step *step)
{
    enum el2_result kind = el2_calls[call->number].result;
    const char *name = vector_access_name(step->access);
    if (name != NULL) {
        vector_line_put(line, ",\"ret\":\"%s\"", name);
    } else if (step->has_result) {
        vector_line_put(line, ",\"ret\":");
        put_register(line, step->result,
                     kind == EL2_RESULT_NUMBER || kind == EL2_RESULT_VMID);
    }
}

static void put_changes(struct vector_recorder *recorder)
{
    if (!vector_changes_of_step(&recorder->changes, recorder->machine)) {
        vector_line_fail(&recorder->line, "not enough memory");
        return;
    }
    vector_put_changes(&recorder->line, &recorder->changes, recorder->machine,
                       &recorder->platform);
}

void vector_record_step(struct vector_recorder *recorder,
                        const struct el2_call *call,
                        const struct el2_step *step)
{
    struct vector_line *line = &recorder->line;
    if (recorder->panicked) {
        vector_line_fail(line, "a step came after a panic");
    }
    put_call(recorder, call);
    vector_line_put(line, ",\"result\":\"%s\"",
                    step->panicked ? "panic" : "ok");
    if (!step->panicked) {
        put_changes(recorder);
        put_ret(line, call, step);
    }
    vector_line_put(line, "}");
    recorder->panicked = step->panicked;
    recorder->steps++;
}

bool vector_record_end(struct vector_recorder *recorder, FILE *stream,
                       char *why, size_t why_size)
{
    struct vector_line *line = &recorder->line;
    vector_line_put(line, "]}");
    if (recorder->steps == 0) {
        vector_line_fail(line, "no step was recorded");
    }
    if (stream != NULL && line->error == NULL &&
        (fwrite(line->text, 1, line->length, stream) != line->length ||
         fputc('\n', stream) == EOF)) {
        vector_line_fail(line, "the vector cannot be written");
    }
    bool good = stream != NULL && line->error == NULL;
    if (line->error != NULL) {
        (void)snprintf(why, why_size, "%s", line->error);
    }
    free(line->text);
    free(recorder->changes.at);
    free(recorder);
    return good;
}
