#include "fuzz/comparison.h"

struct comparison comparison_begin(struct el2_machine *specification,
                                   struct el2_machine *other,
                                   const struct el2_platform *platform,
                                   struct divergence *divergence,
                                   const struct el2_step *panic,
                                   uint64_t *checks)
{
    struct comparison comparison = {
        .specification = specification,
        .other = other,
        .platform = platform,
        .divergence = divergence,
        .observable = specification->operations->observable &
                      other->operations->observable,
        .checks = checks,
        .cells = checks + CHECK_CELL_AFTER_STEP,
    };
    if (panic != NULL) {
        comparison.held = panic->held;
        comparison.torn_pfn = panic->torn_pfn;
    }
    comparison.whole = comparison.held == 0 ? comparison.observable : 0;
    return comparison;
}

void comparison_begin_end(struct comparison *comparison)
{
    comparison->cells = comparison->checks + CHECK_CELL_AT_END;
}

/* Keep the difference that comes first in the order of observations, and
 * among equals the one with the lower cell. */
void comparison_note(struct comparison *comparison, unsigned oracle,
                     enum el2_observation observation, el2_cell cell,
                     struct el2_value expected, struct el2_value actual)
{
    struct divergence *divergence = comparison->divergence;
    oracle_set_add(&divergence->seen_by, oracle);
    if (comparison->differs) {
        divergence->others++;
        if (observation > divergence->observation ||
            (observation == divergence->observation &&
             cell >= divergence->cell)) {
            return;
        }
    }
    comparison->differs = true;
    divergence->observation = observation;
    divergence->cell = cell;
    divergence->expected = expected;
    divergence->actual = actual;
}

static bool is_at_end(const struct comparison *comparison)
{
    return comparison->cells == comparison->checks + CHECK_CELL_AT_END;
}

static unsigned oracle_of_cell(const struct comparison *comparison,
                               enum el2_cell_kind kind)
{
    return (unsigned)kind +
           (is_at_end(comparison) ? CHECK_CELL_AT_END : CHECK_CELL_AFTER_STEP);
}

static void note_page(struct comparison *comparison, el2_cell cell,
                      struct el2_value expected, struct el2_value actual)
{
    enum el2_observation observation = EL2_OBSERVE_GFN;
    unsigned oracle = ORACLE_GFN;
    if (el2_value_owner(expected) != el2_value_owner(actual)) {
        observation = EL2_OBSERVE_OWNER;
        oracle = ORACLE_OWNER;
    } else if (el2_value_count(expected) != el2_value_count(actual)) {
        observation = EL2_OBSERVE_COUNT;
        oracle = ORACLE_COUNT;
    }
    if (is_at_end(comparison)) {
        oracle = oracle_of_cell(comparison, EL2_CELL_PAGE);
    }
    comparison_note(comparison, oracle, observation, cell, expected, actual);
}

static const enum el2_observation observation_of_kind[EL2_CELL_KIND_COUNT] = {
    [EL2_CELL_PAGE] = EL2_OBSERVE_OWNER,
    [EL2_CELL_NPT] = EL2_OBSERVE_NPT,
    [EL2_CELL_NPT_BLOCK] = EL2_OBSERVE_NPT,
    [EL2_CELL_SPT] = EL2_OBSERVE_SPT,
    [EL2_CELL_BANK] = EL2_OBSERVE_BANK,
    [EL2_CELL_VM_STATE] = EL2_OBSERVE_VM,
    [EL2_CELL_CORE] = EL2_OBSERVE_CORE,
    [EL2_CELL_MEMORY] = EL2_OBSERVE_MEMORY,
    [EL2_CELL_DATA_LOG] = EL2_OBSERVE_MEMORY,
    [EL2_CELL_NPT_TABLES] = EL2_OBSERVE_TABLES,
    [EL2_CELL_SPT_TABLES] = EL2_OBSERVE_TABLES,
    [EL2_CELL_VCPU] = EL2_OBSERVE_VM,
    [EL2_CELL_INC_EXE] = EL2_OBSERVE_VM,
    [EL2_CELL_IMAGE] = EL2_OBSERVE_IMAGES,
    [EL2_CELL_IMAGE_REMAP] = EL2_OBSERVE_IMAGES,
    [EL2_CELL_MEMORY_UNKNOWN] = EL2_OBSERVE_MEMORY,
};

