/* The `changes` of a step, as cells and what they hold after it. */
#include "fuzz/vectors/cell.h"
#include "fuzz/vectors/changes.h"
#include "fuzz/vectors/read.h"

#include <inttypes.h>
#include <string.h>

bool vector_read_change(const struct changes_reader *reader,
                        enum el2_cell_kind kind, uint64_t id, uint64_t index,
                        struct el2_value value)
{
    struct vector_changes *changes = &reader->vector->changes;
    if (changes->count == VECTOR_CHANGE_LIMIT) {
        return json_fail(reader->json, NULL,
                         "the vector changes more than %" PRIu64 " cells",
                         VECTOR_CHANGE_LIMIT);
    }
    return vector_changes_add(changes, el2_cell_make(kind, id, index), value) ||
           json_fail(reader->json, NULL, "not enough memory");
}

/* The key of a member as a vmid. */
static bool read_vmid(const struct changes_reader *reader, const cJSON *member,
                      uint64_t *vmid)
{
    uint32_t maximum = reader->vector->platform.core_vmid;
    return json_parse_decimal(member->string, maximum, vmid) ||
           json_fail(reader->json, member,
                     "expected a vmid from 0 to %" PRIu32 " as key", maximum);
}

/* The key of a member as "SMMU.BANK", to a bank id. */
static bool read_bank(const struct changes_reader *reader, const cJSON *member,
                      uint64_t *bank)
{
    const char *key = member->string;
    uint64_t smmus = reader->vector->platform.smmu_count;
    if (strlen(key) == 3 && key[0] >= '0' && key[1] == '.' && key[2] >= '0') {
        uint64_t smmu = (uint64_t)(key[0] - '0');
        uint64_t index = (uint64_t)(key[2] - '0');
        if (smmu < smmus && index < EL2_BANKS_PER_SMMU) {
            *bank = smmu * EL2_BANKS_PER_SMMU + index;
            return true;
        }
    }
    return json_fail(reader->json, member,
                     "expected \"SMMU.BANK\" as key, SMMU below %" PRIu64
                     ", BANK below %d",
                     smmus, EL2_BANKS_PER_SMMU);
}

static bool read_owner(const struct changes_reader *reader, const cJSON *item,
                       uint64_t *owner)
{
    uint32_t maximum = reader->vector->platform.core_vmid;
    if (!json_number(reader->json, item, UINT32_MAX, owner)) {
        return false;
    }
    return *owner <= maximum || *owner == EL2_INVALID ||
           json_fail(reader->json, item,
                     "expected an owner: 0 to %" PRIu32 ", or 4294967295",
                     maximum);
}

/* The length of a run that starts at `first` in a space of that many pages. */
static bool read_run(const struct changes_reader *reader, const cJSON *item,
                     uint64_t first, uint64_t space, uint64_t *length)
{
    if (!json_number(reader->json, item, UINT32_MAX, length)) {
        return false;
    }
    return (*length > 0 && *length <= space - first) ||
           json_fail(reader->json, item,
                     "is zero or reaches beyond the last page");
}

typedef bool (*read_item)(const struct changes_reader *reader,
                          const cJSON *item, uint64_t id);

/* Each element of an array, with what it belongs to. */
static bool read_elements(const struct changes_reader *reader,
                          const cJSON *array, uint64_t id, read_item read)
{
    if (!json_is_array(reader->json, array)) {
        return false;
    }
    size_t outer = json_enter(reader->json, array);
    size_t index = 0;
    const cJSON *item;
    cJSON_ArrayForEach(item, array)
    {
        size_t mark = json_enter_element(reader->json, index++);
        if (!read(reader, item, id)) {
            return false;
        }
        json_leave(reader->json, mark);
    }
    json_leave(reader->json, outer);
    return true;
}

typedef bool (*read_key)(const struct changes_reader *reader,
                         const cJSON *member, uint64_t *id);

