#include "fuzz/vectors/cell.h"

#include "fuzz/vectors/vector.h"

#include <inttypes.h>
#include <stdio.h>

static void decimal(uint64_t number, char *text, size_t size)
{
    (void)snprintf(text, size, "%" PRIu64, number);
}

static void hex(uint64_t number, char *text, size_t size)
{
    (void)snprintf(text, size, "0x%" PRIx64, number);
}

/* Page records and banks hold 32 bits, and one value for nobody. */
static void owner(uint64_t number, char *text, size_t size)
{
    if (number == EL2_INVALID) {
        (void)snprintf(text, size, "none");
    } else {
        decimal(number, text, size);
    }
}

static void translation(uint64_t number, char *text, size_t size)
{
    if (number == EL2_NO_TRANSLATION) {
        (void)snprintf(text, size, "none");
    } else {
        hex(number, text, size);
    }
}

static uint64_t first_word(struct el2_value value)
{
    return value.words[0];
}

static uint64_t second_word(struct el2_value value)
{
    return value.words[1];
}

static uint64_t first_half(struct el2_value value)
{
    return (uint32_t)value.words[0];
}

static uint64_t second_half(struct el2_value value)
{
    return value.words[0] >> 32;
}

static uint64_t page_owner(struct el2_value value)
{
    return el2_value_owner(value);
}

static uint64_t page_count(struct el2_value value)
{
    return el2_value_count(value);
}

static uint64_t entry_level(struct el2_value value)
{
    return el2_value_level(value);
}

struct part {
    const char *name;
    uint64_t (*of)(struct el2_value value);
    void (*print)(uint64_t number, char *text, size_t size);
};

static const struct part parts[EL2_CELL_KIND_COUNT][VECTOR_CELL_PARTS] = {
    [EL2_CELL_PAGE] = {{"owner", page_owner, owner},
                       {"count", page_count, decimal},
                       {"gfn", el2_value_gfn, hex}},
    [EL2_CELL_NPT] = {{"descriptor", el2_value_descriptor, hex},
                      {"level", entry_level, decimal},
                      {"translation", el2_value_translation, translation}},
    [EL2_CELL_SPT] = {{"descriptor", el2_value_descriptor, hex},
                      {"level", entry_level, decimal},
                      {"translation", el2_value_translation, translation}},
    [EL2_CELL_BANK] = {{"owner", first_word, owner}},
    [EL2_CELL_VM_STATE] = {{"state", first_word, decimal}},
    [EL2_CELL_CORE] = {{"next vmid", first_word, decimal},
                       {"next remap pointer", second_word, hex}},
    [EL2_CELL_MEMORY] = {{"content", first_word, hex}},
    [EL2_CELL_DATA_LOG] = {{"draws", first_word, decimal}},
    [EL2_CELL_NPT_TABLES] = {{"level-1 tables", first_half, decimal},
                             {"level-2 tables", second_half, decimal},
                             {"level-3 tables", second_word, decimal}},
    [EL2_CELL_SPT_TABLES] = {{"level-2 tables", first_word, decimal},
                             {"level-3 tables", second_word, decimal}},
    [EL2_CELL_VCPU] = {{"state", first_word, decimal}},
    [EL2_CELL_INC_EXE] = {{"inc_exe", first_word, decimal}},
    [EL2_CELL_IMAGE] = {{"load_addr", first_word, hex},
                        {"size", second_word, hex}},
    [EL2_CELL_IMAGE_REMAP] = {{"remap_addr", first_word, hex},
                              {"mapped", second_word, decimal}},
};

/* Cells that belong to a vmid. */
static void name_by_vmid(el2_cell cell, char *text, size_t size)
{
    uint32_t id = el2_cell_id(cell);
    uint64_t index = el2_cell_index(cell);
    switch (el2_cell_kind(cell)) {
    case EL2_CELL_NPT:
        (void)snprintf(text, size, "npt %" PRIu32 " gfn 0x%" PRIx64, id, index);
        break;
    case EL2_CELL_VM_STATE:
    case EL2_CELL_INC_EXE:
        (void)snprintf(text, size, "vm %" PRIu32, id);
        break;
    case EL2_CELL_VCPU:
        (void)snprintf(text, size, "vm %" PRIu32 " vcpu %" PRIu64, id, index);
        break;
    case EL2_CELL_IMAGE:
    case EL2_CELL_IMAGE_REMAP:
        (void)snprintf(text, size, "vm %" PRIu32 " image %" PRIu64, id, index);
        break;
    case EL2_CELL_DATA_LOG:
        (void)snprintf(text, size, "data_log %" PRIu32, id);
        break;
    case EL2_CELL_NPT_TABLES:
        (void)snprintf(text, size, "npt_tables %" PRIu32, id);
        break;
    default:
        (void)snprintf(text, size, "cell 0x%" PRIx64, cell);
        break;
    }
}

void vector_cell_name(el2_cell cell, char *text, size_t size)
{
    uint32_t id = el2_cell_id(cell);
    uint64_t index = el2_cell_index(cell);
    switch (el2_cell_kind(cell)) {
    case EL2_CELL_PAGE:
        (void)snprintf(text, size, "page 0x%" PRIx64, index);
        break;
    case EL2_CELL_SPT:
        (void)snprintf(text, size,
                       "spt %" PRIu32 ".%" PRIu32 " iova_pfn 0x%" PRIx64,
                       id / EL2_BANKS_PER_SMMU, id % EL2_BANKS_PER_SMMU, index);
        break;
    case EL2_CELL_BANK:
        (void)snprintf(text, size, "bank %" PRIu32 ".%" PRIu32,
                       id / EL2_BANKS_PER_SMMU, id % EL2_BANKS_PER_SMMU);
        break;
    case EL2_CELL_CORE:
        (void)snprintf(text, size, "core");
        break;
    case EL2_CELL_MEMORY:
        (void)snprintf(text, size, "mem 0x%" PRIx64, index);
        break;
    case EL2_CELL_SPT_TABLES:
        (void)snprintf(text, size, "spt_tables");
        break;
    default:
        name_by_vmid(cell, text, size);
        break;
    }
}

const char *vector_cell_part(enum el2_cell_kind kind, size_t part)
{
    return kind < EL2_CELL_KIND_COUNT && part < VECTOR_CELL_PARTS
               ? parts[kind][part].name
               : NULL;
}

void vector_cell_print(enum el2_cell_kind kind, size_t part,
                       struct el2_value value, char *text, size_t size)
{
    const struct part *what = &parts[kind][part];
    if (kind == EL2_CELL_MEMORY && el2_value_equal(value, VECTOR_UNKNOWN)) {
        (void)snprintf(text, size, "unknown");
    } else {
        what->print(what->of(value), text, size);
    }
}
