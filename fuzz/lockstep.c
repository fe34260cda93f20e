#include "fuzz/lockstep.h"

#include "fuzz/comparison.h"

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

static void keep_for_end(struct lockstep *lockstep,
                         const struct el2_touched *touched)
{
    for (size_t i = 0; i < touched->count; i++) {
        cell_set_add(&lockstep->cells, touched->cells[i]);
    }
}

static void compare_touched(struct lockstep *lockstep,
                            struct comparison *comparison)
{
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
    comparison_of_touched(comparison, &expected, &actual);
}

/* Everything, when this is a program for which that is done. */
static void compare_at_end(const struct lockstep *lockstep,
                           struct comparison *comparison)
{
    if (!lockstep->compares_end) {
        return;
    }
    comparison_begin_end(comparison);
    const struct cell_set *cells = &lockstep->cells;
    for (size_t i = 0; i < cells->count; i++) {
        comparison_of_cell(comparison, cells->cells[i]);
    }
    comparison_of_standing(comparison);
}

typedef bool (*invariants)(struct el2_machine *machine,
                           struct el2_violation *violation);

/* `first` is the number of the first of its oracles. */
static void check_invariants_of(struct comparison *comparison,
                                struct el2_machine *machine, unsigned first,
                                invariants hold)
{
    struct el2_violation violation;
    const struct el2_value nothing = {{0, 0}};
    if (hold != NULL && !hold(machine, &violation)) {
        if (!comparison->differs) {
            comparison->divergence->violation = violation;
            comparison->divergence->violator = machine->operations->name;
        }
        comparison_note(comparison, first + violation.invariant,
                        EL2_OBSERVE_INVARIANT, violation.entry, nothing,
                        nothing);
    }
}

/* After a step that did not panic. */
static void check_invariants(const struct lockstep *lockstep,
                             struct comparison *comparison)
{
    struct el2_machine *specification = lockstep->specification;
    struct el2_machine *other = lockstep->other;
    check_invariants_of(comparison, specification,
                        CHECK_INVARIANT_OF_SPECIFICATION,
                        specification->operations->invariants_of_step);
    if (lockstep->check_other_invariants) {
        check_invariants_of(comparison, other, CHECK_INVARIANT_OF_OTHER,
                            other->operations->invariants_of_step);
    }
}