/* Each member of an object whose keys are ids. */
static bool read_by_key(const struct changes_reader *reader,
                        const cJSON *object, read_key key, read_item read)
{
    if (!json_is_object(reader->json, object)) {
        return false;
    }
    size_t outer = json_enter(reader->json, object);
    const cJSON *member;
    cJSON_ArrayForEach(member, object)
    {
        uint64_t id = 0;
        if (!key(reader, member, &id) || !read(reader, member, id)) {
            return false;
        }
    }
    json_leave(reader->json, outer);
    return true;
}

static bool read_page_run(const struct changes_reader *reader,
                          const cJSON *item, uint64_t id)
{
    enum {
        PFN,
        N,
        OWNER,
        SHARES,
        GFN,
        COUNT
    };
    static const char *const names[COUNT] = {"pfn", "n", "owner", "count",
                                             "gfn"};
    const cJSON *members[COUNT];
    uint64_t pfn;
    uint64_t n;
    uint64_t owner;
    uint64_t shares;
    uint64_t gfn;
    if (!json_members(reader->json, item, names, COUNT, JSON_ALL, members) ||
        !json_hex(reader->json, members[PFN], EL2_PFN_SPACE - 1, &pfn) ||
        !read_run(reader, members[N], pfn, EL2_PFN_SPACE, &n) ||
        !read_owner(reader, members[OWNER], &owner) ||
        !json_number(reader->json, members[SHARES], UINT32_MAX, &shares) ||
        !json_hex(reader->json, members[GFN], UINT64_MAX, &gfn)) {
        return false;
    }
    if (gfn > EL2_INVALID64 - (n - 1)) {
        return json_fail(reader->json, members[GFN], "rises beyond 64 bits");
    }
    for (uint64_t i = 0; i < n; i++) {
        struct el2_value value =
            el2_value_page((uint32_t)owner, (uint32_t)shares, gfn + i);
        if (!vector_read_change(reader, EL2_CELL_PAGE, id, pfn + i, value)) {
            return false;
        }
    }
    return true;
}

/*
 * What a cell holds for an entry with this descriptor, of which the vector
 * says that it maps `pfn`. Only a descriptor that is valid at its level
 * translates to that page. Of any other, nothing that is observed depends on
 * the vector's pfn, so that it is held against the descriptor here.
 * `offset`: pages from the start of the block, 0 for a page.
 */
static bool read_entry(const struct changes_reader *reader, const cJSON *item,
                       uint64_t descriptor, uint64_t level, uint64_t offset,
                       struct el2_value *value)
{
    uint64_t valid = level == 2 ? EL2_DESCRIPTOR_BLOCK : EL2_DESCRIPTOR_PAGE;
    uint64_t address = descriptor & EL2_DESCRIPTOR_ADDRESS;
    uint64_t pfn;
    if (!json_hex(reader->json, item, EL2_GFN_SPACE - 1, &pfn)) {
        return false;
    }
    if ((descriptor & EL2_DESCRIPTOR_TYPE) == valid) {
        *value = el2_value_entry(descriptor, (uint32_t)level, pfn);
        return true;
    }
    *value = el2_value_entry(descriptor, (uint32_t)level, EL2_NO_TRANSLATION);
    return pfn == address / EL2_PAGE_SIZE + offset ||
           json_fail(reader->json, item, "is not the page in desc");
}

/* No entry has level 0; any other ends at a block or a page. */
static bool read_level(const struct changes_reader *reader, const cJSON *item,
                       uint64_t descriptor, uint64_t *level)
{
    if (!json_number(reader->json, item, 3, level)) {
        return false;
    }
    return (descriptor == 0 ? *level == 0 : *level >= 2) ||
           json_fail(reader->json, item,
                     "expected 2 or 3, or 0 where desc is 0");
}

/* The entry `i` pages after the first of a run. */
static struct el2_value entry_in_run(struct el2_value first, uint64_t i)
{
    uint64_t pfn = el2_value_translation(first);
    return el2_value_entry(el2_value_descriptor(first), el2_value_level(first),
                           pfn == EL2_NO_TRANSLATION ? pfn : pfn + i);
}