/* Section 8: what a lock protects, and, under the page lock, which page the
 * critical section was at: the pages of a range before it are done. */
static bool is_torn(const struct comparison *comparison, el2_cell cell)
{
    uint32_t id = el2_cell_id(cell);
    unsigned lock = EL2_LOCK_COUNT;
    switch (el2_cell_kind(cell)) {
    case EL2_CELL_PAGE:
    case EL2_CELL_MEMORY:
    case EL2_CELL_MEMORY_UNKNOWN:
        if (el2_cell_index(cell) != comparison->torn_pfn) {
            return false;
        }
        lock = EL2_LOCK_PAGE;
        break;
    case EL2_CELL_DATA_LOG:
        lock = EL2_LOCK_PAGE;
        break;
    case EL2_CELL_NPT:
    case EL2_CELL_NPT_BLOCK:
    case EL2_CELL_NPT_TABLES:
        lock = EL2_LOCK_NPT + id;
        break;
    case EL2_CELL_SPT:
    case EL2_CELL_SPT_TABLES:
        lock = EL2_LOCK_SPT;
        break;
    case EL2_CELL_BANK:
        lock = EL2_LOCK_SMMU;
        break;
    case EL2_CELL_VM_STATE:
    case EL2_CELL_VCPU:
    case EL2_CELL_INC_EXE:
    case EL2_CELL_IMAGE:
    case EL2_CELL_IMAGE_REMAP:
        lock = EL2_LOCK_VM + id;
        break;
    case EL2_CELL_CORE:
        lock = EL2_LOCK_CORE;
        break;
    case EL2_CELL_KIND_COUNT:
        break;
    }
    return (comparison->held & el2_lock_bit(lock)) != 0;
}

static struct el2_value observe(struct el2_machine *machine, el2_cell cell)
{
    return machine->operations->observe(machine, cell);
}

/* One of the masks of kinds; what is a machine's own is in none. */
static inline bool has_kind(uint32_t kinds, enum el2_cell_kind kind)
{
    return (kinds >> (kind % 32) & 1) != 0;
}

/* Of a cell that may be torn, or that one of the machines may not have. */
static bool is_comparable_in_part(const struct comparison *comparison,
                                  el2_cell cell)
{
    if (!has_kind(comparison->observable, el2_cell_kind(cell))) {
        return false;
    }
    bool torn = is_torn(comparison, cell);
    comparison->checks[CHECK_TORN] += torn;
    return !torn;
}

/* Whether the cell means something on both machines, and now: then it is
 * counted as compared. `whole` and `cells` are the comparison's. */
static inline bool is_compared(const struct comparison *comparison,
                               uint32_t whole, uint64_t *cells, el2_cell cell)
{
    enum el2_cell_kind kind = el2_cell_kind(cell);
    if (!has_kind(whole, kind) && !is_comparable_in_part(comparison, cell)) {
        return false;
    }
    cells[kind]++;
    return true;
}

/*
 * The MMU as a judge (section 10, E10): the page at which a block's walk ends
 * says nothing of the 511 others, so each is translated, as the architecture
 * does and as the map says.
 */
static void compare_block_pages(struct comparison *comparison, el2_cell block,
                                struct el2_value value)
{
    if (el2_value_level(value) != 2) {
        return;
    }
    comparison->checks[CHECK_BLOCK_PAGES]++;
    uint64_t first = el2_cell_index(block) * EL2_PAGES_PER_BLOCK;
    for (uint64_t i = 0; i < EL2_PAGES_PER_BLOCK; i++) {
        el2_cell cell =
            el2_cell_make(EL2_CELL_NPT, el2_cell_id(block), first + i);
        struct el2_value expected = observe(comparison->specification, cell);
        struct el2_value actual = observe(comparison->other, cell);
        if (!el2_value_equal(expected, actual)) {
            comparison_note(comparison, CHECK_BLOCK_PAGES, EL2_OBSERVE_NPT,
                            cell, expected, actual);
            return;
        }
    }
}

