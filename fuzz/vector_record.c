/* Recording what a program does on a specification, as a vector. */
#include "fuzz/vector_changes.h"
#include "fuzz/vector_names.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* One line of JSON that grows. */
struct json_line {
    char *text;
    size_t length;
    size_t capacity;
};

struct vector_recorder {
    struct el2_machine *machine;
    struct json_line line;
    struct vector_changes changes; /* of the last step */
    size_t steps;
    bool panicked;
    const char *error; /* NULL, or why there will be no vector */
};

static void fail(struct vector_recorder *recorder, const char *why)
{
    if (recorder->error == NULL) {
        recorder->error = why;
    }
}

/* Whether `size` more bytes fit, with memory for them. */
static bool make_room(struct vector_recorder *recorder, size_t size)
{
    struct json_line *line = &recorder->line;
    size_t wanted = line->length + size;
    if (wanted > VECTOR_LINE_LIMIT + 1) {
        fail(recorder, "the vector is longer than 16 MiB");
        return false;
    }
    if (wanted <= line->capacity) {
        return true;
    }
    size_t capacity = line->capacity == 0 ? 4096 : line->capacity;
    while (capacity < wanted) {
        capacity *= 2;
    }
    char *larger = realloc(line->text, capacity);
    if (larger == NULL) {
        fail(recorder, "not enough memory");
        return false;
    }
    line->text = larger;
    line->capacity = capacity;
    return true;
}

/* Append at most 255 characters. */
__attribute__((format(printf, 2, 3))) static void
put(struct vector_recorder *recorder, const char *format, ...)
{
    char piece[256];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(piece, sizeof(piece), format, arguments);
    va_end(arguments);
    if (length < 0 || (size_t)length >= sizeof(piece)) {
        fail(recorder, "a name is too long");
        return;
    }
    /* One more for the line's NUL. */
    if (recorder->error != NULL || !make_room(recorder, (size_t)length + 1)) {
        return;
    }
    struct json_line *line = &recorder->line;
    memcpy(line->text + line->length, piece, (size_t)length + 1);
    line->length += (size_t)length;
}

static const char *comma(bool wanted)
{
    return wanted ? "," : "";
}

static void put_platform(struct vector_recorder *recorder,
                         const struct el2_platform *platform)
{
    put(recorder, "\"platform\":{\"regions\":[");
    for (uint32_t i = 0; i < platform->region_count; i++) {
        const struct el2_region *region = &platform->regions[i];
        put(recorder,
            "%s{\"base\":\"0x%" PRIx64 "\",\"size\":\"0x%" PRIx64
            "\",\"owned\":true,\"owner\":%" PRIu32 "}",
            comma(i > 0), region->base * EL2_PAGE_SIZE,
            region->page_count * EL2_PAGE_SIZE, region->owner);
    }
    put(recorder, "],\"smmu\":[");
    for (uint32_t i = 0; i < platform->smmu_count; i++) {
        const struct el2_smmu *smmu = &platform->smmus[i];
        put(recorder,
            "%s{\"base\":\"0x%" PRIx64 "\",\"size\":\"0x%" PRIx64
            "\",\"banks\":%" PRIu32 "}",
            comma(i > 0), smmu->base, smmu->size, smmu->bank_count);
    }
    put(recorder, "]},\"host_offset\":\"0x%" PRIx64 "\"",
        platform->smmu_host_offset);
}

/* Keys that the conformance vectors do not have stand only where the platform
 * is not what those vectors take for granted. */
static void put_limits(struct vector_recorder *recorder,
                       const struct el2_platform *platform)
{
    struct el2_platform defaults;
    el2_platform_defaults(&defaults);
    if (platform->boot_pattern != defaults.boot_pattern) {
        put(recorder, ",\"boot_pattern\":\"0x%" PRIx64 "\"",
            platform->boot_pattern);
    }
    put(recorder,
        ",\"limits\":{\"max_share\":%" PRIu32 ",\"host_share\":%" PRIu32
        ",\"npt_pool\":[%" PRIu32 ",%" PRIu32 ",%" PRIu32
        "],\"spt_pool\":[%" PRIu32 ",%" PRIu32 "]",
        platform->max_share_count, platform->max_dma_count,
        platform->npt_level1_tables, platform->npt_level2_tables,
        platform->npt_level3_tables, platform->spt_level2_tables,
        platform->spt_level3_tables);
    if (platform->core_vmid != defaults.core_vmid) {
        put(recorder, ",\"core_vmid\":%" PRIu32, platform->core_vmid);
    }
    if (platform->vcpus_per_vm != defaults.vcpus_per_vm) {
        put(recorder, ",\"vcpus\":%" PRIu32, platform->vcpus_per_vm);
    }
    if (platform->images_per_vm != defaults.images_per_vm) {
        put(recorder, ",\"images\":%" PRIu32, platform->images_per_vm);
    }
    put(recorder, "}");
}

