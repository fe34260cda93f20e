#include "fuzz/vectors/record_changes.h"

#include "fuzz/vectors/changes.h"

#include <inttypes.h>

struct changes_writer {
    struct vector_line *line;
    const struct vector_changes *changes;
    struct el2_machine *machine;
    const struct el2_platform *platform;
};

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

static size_t put_page_run(const struct changes_writer *writer, size_t first)
{
    const struct vector_change *page = &writer->changes->at[first];
    size_t n = run_length(writer->changes, first, page_continues);
    vector_line_put(writer->line,
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
static size_t put_npt_run(const struct changes_writer *writer, size_t first)
{
    const struct vector_change *entry = &writer->changes->at[first];
    size_t n = run_length(writer->changes, first, block_continues);
    uint64_t gfn = el2_cell_index(entry->cell);
    uint64_t descriptor = el2_value_descriptor(entry->value);
    uint32_t level = el2_value_level(entry->value);
    uint64_t pfn = el2_value_translation(entry->value);
    if (pfn == EL2_NO_TRANSLATION) {
        pfn = pfn_of_descriptor(descriptor) +
              (level == 2 ? gfn % EL2_PAGES_PER_BLOCK : 0);
    }
    vector_line_put(writer->line,
                    "{\"gfn\":\"0x%" PRIx64 "\",\"n\":%zu,\"pfn\":\"0x%" PRIx64
                    "\",\"level\":%" PRIu32 ",\"desc\":\"0x%" PRIx64 "\"}",
                    gfn, n, pfn, level, descriptor);
    return n;
}

static size_t put_spt_entry(const struct changes_writer *writer, size_t first)
{
    const struct vector_change *entry = &writer->changes->at[first];
    uint64_t descriptor = el2_value_descriptor(entry->value);
    uint64_t pfn = el2_value_translation(entry->value);
    if (pfn == EL2_NO_TRANSLATION) {
        pfn = pfn_of_descriptor(descriptor);
    }
    vector_line_put(writer->line,
                    "{\"iova_pfn\":\"0x%" PRIx64 "\",\"pfn\":\"0x%" PRIx64
                    "\",\"desc\":\"0x%" PRIx64 "\"}",
                    el2_cell_index(entry->cell), pfn, descriptor);
    return 1;
}

/* The value of a cell that has no runs. */
static size_t put_single(const struct changes_writer *writer, size_t first)
{
    const struct vector_change *change = &writer->changes->at[first];
    const uint64_t *words = change->value.words;
    switch (el2_cell_kind(change->cell)) {
    case EL2_CELL_CORE:
        vector_line_put(writer->line,
                        "{\"next_vmid\":%" PRIu64
                        ",\"next_remap_ptr\":\"0x%" PRIx64 "\"}",
                        words[0], words[1]);
        break;
    case EL2_CELL_MEMORY:
        if (el2_value_equal(change->value, VECTOR_UNKNOWN)) {
            vector_line_put(writer->line, "\"unknown\"");
        } else {
            vector_line_put(writer->line, "\"0x%" PRIx64 "\"", words[0]);
        }
        break;
    case EL2_CELL_NPT_TABLES:
        vector_line_put(writer->line, "[%" PRIu32 ",%" PRIu64 ",%" PRIu64 "]",
                        (uint32_t)words[0], words[0] >> 32, words[1]);
        break;
    case EL2_CELL_SPT_TABLES:
        vector_line_put(writer->line, "[%" PRIu64 ",%" PRIu64 "]", words[0],
                        words[1]);
        break;
    default:
        vector_line_put(writer->line, "%" PRIu64, words[0]);
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
    size_t (*put)(const struct changes_writer *writer, size_t first);
};

static const struct kind_form forms[EL2_CELL_KIND_COUNT] = {
    [EL2_CELL_PAGE] = {"page", KEY_NONE, true, put_page_run},
    [EL2_CELL_NPT] = {"npt", KEY_VMID, true, put_npt_run},
    [EL2_CELL_SPT] = {"spt", KEY_BANK, true, put_spt_entry},
    [EL2_CELL_BANK] = {"bank", KEY_BANK, false, put_single},
    [EL2_CELL_CORE] = {"core", KEY_NONE, false, put_single},
    [EL2_CELL_MEMORY] = {"mem", KEY_PFN, false, put_single},
    [EL2_CELL_DATA_LOG] = {"data_log", KEY_VMID, false, put_single},
    [EL2_CELL_NPT_TABLES] = {"npt_tables", KEY_VMID, false, put_single},
    [EL2_CELL_SPT_TABLES] = {"spt_tables", KEY_NONE, false, put_single},
};

static void put_key(const struct changes_writer *writer, enum key_of_cell key,
                    el2_cell cell)
{
    uint32_t id = el2_cell_id(cell);
    switch (key) {
    case KEY_NONE:
        break;
    case KEY_VMID:
        vector_line_put(writer->line, "\"%" PRIu32 "\":", id);
        break;
    case KEY_BANK:
        vector_line_put(writer->line,
                        "\"%" PRIu32 ".%" PRIu32 "\":", id / EL2_BANKS_PER_SMMU,
                        id % EL2_BANKS_PER_SMMU);
        break;
    case KEY_PFN:
        vector_line_put(writer->line,
                        "\"0x%" PRIx64 "\":", el2_cell_index(cell));
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
static size_t put_value(const struct changes_writer *writer,
                        const struct kind_form *form, size_t first)
{
    const struct vector_changes *changes = writer->changes;
    if (!form->is_array) {
        return first + form->put(writer, first);
    }
    el2_cell holder = changes->at[first].cell;
    size_t i = first;
    vector_line_put(writer->line, "[");
    while (i < changes->count && same_holder(changes->at[i].cell, holder)) {
        vector_line_put(writer->line, "%s", vector_line_comma(i > first));
        i += form->put(writer, i);
    }
    vector_line_put(writer->line, "]");
    return i;
}

/* All changes of the kind that `first` has. Returns where the next kind
 * begins. */
static size_t put_kind(const struct changes_writer *writer, size_t first)
{
    const struct vector_changes *changes = writer->changes;
    enum el2_cell_kind kind = el2_cell_kind(changes->at[first].cell);
    const struct kind_form *form = &forms[kind];
    bool keyed = form->key != KEY_NONE;
    size_t i = first;
    vector_line_put(writer->line, "\"%s\":%s", form->name, keyed ? "{" : "");
    while (i < changes->count && el2_cell_kind(changes->at[i].cell) == kind) {
        vector_line_put(writer->line, "%s", vector_line_comma(i > first));
        put_key(writer, form->key, changes->at[i].cell);
        i = put_value(writer, form, i);
    }
    vector_line_put(writer->line, "%s", keyed ? "}" : "");
    return i;
}

/* Kinds of cells that are fields of `vm`. */
#define BIT(kind)   (UINT32_C(1) << (kind))
#define IMAGE_KINDS (BIT(EL2_CELL_IMAGE) | BIT(EL2_CELL_IMAGE_REMAP))
#define VM_KINDS                                                               \
    (BIT(EL2_CELL_VM_STATE) | BIT(EL2_CELL_VCPU) | BIT(EL2_CELL_INC_EXE) |     \
     IMAGE_KINDS)

static bool is_of_vm(el2_cell cell)
{
    return (VM_KINDS >> el2_cell_kind(cell) & 1) != 0;
}

static struct el2_value value_of_vm(const struct changes_writer *writer,
                                    enum el2_cell_kind kind, uint32_t vmid,
                                    uint64_t index)
{
    return vector_value_now(writer->machine, el2_cell_make(kind, vmid, index));
}

static void put_vcpus(const struct changes_writer *writer, uint32_t vmid)
{
    vector_line_put(writer->line, "\"vcpu_state\":[");
    for (uint32_t c = 0; c < writer->platform->vcpus_per_vm; c++) {
        vector_line_put(writer->line, "%s%" PRIu64, vector_line_comma(c > 0),
                        value_of_vm(writer, EL2_CELL_VCPU, vmid, c).words[0]);
    }
    vector_line_put(writer->line, "]");
}

static void put_images(const struct changes_writer *writer, uint32_t vmid)
{
    vector_line_put(writer->line, "\"images\":[");
    for (uint32_t i = 0; i < writer->platform->images_per_vm; i++) {
        struct el2_value image = value_of_vm(writer, EL2_CELL_IMAGE, vmid, i);
        struct el2_value remap =
            value_of_vm(writer, EL2_CELL_IMAGE_REMAP, vmid, i);
        if (image.words[1] == 0) {
            break;
        }
        vector_line_put(
            writer->line,
            "%s{\"load_addr\":\"0x%" PRIx64 "\",\"size\":\"0x%" PRIx64
            "\",\"remap_addr\":\"0x%" PRIx64 "\",\"mapped\":%" PRIu64 "}",
            vector_line_comma(i > 0), image.words[0], image.words[1],
            remap.words[0], remap.words[1]);
    }
    vector_line_put(writer->line, "]");
}

/* The fields of a VM of which a cell changed: those whose bit is in `kinds`,
 * which has one. */
static void put_vm(const struct changes_writer *writer, uint32_t vmid,
                   uint32_t kinds)
{
    const char *comma = "";
    vector_line_put(writer->line, "\"%" PRIu32 "\":{", vmid);
    if ((kinds & BIT(EL2_CELL_VM_STATE)) != 0) {
        vector_line_put(
            writer->line, "\"state\":%" PRIu64,
            value_of_vm(writer, EL2_CELL_VM_STATE, vmid, 0).words[0]);
        comma = ",";
    }
    if ((kinds & BIT(EL2_CELL_VCPU)) != 0) {
        vector_line_put(writer->line, "%s", comma);
        put_vcpus(writer, vmid);
        comma = ",";
    }
    if ((kinds & BIT(EL2_CELL_INC_EXE)) != 0) {
        vector_line_put(
            writer->line, "%s\"inc_exe\":%" PRIu64, comma,
            value_of_vm(writer, EL2_CELL_INC_EXE, vmid, 0).words[0]);
        comma = ",";
    }
    if ((kinds & IMAGE_KINDS) != 0) {
        vector_line_put(writer->line, "%s", comma);
        put_images(writer, vmid);
    }
    vector_line_put(writer->line, "}");
}

/* All changes of VMs, whose kinds do not stand together in the list. */
static void put_vms(const struct changes_writer *writer,
                    const uint32_t kinds[EL2_VMID_LIMIT])
{
    bool any = false;
    vector_line_put(writer->line, "\"vm\":{");
    for (uint32_t vmid = 0; vmid < EL2_VMID_LIMIT; vmid++) {
        if (kinds[vmid] != 0) {
            vector_line_put(writer->line, "%s", vector_line_comma(any));
            put_vm(writer, vmid, kinds[vmid]);
            any = true;
        }
    }
    vector_line_put(writer->line, "}");
}

/* Whether vectors have a place for the cell. */
static bool has_place(el2_cell cell)
{
    enum el2_cell_kind kind = el2_cell_kind(cell);
    return kind < EL2_CELL_KIND_COUNT &&
           (is_of_vm(cell) ? el2_cell_id(cell) < EL2_VMID_LIMIT
                           : forms[kind].name != NULL);
}

void vector_put_changes(struct vector_line *line,
                        const struct vector_changes *changes,
                        struct el2_machine *machine,
                        const struct el2_platform *platform)
{
    const struct changes_writer writer = {line, changes, machine, platform};
    uint32_t kinds[EL2_VMID_LIMIT] = {0};
    bool any_vm = false;
    bool any = false;
    vector_line_put(line, ",\"changes\":{");
    for (size_t i = 0; i < changes->count && line->error == NULL;) {
        el2_cell cell = changes->at[i].cell;
        if (!has_place(cell)) {
            vector_line_fail(line,
                             "a cell changed that vectors do not speak of");
        } else if (is_of_vm(cell)) {
            kinds[el2_cell_id(cell)] |= BIT(el2_cell_kind(cell));
            any_vm = true;
            i++;
        } else {
            vector_line_put(line, "%s", vector_line_comma(any));
            i = put_kind(&writer, i);
            any = true;
        }
    }
    if (any_vm) {
        vector_line_put(line, "%s", vector_line_comma(any));
        put_vms(&writer, kinds);
    }
    vector_line_put(line, "}");
}