bool lockstep_step(struct lockstep *lockstep, enum el2_run run,
                   const struct el2_call *call, struct divergence *divergence)
{
    struct el2_machine *specification = lockstep->specification;
    struct el2_machine *other = lockstep->other;
    struct el2_step *expected = &divergence->expected_step;
    struct el2_step *actual = &divergence->actual_step;
    other->operations->step(other, call, actual);
    specification->operations->step(specification, call, expected);
    struct comparison comparison = comparison_begin(
        specification, other, lockstep->platform, divergence,
        expected->panicked ? expected : NULL, lockstep->counts->checks);
    comparison_of_steps(&comparison);
    compare_touched(lockstep, &comparison);
    if (expected->panicked) {
        compare_at_end(lockstep, &comparison);
    } else if (lockstep->check_invariants && run == EL2_RUN_CONTRACTS) {
        check_invariants(lockstep, &comparison);
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

/* Add what a machine has counted since it was added last. */
static void add_new(uint64_t *checks, uint64_t *before, const uint64_t *now,
                    unsigned count)
{
    for (unsigned i = 0; now != NULL && i < count; i++) {
        checks[i] += now[i] - before[i];
        before[i] = now[i];
    }
}

/* Invariants that the specification judged, after steps or at an end. */
static void count_judged(struct lockstep *lockstep, enum check first)
{
    add_new(lockstep->counts->checks + first, lockstep->specification_judged,
            lockstep->specification->judged, EL2_INVARIANT_COUNT);
}

/* What both machines have counted in the steps of programs. */
static void count_own_checks(struct lockstep *lockstep)
{
    uint64_t *checks = lockstep->counts->checks;
    count_judged(lockstep, CHECK_INVARIANT_OF_SPECIFICATION);
    add_new(checks + CHECK_INVARIANT_OF_OTHER, lockstep->other_judged,
            lockstep->other->judged, EL2_INVARIANT_COUNT);
    add_new(checks + CHECK_GUARD_OF_OTHER, lockstep->other_guarded,
            lockstep->other->guarded, EL2_GUARD_COUNT);
}

/* Whether anything that the program touched differs at its end. */
static bool end_differs(struct lockstep *lockstep, enum el2_run run,
                        struct divergence *divergence)
{
    struct el2_machine *specification = lockstep->specification;
    struct comparison comparison =
        comparison_begin(specification, lockstep->other, lockstep->platform,
                         divergence, NULL, lockstep->counts->checks);
    compare_at_end(lockstep, &comparison);
    if (lockstep->compares_end && lockstep->check_invariants &&
        run == EL2_RUN_CONTRACTS) {
        count_judged(lockstep, CHECK_INVARIANT_OF_SPECIFICATION);
        check_invariants_of(&comparison, specification, CHECK_INVARIANT_AT_END,
                            specification->operations->invariants_of_state);
        count_judged(lockstep, CHECK_INVARIANT_AT_END);
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
        bool differs = lockstep_step(lockstep, program->run, call, divergence);
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

/* Some programs, chosen by what they call, whatever ran before them: operands
 * that a call does not have may hold anything. */
static bool is_chosen(const struct program *program, uint32_t period)
{
    uint64_t hash = program->call_count;
    for (size_t i = 0; i < program->call_count; i++) {
        const struct program_call *call = &program->calls[i];
        uint64_t first = el2_calls[call->number].argument_count > 0
                             ? call->operands[0].value
                             : 0;
        hash = (hash ^ call->number ^ first) * UINT64_C(0x9e3779b97f4a7c15);
    }
    return (hash >> 32) % period == 0;
}

bool lockstep_can_fail_tables(const struct lockstep *lockstep)
{
    return lockstep->specification->operations->limit_tables != NULL &&
           lockstep->other->operations->limit_tables != NULL;
}

static void limit_tables(struct el2_machine *machine,
                         const struct table_allocation *failed)
{
    machine->operations->limit_tables(machine, &failed->pool,
                                      failed->in_pool - 1);
}

void lockstep_begin(struct lockstep *lockstep, const struct program *program,
                    const struct el2_call *calls, struct divergence *divergence)
{
    struct el2_machine *specification = lockstep->specification;
    struct el2_machine *other = lockstep->other;
    struct table_allocation failed;
    bool fails = program->failing_table != 0 &&
                 lockstep_can_fail_tables(lockstep) &&
                 table_allocations(specification, program->run, calls,
                                   program->call_count, program->failing_table,
                                   &failed) == program->failing_table;
    *divergence = (struct divergence){.observation = EL2_OBSERVE_PANIC};
    specification->operations->reset(specification);
    other->operations->reset(other);
    if (fails) {
        divergence->failed_table = failed;
        limit_tables(specification, &failed);
        limit_tables(other, &failed);
    }
}

enum lockstep_end lockstep_run(struct lockstep *lockstep,
                               const struct program *program,
                               struct divergence *divergence)
{
    program_resolve_all(program, lockstep->platform, lockstep->calls);
    return lockstep_run_resolved(lockstep, program, lockstep->calls,
                                 divergence);
}

enum lockstep_end lockstep_run_resolved(struct lockstep *lockstep,
                                        const struct program *program,
                                        const struct el2_call *calls,
                                        struct divergence *divergence)
{
    lockstep_begin(lockstep, program, calls, divergence);
    cell_set_begin_program(&lockstep->cells);
    lockstep->compares_end =
        is_chosen(program, lockstep->end_comparison_period);
    lockstep->counts->programs++;
    uint64_t before = lockstep->counts->calls;
    enum lockstep_end end = run_calls(lockstep, program, calls, divergence);
    lockstep->counts->lengths[lockstep->counts->calls - before]++;
    if (lockstep->compares_end) {
        count_own_checks(lockstep);
    }
    return end;
}