struct vector_recorder *vector_record_begin(struct el2_machine *machine,
                                            const struct el2_platform *platform,
                                            const char *id)
{
    struct vector_recorder *recorder = calloc(1, sizeof(*recorder));
    if (recorder == NULL) {
        return NULL;
    }
    recorder->machine = machine;
    put(recorder, "{\"id\":\"%s\",\"suite\":\"recorded\",", id);
    put_platform(recorder, platform);
    put_limits(recorder, platform);
    put(recorder, ",\"steps\":[");
    return recorder;
}

/* A plain number where it is one exactly, otherwise a hex string. */
static void put_register(struct vector_recorder *recorder, uint64_t value,
                         bool plain)
{
    if (plain && value <= UINT32_MAX) {
        put(recorder, "%" PRIu64, value);
    } else {
        put(recorder, "\"0x%" PRIx64 "\"", value);
    }
}

static void put_call(struct vector_recorder *recorder,
                     const struct el2_call *call)
{
    const struct el2_call_description *description = &el2_calls[call->number];
    put(recorder, "%s{\"call\":\"%s\",\"args\":{", comma(recorder->steps > 0),
        vector_call_name(call->number));
    for (uint32_t i = 0; i < description->argument_count; i++) {
        put(recorder, "%s\"%s\":", comma(i > 0),
            vector_argument_name(call->number, i));
        put_register(recorder, call->arguments[i],
                     vector_argument_is_plain(description->arguments[i].kind));
    }
    put(recorder, "}");
}

/* Whether the second change, of the cell after the first's, continues its
 * run. */
typedef bool (*run_rule)(const struct vector_change *last,
                         const struct vector_change *next);

/* Number of changes from `first` on that are one run. */
static size_t run_length(const struct vector_changes *changes, size_t first,
                         run_rule continues)
{
    size_t n = 1;
    while (first + n < changes->count) {
        const struct vector_change *last = &changes->at[first + n - 1];
        const struct vector_change *next = &changes->at[first + n];
        if (next->cell != last->cell + 1 || !continues(last, next)) {
            break;
        }
        n++;
    }
    return n;
}

static bool page_continues(const struct vector_change *last,
                           const struct vector_change *next)
{
    uint64_t gfn = el2_value_gfn(last->value);
    return el2_value_owner(last->value) == el2_value_owner(next->value) &&
           el2_value_count(last->value) == el2_value_count(next->value) &&
           gfn != EL2_INVALID64 && gfn + 1 == el2_value_gfn(next->value);
}

/* Only the entries of one block share a descriptor and map rising pages. */
static bool block_continues(const struct vector_change *last,
                            const struct vector_change *next)
{
    return el2_value_level(last->value) == 2 &&
           el2_value_level(next->value) == 2 &&
           el2_value_descriptor(last->value) ==
               el2_value_descriptor(next->value) &&
           el2_cell_index(next->cell) % EL2_PAGES_PER_BLOCK != 0;
}

static size_t put_page_run(struct vector_recorder *recorder, size_t first)
{
    const struct vector_change *page = &recorder->changes.at[first];
    size_t n = run_length(&recorder->changes, first, page_continues);
    put(recorder,
        "{\"pfn\":\"0x%" PRIx64 "\",\"n\":%zu,\"owner\":%" PRIu32
        ",\"count\":%" PRIu32 ",\"gfn\":\"0x%" PRIx64 "\"}",
        el2_cell_index(page->cell), n, el2_value_owner(page->value),
        el2_value_count(page->value), el2_value_gfn(page->value));
    return n;
}

static uint64_t pfn_of_descriptor(uint64_t descriptor)
{
    return (descriptor & EL2_DESCRIPTOR_ADDRESS) / EL2_PAGE_SIZE;
}