static void note_difference(struct comparison *comparison, el2_cell cell,
                            struct el2_value expected, struct el2_value actual)
{
    enum el2_cell_kind kind = el2_cell_kind(cell);
    if (kind == EL2_CELL_PAGE) {
        note_page(comparison, cell, expected, actual);
    } else {
        comparison_note(comparison, oracle_of_cell(comparison, kind),
                        observation_of_kind[kind], cell, expected, actual);
    }
}

/* Of a cell that is compared. */
static inline void compare_values(struct comparison *comparison, el2_cell cell,
                                  struct el2_value expected,
                                  struct el2_value actual)
{
    if (!el2_value_equal(expected, actual)) {
        note_difference(comparison, cell, expected, actual);
    } else if (el2_cell_kind(cell) == EL2_CELL_NPT_BLOCK) {
        compare_block_pages(comparison, cell, expected);
    }
}

void comparison_of_cell(struct comparison *comparison, el2_cell cell)
{
    if (is_compared(comparison, comparison->whole, comparison->cells, cell)) {
        compare_values(comparison, cell,
                       observe(comparison->specification, cell),
                       observe(comparison->other, cell));
    }
}

/* Longer lists are not searched for what both machines touched. */
#define SEARCH_LIMIT 16

/* Where the cell stands in the list; its length when nowhere. */
static size_t find(const struct el2_touched *touched, el2_cell cell)
{
    size_t at = 0;
    while (at < touched->count && touched->cells[at] != cell) {
        at++;
    }
    return at;
}

/* Few cells, most of them touched by both machines: those that are need not
 * be looked up. */
static void compare_few(struct comparison *comparison,
                        const struct el2_touched *expected,
                        const struct el2_touched *actual)
{
    const uint32_t whole = comparison->whole;
    uint64_t *cells = comparison->cells;
    uint32_t met = 0;
    for (size_t i = 0; i < actual->count; i++) {
        size_t at = find(expected, actual->cells[i]);
        if (at < expected->count) {
            met |= UINT32_C(1) << at;
            if (is_compared(comparison, whole, cells, actual->cells[i])) {
                compare_values(comparison, actual->cells[i],
                               expected->values[at], actual->values[i]);
            }
        } else {
            comparison_of_cell(comparison, actual->cells[i]);
        }
    }
    for (size_t i = 0; i < expected->count; i++) {
        if ((met >> i & 1) == 0) {
            comparison_of_cell(comparison, expected->cells[i]);
        }
    }
}

static void compare_each(struct comparison *comparison,
                         const struct el2_touched *touched)
{
    for (size_t i = 0; i < touched->count; i++) {
        comparison_of_cell(comparison, touched->cells[i]);
    }
}

void comparison_of_touched(struct comparison *comparison,
                           const struct el2_touched *expected,
                           const struct el2_touched *actual)
{
    if (actual->count <= SEARCH_LIMIT && expected->count <= SEARCH_LIMIT) {
        compare_few(comparison, expected, actual);
    } else {
        compare_each(comparison, actual);
        compare_each(comparison, expected);
    }
}

