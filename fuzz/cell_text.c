#include "fuzz/cell_text.h"

#include <inttypes.h>
#include <stdio.h>

void cell_name(el2_cell cell, char *text, size_t size)
{
    uint32_t id = el2_cell_id(cell);
    uint64_t index = el2_cell_index(cell);
    switch (el2_cell_kind(cell)) {
    case EL2_CELL_PAGE:
        snprintf(text, size, "page 0x%" PRIx64, index);
        break;
    case EL2_CELL_NPT:
        snprintf(text, size, "NPT of %s%" PRIu32 " at gfn 0x%" PRIx64,
                 id == EL2_HOSTVISOR ? "host " : "vmid ", id, index);
        break;
    case EL2_CELL_NPT_BLOCK:
        snprintf(text, size, "NPT of %s%" PRIu32 ", block at gfn 0x%" PRIx64,
                 id == EL2_HOSTVISOR ? "host " : "vmid ", id,
                 index * EL2_PAGES_PER_BLOCK);
        break;
    case EL2_CELL_SPT:
        snprintf(text, size,
                 "SPT of SMMU %" PRIu32 " bank %" PRIu32
                 " at iova page 0x%" PRIx64,
                 id / EL2_BANKS_PER_SMMU, id % EL2_BANKS_PER_SMMU, index);
        break;
    case EL2_CELL_BANK:
        snprintf(text, size, "owner of SMMU %" PRIu32 " bank %" PRIu32,
                 id / EL2_BANKS_PER_SMMU, id % EL2_BANKS_PER_SMMU);
        break;
    case EL2_CELL_VM_STATE:
        snprintf(text, size, "state of VM %" PRIu32, id);
        break;
    case EL2_CELL_CORE:
        snprintf(text, size, "next vmid and remap pointer");
        break;
    case EL2_CELL_MEMORY:
        snprintf(text, size, "content of page 0x%" PRIx64, index);
        break;
    case EL2_CELL_DATA_LOG:
        snprintf(text, size, "values decided on behalf of vmid %" PRIu32, id);
        break;
    case EL2_CELL_NPT_TABLES:
        snprintf(text, size, "stage-2 tables taken for vmid %" PRIu32, id);
        break;
    case EL2_CELL_SPT_TABLES:
        snprintf(text, size, "SMMU tables taken");
        break;
    case EL2_CELL_VCPU:
        snprintf(text, size, "vCPU %" PRIu64 " of VM %" PRIu32, index, id);
        break;
    case EL2_CELL_INC_EXE:
        snprintf(text, size, "encrypted execution of VM %" PRIu32, id);
        break;
    case EL2_CELL_IMAGE:
        snprintf(text, size, "boot image %" PRIu64 " of VM %" PRIu32, index,
                 id);
        break;
    case EL2_CELL_IMAGE_REMAP:
        snprintf(text, size,
                 "EL2's mapping of boot image %" PRIu64 " of VM %" PRIu32,
                 index, id);
        break;
    case EL2_CELL_MEMORY_UNKNOWN:
        snprintf(text, size,
                 "whether the content of page 0x%" PRIx64 " is not followed",
                 index);
        break;
    case EL2_CELL_KIND_COUNT:
        snprintf(text, size, "nothing");
        break;
    }
}

static void owner_name(uint32_t owner, char *text, size_t size)
{
    if (owner == EL2_INVALID) {
        snprintf(text, size, "nobody");
    } else if (owner == EL2_HOSTVISOR) {
        snprintf(text, size, "host");
    } else {
        snprintf(text, size, "vmid %" PRIu32, owner);
    }
}

static void page_value(struct el2_value value, char *text, size_t size)
{
    char owner[24];
    char count[24] = "not yet mapped";
    owner_name(el2_value_owner(value), owner, sizeof owner);
    if (el2_value_count(value) != EL2_INVALID) {
        snprintf(count, sizeof count, "%" PRIu32, el2_value_count(value));
    }
    snprintf(text, size, "owner %s, count %s, gfn 0x%" PRIx64, owner, count,
             el2_value_gfn(value));
}

static void entry_value(struct el2_value value, char *text, size_t size)
{
    if (el2_value_descriptor(value) == 0) {
        snprintf(text, size, "no entry");
    } else if (el2_value_translation(value) == EL2_NO_TRANSLATION) {
        snprintf(text, size,
                 "level %" PRIu32 " descriptor 0x%" PRIx64
                 ", translates to nothing",
                 el2_value_level(value), el2_value_descriptor(value));
    } else {
        snprintf(text, size,
                 "level %" PRIu32 " descriptor 0x%" PRIx64
                 ", translates to page 0x%" PRIx64,
                 el2_value_level(value), el2_value_descriptor(value),
                 el2_value_translation(value));
    }
}

static void vm_state_value(uint64_t state, char *text, size_t size)
{
    static const char *const names[] = {"unused",   "mapped",      "ready",
                                        "verified", "powered off", "active"};
    if (state < sizeof names / sizeof names[0]) {
        snprintf(text, size, "%s", names[state]);
    } else {
        snprintf(text, size, "state %" PRIu64, state);
    }
}

void cell_value(el2_cell cell, struct el2_value value, char *text, size_t size)
{
    switch (el2_cell_kind(cell)) {
    case EL2_CELL_PAGE:
        page_value(value, text, size);
        break;
    case EL2_CELL_NPT:
    case EL2_CELL_NPT_BLOCK:
    case EL2_CELL_SPT:
        entry_value(value, text, size);
        break;
    case EL2_CELL_BANK:
        owner_name((uint32_t)value.words[0], text, size);
        break;
    case EL2_CELL_VM_STATE:
    case EL2_CELL_VCPU:
        vm_state_value(value.words[0], text, size);
        break;
    case EL2_CELL_CORE:
        snprintf(text, size, "vmid %" PRIu64 ", remap pointer 0x%" PRIx64,
                 value.words[0], value.words[1]);
        break;
    case EL2_CELL_IMAGE:
        snprintf(text, size, "load address 0x%" PRIx64 ", size 0x%" PRIx64,
                 value.words[0], value.words[1]);
        break;
    case EL2_CELL_IMAGE_REMAP:
        snprintf(text, size, "at 0x%" PRIx64 ", %" PRIu64 " pages mapped",
                 value.words[0], value.words[1]);
        break;
    case EL2_CELL_NPT_TABLES:
        snprintf(text, size,
                 "%" PRIu64 " of level 1, %" PRIu64 " of level 2, %" PRIu64
                 " of level 3",
                 value.words[0] & UINT32_MAX, value.words[0] >> 32,
                 value.words[1]);
        break;
    case EL2_CELL_SPT_TABLES:
        snprintf(text, size, "%" PRIu64 " of level 2, %" PRIu64 " of level 3",
                 value.words[0], value.words[1]);
        break;
    default:
        snprintf(text, size, "0x%" PRIx64, value.words[0]);
        break;
    }
}
