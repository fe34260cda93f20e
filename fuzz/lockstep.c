#include "fuzz/lockstep.h"

/* Cells that one call can add at most, from both machines. */
#define CELLS_PER_CALL (8 * EL2_CALL_PAGES_MAX)

bool lockstep_create(struct lockstep *lockstep,
                     struct el2_machine *specification,
                     struct el2_machine *other,
                     const struct el2_platform *platform)
{
    *lockstep = (struct lockstep){
        .specification = specification,
        .other = other,
        .platform = platform,
        .check_invariants = true,
        .check_other_invariants = true,
        .end_comparison_period = LOCKSTEP_END_COMPARISON_PERIOD,
    };
    lockstep->counts = &lockstep->own_counts;
    return cell_set_create(&lockstep->cells);
}

void lockstep_destroy(struct lockstep *lockstep)
{
    cell_set_destroy(&lockstep->cells);
}

/* What one step looks at, and the first difference found so far. */
struct comparison {
    struct lockstep *lockstep;
    struct divergence *divergence;
    bool differs;
    uint32_t observable; /* kinds that both machines have */
    el2_lock_set held;
    uint64_t torn_pfn;
};

/* Keep the difference that comes first in the order of observations, and
 * among equals the one with the lower cell. */
static void note(struct comparison *comparison,
                 enum el2_observation observation, el2_cell cell,
                 struct el2_value expected, struct el2_value actual)
{
    struct divergence *divergence = comparison->divergence;
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

static void note_page(struct comparison *comparison, el2_cell cell,
                      struct el2_value expected, struct el2_value actual)
{
    enum el2_observation observation = EL2_OBSERVE_GFN;
    if (el2_value_owner(expected) != el2_value_owner(actual)) {
        observation = EL2_OBSERVE_OWNER;
    } else if (el2_value_count(expected) != el2_value_count(actual)) {
        observation = EL2_OBSERVE_COUNT;
    }
    note(comparison, observation, cell, expected, actual);
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

/* Whether the cell means something on both machines, and now. */
static bool is_comparable(const struct comparison *comparison, el2_cell cell)
{
    enum el2_cell_kind kind = el2_cell_kind(cell);
    return kind < EL2_CELL_KIND_COUNT &&
           (comparison->observable >> kind & 1) != 0 &&
           (comparison->held == 0 || !is_torn(comparison, cell));
}

/*
 * The MMU as a judge (section 10, E10): the page at which a block's walk ends
 * says nothing of the 511 others, so each is translated, as the architecture
 * does and as the map says.
 */
static void compare_block_pages(struct comparison *comparison, el2_cell block,
                                struct el2_value value)
{
    if (el2_value_level(value) != 2 || !is_comparable(comparison, block)) {
        return;
    }
    uint64_t first = el2_cell_index(block) * EL2_PAGES_PER_BLOCK;
    for (uint64_t i = 0; i < EL2_PAGES_PER_BLOCK; i++) {
        el2_cell cell =
            el2_cell_make(EL2_CELL_NPT, el2_cell_id(block), first + i);
        struct el2_value expected =
            observe(comparison->lockstep->specification, cell);
        struct el2_value actual = observe(comparison->lockstep->other, cell);
        if (!el2_value_equal(expected, actual)) {
            note(comparison, EL2_OBSERVE_NPT, cell, expected, actual);
            return;
        }
    }
}

static void note_difference(struct comparison *comparison, el2_cell cell,
                            struct el2_value expected, struct el2_value actual)
{
    enum el2_cell_kind kind = el2_cell_kind(cell);
    if (!is_comparable(comparison, cell)) {
        return;
    }
    if (kind == EL2_CELL_PAGE) {
        note_page(comparison, cell, expected, actual);
    } else {
        note(comparison, observation_of_kind[kind], cell, expected, actual);
    }
}

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

static void compare_cell(struct comparison *comparison, el2_cell cell)
{
    if (is_comparable(comparison, cell)) {
        compare_values(comparison, cell,
                       observe(comparison->lockstep->specification, cell),
                       observe(comparison->lockstep->other, cell));
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
    uint32_t met = 0;
    for (size_t i = 0; i < actual->count; i++) {
        size_t at = find(expected, actual->cells[i]);
        if (at < expected->count) {
            met |= UINT32_C(1) << at;
            compare_values(comparison, actual->cells[i], expected->values[at],
                           actual->values[i]);
        } else {
            compare_cell(comparison, actual->cells[i]);
        }
    }
    for (size_t i = 0; i < expected->count; i++) {
        if ((met >> i & 1) == 0) {
            compare_cell(comparison, expected->cells[i]);
        }
    }
}

static void compare_each(struct comparison *comparison,
                         const struct el2_touched *touched)
{
    for (size_t i = 0; i < touched->count; i++) {
        compare_cell(comparison, touched->cells[i]);
    }
}

static void keep_for_end(struct lockstep *lockstep,
                         const struct el2_touched *touched)
{
    for (size_t i = 0; i < touched->count; i++) {
        cell_set_add(&lockstep->cells, touched->cells[i]);
    }
}

static void compare_touched(struct comparison *comparison)
{
    struct lockstep *lockstep = comparison->lockstep;
    struct el2_touched actual =
        lockstep->other->operations->touched(lockstep->other);
    struct el2_touched expected =
        lockstep->specification->operations->touched(lockstep->specification);
    if (expected.count > 0 ||
        comparison->divergence->expected_step.has_result) {
        lockstep->counts->telling++;
    }
    if (lockstep->compares_end) {
        keep_for_end(lockstep, &actual);
        keep_for_end(lockstep, &expected);
    }
    if (actual.count <= SEARCH_LIMIT && expected.count <= SEARCH_LIMIT) {
        compare_few(comparison, &expected, &actual);
    } else {
        compare_each(comparison, &actual);
        compare_each(comparison, &expected);
    }
}

/* Most VMs are never registered. */
static void compare_vm(struct comparison *comparison, uint32_t v)
{
    const struct lockstep *lockstep = comparison->lockstep;
    const struct el2_platform *platform = lockstep->platform;
    el2_cell state = el2_cell_make(EL2_CELL_VM_STATE, v, 0);
    compare_cell(comparison, state);
    if (observe(lockstep->specification, state).words[0] == EL2_VM_UNUSED) {
        return;
    }
    compare_cell(comparison, el2_cell_make(EL2_CELL_INC_EXE, v, 0));
    for (uint32_t i = 0; i < platform->vcpus_per_vm; i++) {
        compare_cell(comparison, el2_cell_make(EL2_CELL_VCPU, v, i));
    }
    for (uint32_t i = 0; i < platform->images_per_vm; i++) {
        compare_cell(comparison, el2_cell_make(EL2_CELL_IMAGE, v, i));
        compare_cell(comparison, el2_cell_make(EL2_CELL_IMAGE_REMAP, v, i));
    }
}

/* What every machine has, whether a program touched it or not. */
static void compare_standing(struct comparison *comparison)
{
    const struct el2_platform *platform = comparison->lockstep->platform;
    for (uint32_t v = 0; v <= platform->core_vmid; v++) {
        compare_cell(comparison, el2_cell_make(EL2_CELL_NPT_TABLES, v, 0));
        compare_vm(comparison, v);
    }
    for (uint32_t smmu = 0; smmu < platform->smmu_count; smmu++) {
        for (uint32_t i = 0; i < platform->smmus[smmu].bank_count; i++) {
            compare_cell(
                comparison,
                el2_cell_make(EL2_CELL_BANK, smmu * EL2_BANKS_PER_SMMU + i, 0));
        }
    }
    compare_cell(comparison, el2_cell_make(EL2_CELL_SPT_TABLES, 0, 0));
    compare_cell(comparison, el2_cell_make(EL2_CELL_CORE, 0, 0));
}

/* Everything, when this is a program for which that is done. */
static void compare_at_end(struct comparison *comparison)
{
    if (!comparison->lockstep->compares_end) {
        return;
    }
    const struct cell_set *cells = &comparison->lockstep->cells;
    for (size_t i = 0; i < cells->count; i++) {
        compare_cell(comparison, cells->cells[i]);
    }
    compare_standing(comparison);
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

/* Panic and result: a panic on one side only ends the step there. */
static void compare_steps(struct comparison *comparison)
{
    const struct el2_step *expected = &comparison->divergence->expected_step;
    const struct el2_step *actual = &comparison->divergence->actual_step;
    const struct el2_value nothing = {{0, 0}};
    if (expected->panicked != actual->panicked || actual->fault != NULL) {
        note(comparison, EL2_OBSERVE_PANIC, 0, nothing, nothing);
    } else if (!access_agrees(expected, actual) ||
               !result_agrees(expected, actual)) {
        note(comparison, EL2_OBSERVE_RESULT, 0, nothing, nothing);
    }
}

typedef bool (*invariants)(struct el2_machine *machine,
                           struct el2_violation *violation);

static void check_invariants_of(struct comparison *comparison,
                                struct el2_machine *machine, invariants hold)
{
    struct el2_violation violation;
    const struct el2_value nothing = {{0, 0}};
    if (hold != NULL && !hold(machine, &violation)) {
        if (!comparison->differs) {
            comparison->divergence->violation = violation;
            comparison->divergence->violator = machine->operations->name;
        }
        note(comparison, EL2_OBSERVE_INVARIANT, violation.entry, nothing,
             nothing);
    }
}

/* After a step that did not panic. */
static void check_invariants(struct comparison *comparison)
{
    struct lockstep *lockstep = comparison->lockstep;
    struct el2_machine *specification = lockstep->specification;
    struct el2_machine *other = lockstep->other;
    check_invariants_of(comparison, specification,
                        specification->operations->invariants_of_step);
    if (lockstep->check_other_invariants) {
        check_invariants_of(comparison, other,
                            other->operations->invariants_of_step);
    }
}

/* One admitted call on both machines, and everything that it may change. */
static bool step_differs(struct lockstep *lockstep, enum el2_run run,
                         const struct el2_call *call,
                         struct divergence *divergence)
{
    struct el2_machine *specification = lockstep->specification;
    struct el2_machine *other = lockstep->other;
    struct el2_step *expected = &divergence->expected_step;
    struct el2_step *actual = &divergence->actual_step;
    other->operations->step(other, call, actual);
    specification->operations->step(specification, call, expected);
    struct comparison comparison = {
        .lockstep = lockstep,
        .divergence = divergence,
        .observable = specification->operations->observable &
                      other->operations->observable,
        .held = expected->held,
        .torn_pfn = expected->torn_pfn,
    };
    compare_steps(&comparison);
    compare_touched(&comparison);
    if (expected->panicked) {
        compare_at_end(&comparison);
    } else if (lockstep->check_invariants && run == EL2_RUN_CONTRACTS) {
        check_invariants(&comparison);
    }
    return comparison.differs;
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

static size_t room_of(struct el2_machine *machine)
{
    return machine->operations->room == NULL
               ? PROGRAM_CALL_LIMIT
               : machine->operations->room(machine);
}

/* For how many calls there is room everywhere. */
static size_t room(const struct lockstep *lockstep)
{
    size_t calls =
        smaller(room_of(lockstep->specification), room_of(lockstep->other));
    return lockstep->compares_end
               ? smaller(calls,
                         cell_set_room(&lockstep->cells) / CELLS_PER_CALL)
               : calls;
}

static void watch(const struct lockstep *lockstep, lockstep_watch watcher,
                  size_t step, const struct program_call *source,
                  const struct el2_call *call, const struct el2_step *expected)
{
    if (watcher != NULL) {
        watcher(lockstep->watch_context,
                &(struct lockstep_call){step, source, call, expected});
    }
}

/* Whether anything that the program touched differs at its end. */
static bool end_differs(struct lockstep *lockstep, enum el2_run run,
                        struct divergence *divergence)
{
    struct el2_machine *specification = lockstep->specification;
    struct comparison comparison = {
        .lockstep = lockstep,
        .divergence = divergence,
        .observable = specification->operations->observable &
                      lockstep->other->operations->observable,
    };
    compare_at_end(&comparison);
    if (lockstep->compares_end && lockstep->check_invariants &&
        run == EL2_RUN_CONTRACTS) {
        check_invariants_of(&comparison, specification,
                            specification->operations->invariants_of_state);
    }
    return comparison.differs;
}

static enum lockstep_end diverged_at(struct divergence *divergence,
                                     const struct el2_call *call,
                                     const struct el2_call *calls)
{
    divergence->step = (size_t)(call - calls);
    divergence->call = *call;
    divergence->outcome = divergence->expected_step.outcome;
    return LOCKSTEP_DIVERGED;
}

static enum lockstep_end run_calls(struct lockstep *lockstep,
                                   const struct program *program,
                                   const struct el2_call *calls,
                                   struct divergence *divergence)
{
    struct el2_machine *specification = lockstep->specification;
    size_t calls_left = 0;
    const struct el2_call *last = NULL;
    for (size_t i = 0; i < program->call_count; i++) {
        const struct el2_call *call = &calls[i];
        if (calls_left == 0 && (calls_left = room(lockstep)) == 0) {
            lockstep->counts->no_room++;
            return LOCKSTEP_NO_ROOM;
        }
        bool admitted = specification->operations->admits(specification,
                                                          program->run, call);
        if (!admitted) {
            lockstep->counts->skipped++;
            watch(lockstep, lockstep->after, i, &program->calls[i], call, NULL);
            continue;
        }
        calls_left--;
        last = call;
        watch(lockstep, lockstep->before, i, &program->calls[i], call, NULL);
        bool differs = step_differs(lockstep, program->run, call, divergence);
        lockstep->counts->calls++;
        lockstep->counts->outcomes[divergence->expected_step.outcome]++;
        watch(lockstep, lockstep->after, i, &program->calls[i], call,
              &divergence->expected_step);
        if (differs) {
            return diverged_at(divergence, call, calls);
        }
        if (divergence->expected_step.panicked) {
            lockstep->counts->panics++;
            return LOCKSTEP_SAME;
        }
    }
    return last != NULL && end_differs(lockstep, program->run, divergence)
               ? diverged_at(divergence, last, calls)
               : LOCKSTEP_SAME;
}

/* Some programs, chosen by what they call, whatever ran before them. */
static bool is_chosen(const struct program *program, uint32_t period)
{
    uint64_t hash = program->call_count;
    for (size_t i = 0; i < program->call_count; i++) {
        hash = (hash ^ program->calls[i].number ^
                program->calls[i].operands[0].value) *
               UINT64_C(0x9e3779b97f4a7c15);
    }
    return (hash >> 32) % period == 0;
}

enum lockstep_end lockstep_run(struct lockstep *lockstep,
                               const struct program *program,
                               struct divergence *divergence)
{
    for (size_t i = 0; i < program->call_count; i++) {
        program_resolve(&program->calls[i], lockstep->platform,
                        &lockstep->calls[i]);
    }
    return lockstep_run_resolved(lockstep, program, lockstep->calls,
                                 divergence);
}

enum lockstep_end lockstep_run_resolved(struct lockstep *lockstep,
                                        const struct program *program,
                                        const struct el2_call *calls,
                                        struct divergence *divergence)
{
    lockstep->specification->operations->reset(lockstep->specification);
    lockstep->other->operations->reset(lockstep->other);
    cell_set_begin_program(&lockstep->cells);
    lockstep->compares_end =
        is_chosen(program, lockstep->end_comparison_period);
    lockstep->counts->programs++;
    *divergence = (struct divergence){.observation = EL2_OBSERVE_PANIC};
    uint64_t before = lockstep->counts->calls;
    enum lockstep_end end = run_calls(lockstep, program, calls, divergence);
    lockstep->counts->lengths[lockstep->counts->calls - before]++;
    return end;
}
