#include "fuzz/crash_run.h"

static bool has_room(struct el2_machine *machine)
{
    return machine->operations->room == NULL ||
           machine->operations->room(machine) > 0;
}

/* One call on both machines. */
static void step(struct lockstep *lockstep, const struct el2_call *call,
                 struct divergence *divergence)
{
    struct el2_machine *specification = lockstep->specification;
    struct el2_machine *other = lockstep->other;
    struct el2_step *expected = &divergence->expected_step;
    other->operations->step(other, call, &divergence->actual_step);
    specification->operations->step(specification, call, expected);
    lockstep->counts->calls++;
    lockstep->counts->outcomes[expected->outcome]++;
    lockstep->counts->telling +=
        expected->has_result ||
        specification->operations->touched(specification).count > 0;
}

static enum lockstep_end run_calls(struct lockstep *lockstep,
                                   const struct program *program,
                                   struct divergence *divergence)
{
    struct el2_machine *specification = lockstep->specification;
    for (size_t i = 0; i < program->call_count; i++) {
        const struct program_call *source = &program->calls[i];
        const struct el2_call call = lockstep->calls[i];
        if (!has_room(specification) || !has_room(lockstep->other)) {
            lockstep->counts->no_room++;
            return LOCKSTEP_NO_ROOM;
        }
        if (!specification->operations->admits(specification, program->run,
                                               &call)) {
            lockstep->counts->skipped++;
            continue;
        }
        step(lockstep, &call, divergence);
        if (lockstep->after != NULL) {
            lockstep->after(lockstep->watch_context,
                            &(struct lockstep_call){
                                i, source, &call, &divergence->expected_step});
        }
        if (divergence->actual_step.fault != NULL) {
            divergence->step = i;
            divergence->call = call;
            divergence->outcome = divergence->expected_step.outcome;
            return LOCKSTEP_DIVERGED;
        }
        if (divergence->expected_step.panicked ||
            divergence->actual_step.panicked) {
            lockstep->counts->panics++;
            return LOCKSTEP_SAME;
        }
    }
    return LOCKSTEP_SAME;
}

enum lockstep_end crash_run(struct lockstep *lockstep,
                            const struct program *program,
                            struct divergence *divergence)
{
    program_resolve_all(program, lockstep->platform, lockstep->calls);
    lockstep_begin(lockstep, program, lockstep->calls, divergence);
    uint64_t before = lockstep->counts->calls;
    enum lockstep_end end = run_calls(lockstep, program, divergence);
    lockstep->counts->programs++;
    lockstep->counts->lengths[lockstep->counts->calls - before]++;
    return end;
}