/* Most VMs are never registered. */
static void compare_vm(struct comparison *comparison, uint32_t v)
{
    const struct el2_platform *platform = comparison->platform;
    el2_cell state = el2_cell_make(EL2_CELL_VM_STATE, v, 0);
    comparison_of_cell(comparison, state);
    if (observe(comparison->specification, state).words[0] == EL2_VM_UNUSED) {
        return;
    }
    comparison_of_cell(comparison, el2_cell_make(EL2_CELL_INC_EXE, v, 0));
    for (uint32_t i = 0; i < platform->vcpus_per_vm; i++) {
        comparison_of_cell(comparison, el2_cell_make(EL2_CELL_VCPU, v, i));
    }
    for (uint32_t i = 0; i < platform->images_per_vm; i++) {
        comparison_of_cell(comparison, el2_cell_make(EL2_CELL_IMAGE, v, i));
        comparison_of_cell(comparison,
                           el2_cell_make(EL2_CELL_IMAGE_REMAP, v, i));
    }
}

/* What every machine has, whether a program touched it or not. */
void comparison_of_standing(struct comparison *comparison)
{
    const struct el2_platform *platform = comparison->platform;
    for (uint32_t v = 0; v <= platform->core_vmid; v++) {
        comparison_of_cell(comparison,
                           el2_cell_make(EL2_CELL_NPT_TABLES, v, 0));
        compare_vm(comparison, v);
    }
    for (uint32_t smmu = 0; smmu < platform->smmu_count; smmu++) {
        for (uint32_t i = 0; i < platform->smmus[smmu].bank_count; i++) {
            comparison_of_cell(
                comparison,
                el2_cell_make(EL2_CELL_BANK, smmu * EL2_BANKS_PER_SMMU + i, 0));
        }
    }
    comparison_of_cell(comparison, el2_cell_make(EL2_CELL_SPT_TABLES, 0, 0));
    comparison_of_cell(comparison, el2_cell_make(EL2_CELL_CORE, 0, 0));
}

/* A load or store: what the specification does not follow may end in memory
 * or in a device, but not in a fault. */
static bool access_agrees(const struct el2_step *expected,
                          const struct el2_step *actual)
{
    if (expected->access == EL2_ACCESS_UNKNOWN) {
        return actual->access != EL2_ACCESS_FAULT;
    }
    return expected->access == actual->access;
}

/* What a load returns of a page that is not followed may be anything. */
static bool result_agrees(const struct el2_step *expected,
                          const struct el2_step *actual)
{
    return expected->access == EL2_ACCESS_UNKNOWN ||
           (expected->has_result == actual->has_result &&
            expected->result == actual->result);
}

static unsigned oracle_of_panic(const struct comparison *comparison)
{
    const struct el2_step *actual = &comparison->divergence->actual_step;
    if (actual->fault != NULL) {
        return oracle_of_fault(comparison->other->operations, actual->fault);
    }
    return actual->panicked ? ORACLE_PANIC_UNEXPECTED : ORACLE_PANIC_MISSING;
}

/* What of the step's end is compared, where there is anything. */
static void count_step(uint64_t *checks, const struct el2_step *expected)
{
    checks[CHECK_PANIC] += expected->panicked;
    checks[CHECK_RESULT] += expected->has_result;
    checks[CHECK_ACCESS] += expected->access != EL2_ACCESS_NONE &&
                            expected->access != EL2_ACCESS_UNKNOWN;
}

/* Panic and result: a panic on one side only ends the step there. */
void comparison_of_steps(struct comparison *comparison)
{
    const struct el2_step *expected = &comparison->divergence->expected_step;
    const struct el2_step *actual = &comparison->divergence->actual_step;
    const struct el2_value nothing = {{0, 0}};
    if (expected->panicked || expected->has_result ||
        expected->access != EL2_ACCESS_NONE) {
        count_step(comparison->checks, expected);
    }
    if (expected->panicked != actual->panicked || actual->fault != NULL) {
        comparison_note(comparison, oracle_of_panic(comparison),
                        EL2_OBSERVE_PANIC, 0, nothing, nothing);
        return;
    }
    bool access = access_agrees(expected, actual);
    if (!access || !result_agrees(expected, actual)) {
        comparison_note(comparison, access ? CHECK_RESULT : CHECK_ACCESS,
                        EL2_OBSERVE_RESULT, 0, nothing, nothing);
    }
}