static bool read_npt_run(const struct changes_reader *reader, const cJSON *item,
                         uint64_t vmid)
{
    enum {
        GFN,
        N,
        PFN,
        LEVEL,
        DESC,
        COUNT
    };
    static const char *const names[COUNT] = {"gfn", "n", "pfn", "level",
                                             "desc"};
    const cJSON *members[COUNT];
    struct el2_value value;
    uint64_t gfn;
    uint64_t n;
    uint64_t level;
    uint64_t descriptor;
    if (!json_members(reader->json, item, names, COUNT, JSON_ALL, members) ||
        !json_hex(reader->json, members[GFN], EL2_GFN_SPACE - 1, &gfn) ||
        !read_run(reader, members[N], gfn, EL2_GFN_SPACE, &n) ||
        !json_hex(reader->json, members[DESC], UINT64_MAX, &descriptor) ||
        !read_level(reader, members[LEVEL], descriptor, &level) ||
        !read_entry(reader, members[PFN], descriptor, level,
                    level == 2 ? gfn % EL2_PAGES_PER_BLOCK : 0, &value)) {
        return false;
    }
    for (uint64_t i = 0; i < n; i++) {
        if (!vector_read_change(reader, EL2_CELL_NPT, vmid, gfn + i,
                                entry_in_run(value, i))) {
            return false;
        }
    }
    return true;
}

static bool read_npt(const struct changes_reader *reader, const cJSON *item,
                     uint64_t vmid)
{
    return read_elements(reader, item, vmid, read_npt_run);
}

static bool read_spt_entry(const struct changes_reader *reader,
                           const cJSON *item, uint64_t bank)
{
    enum {
        IOVA_PFN,
        PFN,
        DESC,
        COUNT
    };
    static const char *const names[COUNT] = {"iova_pfn", "pfn", "desc"};
    const cJSON *members[COUNT];
    struct el2_value value;
    uint64_t iova_pfn;
    uint64_t descriptor;
    return json_members(reader->json, item, names, COUNT, JSON_ALL, members) &&
           json_hex(reader->json, members[IOVA_PFN],
                    EL2_IOVA_SPACE / EL2_PAGE_SIZE - 1, &iova_pfn) &&
           json_hex(reader->json, members[DESC], UINT64_MAX, &descriptor) &&
           read_entry(reader, members[PFN], descriptor, 3, 0, &value) &&
           vector_read_change(reader, EL2_CELL_SPT, bank, iova_pfn, value);
}

static bool read_spt(const struct changes_reader *reader, const cJSON *item,
                     uint64_t bank)
{
    return read_elements(reader, item, bank, read_spt_entry);
}

static bool read_npt_tables(const struct changes_reader *reader,
                            const cJSON *item, uint64_t vmid)
{
    uint64_t taken[3];
    return json_numbers(reader->json, item, 3, UINT32_MAX, taken) &&
           vector_read_change(
               reader, EL2_CELL_NPT_TABLES, vmid, 0,
               (struct el2_value){{taken[0] | taken[1] << 32, taken[2]}});
}

static bool read_spt_tables(const struct changes_reader *reader,
                            const cJSON *item)
{
    uint64_t taken[2];
    return json_numbers(reader->json, item, 2, UINT32_MAX, taken) &&
           vector_read_change(reader, EL2_CELL_SPT_TABLES, 0, 0,
                              (struct el2_value){{taken[0], taken[1]}});
}

static bool read_bank_owner(const struct changes_reader *reader,
                            const cJSON *item, uint64_t bank)
{
    uint64_t owner;
    return read_owner(reader, item, &owner) &&
           vector_read_change(reader, EL2_CELL_BANK, bank, 0,
                              (struct el2_value){{owner, 0}});
}

/* The key of a member as a physical page. */
static bool read_pfn(const struct changes_reader *reader, const cJSON *member,
                     uint64_t *pfn)
{
    return json_parse_hex(member->string, EL2_PFN_SPACE - 1, pfn) ||
           json_fail(reader->json, member, "expected a pfn as key");
}