/* The page of a descriptor that translates to none is its address field. */
static size_t put_npt_run(struct vector_recorder *recorder, size_t first)
{
    const struct vector_change *entry = &recorder->changes.at[first];
    size_t n = run_length(&recorder->changes, first, block_continues);
    uint64_t gfn = el2_cell_index(entry->cell);
    uint64_t descriptor = el2_value_descriptor(entry->value);
    uint32_t level = el2_value_level(entry->value);
    uint64_t pfn = el2_value_translation(entry->value);
    if (pfn == EL2_NO_TRANSLATION) {
        pfn = pfn_of_descriptor(descriptor) +
              (level == 2 ? gfn % EL2_PAGES_PER_BLOCK : 0);
    }
    put(recorder,
        "{\"gfn\":\"0x%" PRIx64 "\",\"n\":%zu,\"pfn\":\"0x%" PRIx64
        "\",\"level\":%" PRIu32 ",\"desc\":\"0x%" PRIx64 "\"}",
        gfn, n, pfn, level, descriptor);
    return n;
}

static size_t put_spt_entry(struct vector_recorder *recorder, size_t first)
{
    const struct vector_change *entry = &recorder->changes.at[first];
    uint64_t descriptor = el2_value_descriptor(entry->value);
    uint64_t pfn = el2_value_translation(entry->value);
    if (pfn == EL2_NO_TRANSLATION) {
        pfn = pfn_of_descriptor(descriptor);
    }
    put(recorder,
        "{\"iova_pfn\":\"0x%" PRIx64 "\",\"pfn\":\"0x%" PRIx64
        "\",\"desc\":\"0x%" PRIx64 "\"}",
        el2_cell_index(entry->cell), pfn, descriptor);
    return 1;
}

/* The value of a cell that has no runs. */
static size_t put_single(struct vector_recorder *recorder, size_t first)
{
    const struct vector_change *change = &recorder->changes.at[first];
    const uint64_t *words = change->value.words;
    switch (el2_cell_kind(change->cell)) {
    case EL2_CELL_VM_STATE:
        put(recorder, "{\"state\":%" PRIu64 "}", words[0]);
        break;
    case EL2_CELL_CORE:
        put(recorder,
            "{\"next_vmid\":%" PRIu64 ",\"next_remap_ptr\":\"0x%" PRIx64 "\"}",
            words[0], words[1]);
        break;
    case EL2_CELL_MEMORY:
        if (words[1] != 0) {
            put(recorder, "\"unknown\"");
        } else {
            put(recorder, "\"0x%" PRIx64 "\"", words[0]);
        }
        break;
    case EL2_CELL_NPT_TABLES:
        put(recorder, "[%" PRIu32 ",%" PRIu64 ",%" PRIu64 "]",
            (uint32_t)words[0], words[0] >> 32, words[1]);
        break;
    case EL2_CELL_SPT_TABLES:
        put(recorder, "[%" PRIu64 ",%" PRIu64 "]", words[0], words[1]);
        break;
    default:
        put(recorder, "%" PRIu64, words[0]);
        break;
    }
    return 1;
}

enum key_of_cell {
    KEY_NONE,
    KEY_VMID,
    KEY_BANK,
    KEY_PFN,
};

/* How the changes of one kind of cell stand in `changes`. */
struct kind_form {
    const char *name;
    enum key_of_cell key; /* with one: an object of what belongs to each */
    bool is_array;        /* of runs or entries */
    size_t (*put)(struct vector_recorder *recorder, size_t first);
};

static const struct kind_form forms[EL2_CELL_KIND_COUNT] = {
    [EL2_CELL_PAGE] = {"page", KEY_NONE, true, put_page_run},
    [EL2_CELL_NPT] = {"npt", KEY_VMID, true, put_npt_run},
    [EL2_CELL_SPT] = {"spt", KEY_BANK, true, put_spt_entry},
    [EL2_CELL_BANK] = {"bank", KEY_BANK, false, put_single},
    [EL2_CELL_VM_STATE] = {"vm", KEY_VMID, false, put_single},
    [EL2_CELL_CORE] = {"core", KEY_NONE, false, put_single},
    [EL2_CELL_MEMORY] = {"mem", KEY_PFN, false, put_single},
    [EL2_CELL_DATA_LOG] = {"data_log", KEY_VMID, false, put_single},
    [EL2_CELL_NPT_TABLES] = {"npt_tables", KEY_VMID, false, put_single},
    [EL2_CELL_SPT_TABLES] = {"spt_tables", KEY_NONE, false, put_single},
};

