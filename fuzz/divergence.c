#include "fuzz/divergence.h"

#include <inttypes.h>
#include <stdio.h>

static const char *const observation_names[EL2_OBSERVATION_COUNT] = {
    [EL2_OBSERVE_PANIC] = "panic",   [EL2_OBSERVE_RESULT] = "result",
    [EL2_OBSERVE_OWNER] = "owner",   [EL2_OBSERVE_COUNT] = "count",
    [EL2_OBSERVE_GFN] = "gfn",       [EL2_OBSERVE_NPT] = "npt",
    [EL2_OBSERVE_SPT] = "spt",       [EL2_OBSERVE_BANK] = "bank",
    [EL2_OBSERVE_VM] = "vm",         [EL2_OBSERVE_IMAGES] = "images",
    [EL2_OBSERVE_CORE] = "core",     [EL2_OBSERVE_MEMORY] = "memory",
    [EL2_OBSERVE_TABLES] = "tables", [EL2_OBSERVE_INVARIANT] = "invariant",
};

const char *divergence_observation_name(enum el2_observation observation)
{
    return observation_names[observation];
}

void divergence_signature(const struct divergence *divergence, char *text,
                          size_t size)
{
    snprintf(text, size, "%s.%s.%s", el2_calls[divergence->call.number].name,
             el2_outcome_name(divergence->outcome),
             observation_names[divergence->observation]);
}

void divergence_cell_name(el2_cell cell, char *text, size_t size)
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

void divergence_cell_value(el2_cell cell, struct el2_value value, char *text,
                           size_t size)
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
        vm_state_value(value.words[0], text, size);
        break;
    case EL2_CELL_CORE:
        snprintf(text, size, "vmid %" PRIu64 ", remap pointer 0x%" PRIx64,
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

static void describe_panic(const struct divergence *divergence, char *text,
                           size_t size)
{
    const struct el2_step *expected = &divergence->expected_step;
    const struct el2_step *actual = &divergence->actual_step;
    if (actual->fault != NULL) {
        snprintf(text, size, "fault: %s\n", actual->fault);
        return;
    }
    snprintf(text, size,
             "panic\n"
             "  expected  %s\n"
             "  actual    %s\n",
             expected->panicked ? "a panic" : "none",
             actual->panicked ? "a panic" : "none");
}

static void describe_result(const struct divergence *divergence, char *text,
                            size_t size)
{
    snprintf(text, size,
             "result\n"
             "  expected  0x%" PRIx64 "\n"
             "  actual    0x%" PRIx64 "\n",
             divergence->expected_step.result, divergence->actual_step.result);
}

static void describe_invariant(const struct divergence *divergence, char *text,
                               size_t size)
{
    char entry[96];
    char page[96];
    divergence_cell_name(divergence->violation.entry, entry, sizeof entry);
    divergence_cell_name(divergence->violation.page, page, sizeof page);
    snprintf(text, size, "the invariant %s is broken: %s and %s\n",
             divergence->violation.invariant, entry, page);
}

static void describe_cell(const struct divergence *divergence, char *text,
                          size_t size)
{
    char name[96];
    char expected[160];
    char actual[160];
    divergence_cell_name(divergence->cell, name, sizeof name);
    divergence_cell_value(divergence->cell, divergence->expected, expected,
                          sizeof expected);
    divergence_cell_value(divergence->cell, divergence->actual, actual,
                          sizeof actual);
    snprintf(text, size,
             "%s\n"
             "  expected  %s\n"
             "  actual    %s\n",
             name, expected, actual);
}

static void describe_difference(const struct divergence *divergence, char *text,
                                size_t size)
{
    switch (divergence->observation) {
    case EL2_OBSERVE_PANIC:
        describe_panic(divergence, text, size);
        break;
    case EL2_OBSERVE_RESULT:
        describe_result(divergence, text, size);
        break;
    case EL2_OBSERVE_INVARIANT:
        describe_invariant(divergence, text, size);
        break;
    default:
        describe_cell(divergence, text, size);
        break;
    }
}

void divergence_describe(const struct divergence *divergence, char *text,
                         size_t size)
{
    char difference[512];
    char others[64] = "";
    describe_difference(divergence, difference, sizeof difference);
    if (divergence->others > 0) {
        snprintf(others, sizeof others, "and %zu more at this step\n",
                 divergence->others);
    }
    snprintf(text, size, "step %zu, %s: %s (%s)\n%s%s", divergence->step,
             el2_calls[divergence->call.number].name,
             el2_outcome_name(divergence->outcome),
             el2_outcome_says(divergence->outcome), difference, others);
}