static bool read_content(const struct changes_reader *reader, const cJSON *item,
                         uint64_t pfn)
{
    struct el2_value value = {{0, 0}};
    if (cJSON_IsString(item) && strcmp(item->valuestring, "unknown") == 0) {
        value = VECTOR_UNKNOWN;
    } else if (!json_hex(reader->json, item, UINT64_MAX, &value.words[0])) {
        return false;
    }
    return vector_read_change(reader, EL2_CELL_MEMORY, 0, pfn, value);
}

static bool read_draws(const struct changes_reader *reader, const cJSON *item,
                       uint64_t vmid)
{
    uint64_t draws;
    return json_number(reader->json, item, UINT32_MAX, &draws) &&
           vector_read_change(reader, EL2_CELL_DATA_LOG, vmid, 0,
                              (struct el2_value){{draws, 0}});
}

static bool read_core(const struct changes_reader *reader, const cJSON *item)
{
    enum {
        NEXT_VMID,
        NEXT_REMAP,
        COUNT
    };
    static const char *const names[COUNT] = {"next_vmid", "next_remap_ptr"};
    const cJSON *members[COUNT];
    struct el2_value core;
    size_t outer = json_enter(reader->json, item);
    if (!json_members(reader->json, item, names, COUNT, JSON_ALL, members) ||
        !json_number(reader->json, members[NEXT_VMID], UINT32_MAX,
                     &core.words[0]) ||
        !json_hex(reader->json, members[NEXT_REMAP], UINT64_MAX,
                  &core.words[1]) ||
        !vector_read_change(reader, EL2_CELL_CORE, 0, 0, core)) {
        return false;
    }
    json_leave(reader->json, outer);
    return true;
}

/* One member of `changes`, by its position in the list of their names. */
static bool read_member(const struct changes_reader *reader, size_t which,
                        const cJSON *item)
{
    switch (which) {
    case 0:
        return read_elements(reader, item, 0, read_page_run);
    case 1:
        return read_by_key(reader, item, read_vmid, read_npt);
    case 2:
        return read_by_key(reader, item, read_vmid, read_npt_tables);
    case 3:
        return read_by_key(reader, item, read_bank, read_spt);
    case 4:
        return read_spt_tables(reader, item);
    case 5:
        return read_by_key(reader, item, read_bank, read_bank_owner);
    case 6:
        return read_by_key(reader, item, read_pfn, read_content);
    case 7:
        return read_by_key(reader, item, read_vmid, read_draws);
    case 8:
        return read_by_key(reader, item, read_vmid, vector_read_vm);
    default:
        return read_core(reader, item);
    }
}

static bool no_cell_twice(const struct changes_reader *reader, size_t first)
{
    const struct vector_changes *changes = &reader->vector->changes;
    for (size_t i = first + 1; i < changes->count; i++) {
        el2_cell cell = changes->at[i].cell;
        if (cell == changes->at[i - 1].cell) {
            char name[64];
            vector_cell_name(cell, name, sizeof(name));
            return json_fail(reader->json, NULL, "%s is there twice", name);
        }
    }
    return true;
}

bool vector_read_changes(const struct changes_reader *reader,
                         const cJSON *changes)
{
    static const char *const names[] = {
        "page", "npt", "npt_tables", "spt", "spt_tables",
        "bank", "mem", "data_log",   "vm",  "core"};
    enum {
        COUNT = sizeof(names) / sizeof(names[0])
    };
    const cJSON *members[COUNT];
    size_t first = reader->vector->changes.count;
    size_t outer = json_enter(reader->json, changes);
    if (!json_members(reader->json, changes, names, COUNT, 0, members)) {
        return false;
    }
    for (size_t i = 0; i < COUNT; i++) {
        if (members[i] != NULL && !read_member(reader, i, members[i])) {
            return false;
        }
    }
    vector_changes_sort(&reader->vector->changes, first);
    if (!no_cell_twice(reader, first)) {
        return false;
    }
    json_leave(reader->json, outer);
    return true;
}