static void put_key(struct vector_recorder *recorder, enum key_of_cell key,
                    el2_cell cell)
{
    uint32_t id = el2_cell_id(cell);
    switch (key) {
    case KEY_NONE:
        break;
    case KEY_VMID:
        put(recorder, "\"%" PRIu32 "\":", id);
        break;
    case KEY_BANK:
        put(recorder, "\"%" PRIu32 ".%" PRIu32 "\":", id / EL2_BANKS_PER_SMMU,
            id % EL2_BANKS_PER_SMMU);
        break;
    case KEY_PFN:
        put(recorder, "\"0x%" PRIx64 "\":", el2_cell_index(cell));
        break;
    }
}

/* Whether two cells have the same place in an object: kind and, where the key
 * is not the page itself, id. */
static bool same_holder(el2_cell a, el2_cell b)
{
    return el2_cell_kind(a) == el2_cell_kind(b) &&
           el2_cell_id(a) == el2_cell_id(b);
}

/* The value of one key: one array of all its runs, or one value. Returns
 * where the next key begins. */
static size_t put_value(struct vector_recorder *recorder,
                        const struct kind_form *form, size_t first)
{
    const struct vector_changes *changes = &recorder->changes;
    if (!form->is_array) {
        return first + form->put(recorder, first);
    }
    el2_cell holder = changes->at[first].cell;
    size_t i = first;
    put(recorder, "[");
    while (i < changes->count && same_holder(changes->at[i].cell, holder)) {
        put(recorder, "%s", comma(i > first));
        i += form->put(recorder, i);
    }
    put(recorder, "]");
    return i;
}

/* All changes of the kind that `first` has. Returns where the next kind
 * begins. */
static size_t put_kind(struct vector_recorder *recorder, size_t first)
{
    const struct vector_changes *changes = &recorder->changes;
    enum el2_cell_kind kind = el2_cell_kind(changes->at[first].cell);
    const struct kind_form *form = &forms[kind];
    bool keyed = form->key != KEY_NONE;
    size_t i = first;
    put(recorder, "%s\"%s\":%s", comma(first > 0), form->name,
        keyed ? "{" : "");
    while (i < changes->count && el2_cell_kind(changes->at[i].cell) == kind) {
        put(recorder, "%s", comma(i > first));
        put_key(recorder, form->key, changes->at[i].cell);
        i = put_value(recorder, form, i);
    }
    put(recorder, "%s", keyed ? "}" : "");
    return i;
}

static void put_changes(struct vector_recorder *recorder)
{
    if (!vector_changes_of_step(&recorder->changes, recorder->machine)) {
        fail(recorder, "not enough memory");
        return;
    }
    put(recorder, ",\"changes\":{");
    size_t i = 0;
    while (i < recorder->changes.count && recorder->error == NULL) {
        enum el2_cell_kind kind = el2_cell_kind(recorder->changes.at[i].cell);
        if (kind >= EL2_CELL_KIND_COUNT || forms[kind].name == NULL) {
            fail(recorder, "a cell changed that vectors do not speak of");
            return;
        }
        i = put_kind(recorder, i);
    }
    put(recorder, "}");
}

void vector_record_step(struct vector_recorder *recorder,
                        const struct el2_call *call,
                        const struct el2_step *step)
{
    if (recorder->panicked) {
        fail(recorder, "a step came after a panic");
    }
    put_call(recorder, call);
    put(recorder, ",\"result\":\"%s\"", step->panicked ? "panic" : "ok");
    if (!step->panicked) {
        put_changes(recorder);
        if (step->has_result) {
            put(recorder, ",\"ret\":");
            put_register(recorder, step->result,
                         el2_calls[call->number].result !=
                             EL2_RESULT_DESCRIPTOR);
        }
    }
    put(recorder, "}");
    recorder->panicked = step->panicked;
    recorder->steps++;
}

bool vector_record_end(struct vector_recorder *recorder, FILE *stream,
                       char *why, size_t why_size)
{
    put(recorder, "]}");
    if (recorder->steps == 0) {
        fail(recorder, "no step was recorded");
    }
    const struct json_line *line = &recorder->line;
    if (stream != NULL && recorder->error == NULL &&
        (fwrite(line->text, 1, line->length, stream) != line->length ||
         fputc('\n', stream) == EOF)) {
        fail(recorder, "the vector cannot be written");
    }
    bool good = stream != NULL && recorder->error == NULL;
    if (recorder->error != NULL) {
        (void)snprintf(why, why_size, "%s", recorder->error);
    }
    free(recorder->line.text);
    free(recorder->changes.at);
    free(recorder);
    return good;
}
